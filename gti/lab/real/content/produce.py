"""So many messages at once, and all of them acknowledged: `produce.py TOPIC COUNT`."""

from __future__ import annotations

import json
import os
import sys
import time

from kafka import KafkaProducer

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "kafka.gti.local:9092")


def main(topic: str, count: int) -> None:
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", linger_ms=20)
    sent = [
        producer.send(topic, json.dumps({"id": number, "ts": time.time()}).encode()) for number in range(count)
    ]
    for message in sent:
        message.get(timeout=30)
    producer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
