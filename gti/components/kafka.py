"""Kafka: brokers, controller and topics, asked of the bootstrap address alone.

The client library dials the brokers' advertised names too, which do not resolve behind a tunnel; two old
requests of the protocol, which every broker since 0.10 understands, need no library.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from gti.components.answer import Answer, Login, NoAnswer, plural
from gti.components.wire import Deadline, Silent, Wire, connect
from gti.remote.reach import Reach

LARGEST = 4 << 20  # some 100 000 partitions
METADATA, API_VERSIONS, DESCRIBE_QUORUM = 3, 18, 55
PRODUCE, FETCH, LIST_OFFSETS = 0, 1, 2
NOBODY = -1
ALL_TOPICS = struct.pack(">i", -1)
CORRELATION = 0x677469
# One topic and its one partition, in the compact form of newer requests: lengths are one more than they are.
QUORUM = b"\x02\x13__cluster_metadata\x02\0\0\0\0"
NO_TAGS = b"\0"
NOT_AUTHORIZED = (29, 31)

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

Item = TypeVar("Item")


@dataclass(frozen=True)
class Cluster:
    brokers: frozenset[int]
    controller: int
    topics: int
    leaderless: int
    quorum: bool = False


def probe(at: Reach, _login: Login, seconds: float) -> Answer:
    with connect(at, Deadline.after(seconds), at_most=LARGEST) as wire:
        newest = _api_versions(wire)
        version = next((name for name, api, least in RELEASES if newest.get(api, -1) >= least), None)
        if METADATA not in newest:
            return Answer(well=False, says="a controller's port: no broker listens here", version=version)
        try:
            cluster = _metadata(wire)
            return _judge(_with_live_controller(wire, cluster) if DESCRIBE_QUORUM in newest else cluster, version)
        except NoAnswer as silence:
            says = f"answers, but tells nothing of its cluster ({silence.what})"
            return Answer(well=False, says=says, version=version)


def _judge(cluster: Cluster, version: str | None) -> Answer:
    brokers = plural(len(cluster.brokers), "broker")
    if cluster.controller == NOBODY or not (cluster.quorum or cluster.controller in cluster.brokers):
        return Answer(well=False, says=f"{brokers}, no controller", version=version)
    if cluster.leaderless:
        says = f"{brokers}, {plural(cluster.leaderless, 'partition')} without a leader"
        return Answer(well=False, says=says, version=version)
    says = f"{brokers}, controller {cluster.controller}, {plural(cluster.topics, 'topic')}"
    return Answer(well=True, says=says, version=version)


def _api_versions(wire: Wire) -> dict[int, int]:
    """The newest version of each request that the broker understands."""
    _request(wire, API_VERSIONS, 0)
    if wire.number(2) != 0:
        raise NoAnswer("not a Kafka broker's answer")

    def api() -> tuple[int, int]:
        key, _oldest, newest = wire.number(2), wire.number(2), wire.number(2)
        return key, newest

    return dict(_array(wire, api))


def _metadata(wire: Wire) -> Cluster:
    _request(wire, METADATA, 1, ALL_TOPICS)
    brokers = frozenset(_array(wire, lambda: _broker(wire)))
    controller = wire.number(4)
    topics = _array(wire, lambda: _topic(wire))
    ours = sum(not internal for internal, _ in topics)
    leaderless = sum(leader < 0 for _, leaders in topics for leader in leaders)
    return Cluster(brokers, controller, ours, leaderless)


def _with_live_controller(wire: Wire, cluster: Cluster) -> Cluster:
    """A KRaft broker names any live broker as the controller. Who leads, the quorum itself has to say.

    The broker passes the question on; without a controller no answer comes back.
    """
    try:
        _request(wire, DESCRIBE_QUORUM, 0, NO_TAGS + QUORUM + 3 * NO_TAGS)
        wire.read(len(NO_TAGS))
        if wire.number(2) in NOT_AUTHORIZED:
            return cluster
        wire.read(len(QUORUM))
        error, leader = wire.number(2), wire.number(4)
    except Silent:
        return replace(cluster, controller=NOBODY)
    return replace(cluster, controller=leader if error == 0 else NOBODY, quorum=True)


def _broker(wire: Wire) -> int:
    broker = wire.number(4)
    _string(wire)
    wire.number(4)
    _string(wire)
    return broker


def _topic(wire: Wire) -> tuple[bool, list[int]]:
    wire.number(2)
    _string(wire)
    internal = wire.number(1) != 0
    return internal, _array(wire, lambda: _leader(wire))


def _leader(wire: Wire) -> int:
    """Of one partition; its replicas and those in sync are read over."""
    wire.number(2)
    wire.number(4)
    leader = wire.number(4)
    for _ in ("replicas", "in sync"):
        wire.read(4 * wire.number(4))
    return leader


def _request(wire: Wire, api: int, version: int, body: bytes = b"") -> None:
    message = struct.pack(">hhih3s", api, version, CORRELATION, 3, b"gti") + body
    wire.sendall(struct.pack(">i", len(message)) + message)
    length, correlation = wire.number(4), wire.number(4)
    if not 4 < length <= LARGEST or correlation != CORRELATION:
        raise NoAnswer("not a Kafka broker's answer")


def _array(wire: Wire, item: Callable[[], Item]) -> list[Item]:
    return [item() for _ in range(wire.number(4))]


def _string(wire: Wire) -> None:
    """Read over. -1 stands for none."""
    wire.read(max(0, wire.number(2)))
