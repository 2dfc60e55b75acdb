"""One event a second, for ever, whatever becomes of the broker meanwhile: `producer.py TOPIC`."""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import count

from kafka import KafkaProducer
from kafka.errors import KafkaError

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "kafka.gti.local:9092")


def main(topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, max_block_ms=5000)
    for number in count():
        event = {"id": number, "tipo": "acesso", "pagina": f"/produto/{number % 40}", "ts": time.time()}
        try:
            producer.send(topic, json.dumps(event).encode())
        except KafkaError as error:
            print(f"event {number} is lost: {error}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1])
