"""Kafka's topics, what is in them, and groups that stand where a reader can be found to stand.

Runs on the kafka host, before its consumers: an offset can be set only while a group has no members.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "kafka.gti.local:9092")
PREFIX = os.environ.get("KAFKA_PREFIX", "")  # for a rehearsal on a broker that others use too


@dataclass(frozen=True)
class Topic:
    """`messages` in all; the producer adds to `eventos` for ever."""

    name: str
    partitions: int
    messages: int
    configs: Mapping[str, str] = field(default_factory=dict)


TOPICS = (
    Topic("eventos", 3, 300),
    Topic("vendas", 1, 600),
    Topic("clientes", 3, 150, {"cleanup.policy": "compact"}),
    Topic("logs-aplicacao", 1, 20_000, {"retention.ms": "604800000"}),
    Topic("notas-fiscais", 1, 100),
    Topic("devolucoes", 1, 0),
)

# Groups without members, and how far each is from the end of its topic; ahead of it is where no message is.
STOPPED = (
    ("carga-clientes", "clientes", 0),
    ("relatorio-vendas", "vendas", 500),
    ("conciliacao-fiscal", "notas-fiscais", 100 - 10_000),
)


def create(admin: KafkaAdminClient) -> None:
    known = set(admin.list_topics())
    new = {
        PREFIX + topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": 1,
            "configs": dict(topic.configs),
        }
        for topic in TOPICS
        if PREFIX + topic.name not in known
    }
    if new:
        admin.create_topics(new, wait_for_metadata=True)


def fill(topic: Topic, ends: Mapping[TopicPartition, int], producer: KafkaProducer) -> None:
    """Up to its number of messages: what is there already stays."""
    for number in range(sum(ends.values()), topic.messages):
        producer.send(
            PREFIX + topic.name,
            key=f"{number % 100}".encode(),
            value=json.dumps({"id": number, "origem": topic.name}).encode(),
            partition=number % topic.partitions,
        )


def ends_of(topic: Topic, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
    return consumer.end_offsets([TopicPartition(PREFIX + topic.name, n) for n in range(topic.partitions)])


def positions(
    ends: Mapping[TopicPartition, int], behind: int
) -> Iterator[tuple[TopicPartition, OffsetAndMetadata]]:
    for partition, end in ends.items():
        yield partition, OffsetAndMetadata(end - behind, "", -1)


def place(admin: KafkaAdminClient, group: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
    """A new broker makes the topic of the groups' offsets when it is first asked for, and is not ready at once."""
    for _ in range(100):
        try:
            errors = {error for error in admin.alter_group_offsets(group, dict(offsets)).values() if error.errno}
        except KafkaError as error:
            errors = {type(error)}
        if not errors:
            return
        if not all(error.retriable for error in errors):
            break
        time.sleep(0.2)
    raise SystemExit(f"{group} cannot be set: {', '.join(error.__name__ for error in errors)}")


def main() -> None:
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, linger_ms=50)
    consumer = KafkaConsumer(bootstrap_servers=BOOTSTRAP)
    create(admin)
    for topic in TOPICS:
        fill(topic, ends_of(topic, consumer), producer)
    producer.flush()
    topics = {topic.name: topic for topic in TOPICS}
    for group, name, behind in STOPPED:
        place(admin, PREFIX + group, dict(positions(ends_of(topics[name], consumer), behind)))
    for client in (consumer, producer, admin):
        client.close()


if __name__ == "__main__":
    main()
