# Kafka forgets messages and groups by the clock, so its content is as young as the lab.
# Offsets can be set only while a group has no members: the readers come after.
PYTHONPATH=/opt/datalake/lib/python /usr/bin/python3 /opt/datalake/content/kafka_topics.py
cd /opt/datalake/content
systemctl enable --now *.service
