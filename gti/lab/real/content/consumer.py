"""A reader of one topic: `consumer.py GROUP TOPIC [--pause SECONDS] [--never-commit]`.

After SIGUSR1 it is stuck as a program is that waits for a lock: its client goes on sending heartbeats, so the
group stays stable, but it neither polls nor commits. SIGUSR2 makes it well again.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from kafka import KafkaConsumer
from kafka.errors import KafkaError

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "kafka.gti.local:9092")
HALF_A_DAY = 12 * 3600 * 1000  # how long it may go without a poll before the client leaves the group by itself


class Health:
    """No threading.Event: its lock may be held by the very thread that the signal interrupts."""

    is_stuck = False

    def falls_ill(self, *_: object) -> None:
        self.is_stuck = True

    def recovers(self, *_: object) -> None:
        self.is_stuck = False


def main() -> None:
    asked = arguments()
    health = Health()
    signal.signal(signal.SIGUSR1, health.falls_ill)
    signal.signal(signal.SIGUSR2, health.recovers)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that it leaves its group on the way
    consumer = KafkaConsumer(
        asked.topic,
        bootstrap_servers=BOOTSTRAP,
        group_id=asked.group,
        client_id=asked.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_interval_ms=HALF_A_DAY,
        max_poll_records=1 if asked.pause else 500,
    )
    try:
        while True:
            read(consumer, commits=not asked.never_commit)
            time.sleep(asked.pause)
            while health.is_stuck:
                time.sleep(0.2)
    finally:
        consumer.close()


def read(consumer: KafkaConsumer, commits: bool) -> None:
    try:
        if consumer.poll(timeout_ms=2000) and commits:
            consumer.commit()
    except KafkaError as error:
        print(f"not read or not committed: {error}", flush=True)
        time.sleep(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("group")
    parser.add_argument("topic")
    parser.add_argument("--pause", type=float, default=0, metavar="SECONDS", help="after every single message")
    parser.add_argument("--never-commit", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
