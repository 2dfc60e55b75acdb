"""Kafka: brokers, controller, topics, log folders and groups, asked of the bootstrap address alone."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.kafka_commits import COMMITS
from gti.components.kafka_groups import group_worries
from gti.components.kafka_protocol import (
    API_VERSIONS,
    DESCRIBE_LOG_DIRS,
    DESCRIBE_QUORUM,
    FETCH,
    LARGEST,
    LIST_OFFSETS,
    METADATA,
    NO_TAGS,
    NOT_AUTHORIZED,
    PRODUCE,
    STRANGE,
    Message,
    ask,
    complain,
)
from gti.components.wire import Deadline, Silent, Wire, connect
from gti.remote.reach import Reach

NOBODY = -1
ALL_TOPICS = struct.pack(">i", -1)
# One topic and its one partition, in the compact form.
QUORUM = b"\x02\x13__cluster_metadata\x02\0\0\0\0"
WITHOUT_THEIR_PARTITIONS = b"\x01"
WITH_SIZES = 4  # the version of DescribeLogDirs that tells them: since 3.3
STORAGE_ERROR = 56
FULL = 95  # percent; a full folder goes offline, and the broker with it
NAMED = 3

# The first release that understood this version of that request. Brokers never tell their release.
RELEASES = (
    ("4.2", LIST_OFFSETS, 11),
    ("4.1", PRODUCE, 13),
    ("4.0", LIST_OFFSETS, 10),
    ("3.9", FETCH, 17),
    ("3.8", PRODUCE, 11),
    ("3.7", FETCH, 16),
    ("3.5", FETCH, 15),
    ("3.1", FETCH, 13),
    ("3.0", LIST_OFFSETS, 7),
)


@dataclass(frozen=True)
class Partition:
    topic: str
    number: int
    leader: int
    replicas: frozenset[int]
    in_sync: frozenset[int]


@dataclass(frozen=True)
class Cluster:
    """`topics` are those that are not Kafka's own; `partitions` are of all."""

    brokers: frozenset[int]
    controller: int
    topics: int
    partitions: tuple[Partition, ...]
    quorum: bool = False

    @property
    def leaderless(self) -> list[Partition]:
        return [one for one in self.partitions if one.leader < 0]

    @property
    def under_replicated(self) -> list[Partition]:
        return [one for one in self.partitions if one.leader >= 0 and one.in_sync < one.replicas]


def probe(at: Reach, _login: Login, seconds: float) -> Answer:
    with connect(at, Deadline.after(seconds), at_most=LARGEST) as wire:
        newest = _api_versions(wire)
        version = next((name for name, api, least in RELEASES if newest.get(api, -1) >= least), None)
        if METADATA not in newest:
            return Answer(well=False, says="a controller's port: no broker listens here", version=version)
        try:
            cluster = _metadata(wire)
            if DESCRIBE_QUORUM in newest:
                cluster = _with_live_controller(wire, cluster)
        except NoAnswer as silence:
            says = f"answers, but tells nothing of its cluster ({silence.what})"
            return Answer(well=False, says=says, version=version)
        answer = replace(_judge(cluster), version=version)
        return _with_insides(wire, newest, cluster, answer) if answer.well else answer


def _judge(cluster: Cluster) -> Answer:
    brokers = plural(len(cluster.brokers), "broker")
    if cluster.controller == NOBODY or not (cluster.quorum or cluster.controller in cluster.brokers):
        return Answer(well=False, says=f"{brokers}, no controller")
    if cluster.partitions and len(cluster.leaderless) == len(cluster.partitions):
        return Answer(well=False, says=f"{brokers}, no partition has a leader")
    says = f"{brokers}, controller {cluster.controller}, {plural(cluster.topics, 'topic')}"
    return Answer(well=True, says=says, worries=tuple(_partition_worries(cluster)))


def _partition_worries(cluster: Cluster) -> Iterator[str]:
    if leaderless := cluster.leaderless:
        gone = _are_gone(leaderless, cluster.brokers)
        yield f"{plural(len(leaderless), 'partition')} without a leader: {_named(leaderless)}{gone}"
    if lacking := cluster.under_replicated:
        gone = _are_gone(lacking, cluster.brokers)
        yield f"{plural(len(lacking), 'partition')} with copies out of sync: {_named(lacking)}{gone}"


def _are_gone(partitions: Iterable[Partition], alive: frozenset[int]) -> str:
    gone = sorted({replica for one in partitions for replica in one.replicas} - alive)
    return f" (broker {', '.join(map(str, gone[:NAMED]))} is gone)" if gone else ""


