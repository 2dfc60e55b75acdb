# A cluster of one: formatted once, never again.
test -f /opt/kafka/logs/meta.properties ||
  /opt/kafka/bin/kafka-storage.sh format --config /opt/kafka/config/server.properties \
    --cluster-id "$(/opt/kafka/bin/kafka-storage.sh random-uuid | tail -1)"
systemctl start kafka
