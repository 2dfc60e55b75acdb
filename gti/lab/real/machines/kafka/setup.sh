# A cluster of one: formatted once, never again.
test -f /opt/kafka/logs/meta.properties ||
  /opt/kafka/bin/kafka-storage.sh format --config /opt/kafka/config/server.properties \
    --cluster-id "$(/opt/kafka/bin/kafka-storage.sh random-uuid | tail -1)"
systemctl start kafka
# Those that write and read events. They wait for a broker and for their topic.
cp /opt/datalake/content/*.service /etc/systemd/system/
systemctl daemon-reload