def _named(partitions: Iterable[Partition]) -> str:
    """sales[0,1], orders[2]"""
    numbers = defaultdict(list)
    for one in sorted(partitions, key=lambda one: (one.topic, one.number)):
        numbers[one.topic].append(str(one.number))
    names = [f"{topic}[{','.join(some[:NAMED])}{',…' * (len(some) > NAMED)}]" for topic, some in numbers.items()]
    more = [f"and {plural(len(names) - NAMED, 'more topic')}"] if len(names) > NAMED else []
    return in_one_line(", ".join(names[:NAMED] + more))


def _with_insides(wire: Wire, newest: Mapping[int, int], cluster: Cluster, answer: Answer) -> Answer:
    commit_logs = sum(one.topic == COMMITS for one in cluster.partitions)
    looks = {}
    if newest.get(DESCRIBE_LOG_DIRS, -1) >= WITH_SIZES:
        looks["log folders"] = partial(_log_folder_worries, wire)
    if commit_logs:
        looks["groups"] = partial(group_worries, wire, commit_logs)
    for what, worries in looks.items():
        try:
            answer = replace(answer, worries=(*answer.worries, *worries()))
        except NoAnswer as silence:
            missing = f"{what} not looked at: {silence.what}"
            answer = replace(answer, missing=f"{answer.missing}; {missing}" if answer.missing else missing)
    return answer


def _log_folder_worries(wire: Wire) -> list[str]:
    """Of this broker alone: the others would have to be dialled."""
    answer = ask(wire, DESCRIBE_LOG_DIRS, WITH_SIZES, NO_TAGS + WITHOUT_THEIR_PARTITIONS + NO_TAGS)
    answer.tags()
    answer.number(4)
    complain(answer.number(2))
    return [worry for worry in answer.compact_array(lambda: _log_folder_worry(answer)) if worry]


def _log_folder_worry(answer: Message) -> str | None:
    error, folder = answer.number(2), in_one_line(answer.compact_text())
    if answer.varint() > 1:
        raise NoAnswer(STRANGE)  # partitions, which were not asked for
    total, usable = answer.number(8), answer.number(8)
    answer.tags()
    if error:
        return f"log folder {folder} is offline{'' if error == STORAGE_ERROR else f' (error {error})'}"
    if total <= 0 or usable < 0:
        return None
    percent = 100 * (total - usable) // total
    if percent < FULL:
        return None
    return f"log folder {folder} is {percent} % full, {usable >> 20} MiB free"


def _api_versions(wire: Wire) -> dict[int, int]:
    """The newest version of each request that the broker understands."""
    answer = ask(wire, API_VERSIONS, 0)
    if answer.number(2) != 0:
        raise NoAnswer(STRANGE)

    def api() -> tuple[int, int]:
        key, _oldest, newest = answer.number(2), answer.number(2), answer.number(2)
        return key, newest

    return dict(answer.array(api))


def _metadata(wire: Wire) -> Cluster:
    answer = ask(wire, METADATA, 1, ALL_TOPICS)
    brokers = frozenset(answer.array(lambda: _broker(answer)))
    controller = answer.number(4)
    topics = answer.array(lambda: _topic(answer))
    ours = sum(not internal for internal, _ in topics)
    return Cluster(brokers, controller, ours, tuple(one for _, partitions in topics for one in partitions))


def _with_live_controller(wire: Wire, cluster: Cluster) -> Cluster:
    """A KRaft broker names any live broker as the controller. Who leads, the quorum itself has to say.

    The broker passes the question on; without a controller no answer comes back.
    """
    try:
        answer = ask(wire, DESCRIBE_QUORUM, 0, NO_TAGS + QUORUM + 3 * NO_TAGS)
    except Silent:
        return replace(cluster, controller=NOBODY)
    answer.tags()
    if answer.number(2) in NOT_AUTHORIZED:
        return cluster
    answer.read(len(QUORUM))
    error, leader = answer.number(2), answer.number(4)
    return replace(cluster, controller=leader if error == 0 else NOBODY, quorum=True)


def _broker(answer: Message) -> int:
    broker = answer.number(4)
    answer.text()
    answer.number(4)
    answer.text()
    return broker


def _topic(answer: Message) -> tuple[bool, list[Partition]]:
    answer.number(2)
    name = answer.text()
    internal = answer.number(1) != 0
    return internal, answer.array(lambda: _partition(answer, name))


def _partition(answer: Message, topic: str) -> Partition:
    answer.number(2)
    number, leader = answer.number(4), answer.number(4)
    replicas, in_sync = (frozenset(answer.array(lambda: answer.number(4))) for _ in range(2))
    return Partition(topic, number, leader, replicas, in_sync)
