"""Consumer groups that are at work, and read nothing."""

from __future__ import annotations

import struct
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from gti.components.answer import in_one_line, plural
from gti.components.kafka_commits import COMMITS, Commits, commits_since, log_of
from gti.components.kafka_protocol import (
    DESCRIBE_GROUPS,
    LIST_GROUPS,
    LIST_OFFSETS,
    NO_TAGS,
    OFFSET_FETCH,
    Message,
    array,
    ask,
    ask_each,
    complain,
    text,
)
from gti.components.wire import Wire

TOO_OLD = 30  # seconds a message may lie there unread while its group does not move
FEW = 10  # so many unread are not worth a line: the marks of transactions count as messages, too
GROUPS = 50
STABLE = b"\x02\x07Stable"  # one text, in the compact form
LATEST = -1
NAMED = 3

Place = tuple[str, int]  # topic, partition
Times = Mapping[Place, int]


@dataclass(frozen=True)
class Position:
    """Where a group stands on one partition."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def place(self) -> Place:
        return self.topic, self.partition

    @property
    def unread(self) -> int:
        return self.end - self.committed


def group_worries(wire: Wire, commit_logs: int) -> list[str]:
    """Of the groups that this broker looks after; `commit_logs` is the number of partitions of their topic."""
    groups = _stable_groups(wire)[:GROUPS]
    if not groups:
        return []
    positions = _positions(wire, groups)
    beyond = [one for one in positions if one.unread < 0]
    stuck = _stuck(wire, [one for one in positions if one.unread >= FEW], commit_logs)
    if not beyond and not stuck:
        return []
    members = _members(wire, sorted({one.group for one in beyond + stuck}))
    return [_stands_still(some, members) for some in _by_group(stuck)] + [_is_beyond(one) for one in beyond]


def _stands_still(positions: Sequence[Position], members: Mapping[str, str]) -> str:
    group = positions[0].group
    unread = sum(one.unread for one in positions)
    who = f", {members[group]}" if group in members else ""
    return in_one_line(
        f"group {group} stands still on {_named(positions)}: {unread} unread, oldest over {TOO_OLD} s{who}"
    )


def _is_beyond(one: Position) -> str:
    return in_one_line(
        f"group {one.group} has read {_named([one])} up to {one.committed}, but it ends at {one.end}: made anew?"
    )


def _named(positions: Iterable[Position]) -> str:
    """sales[0,1], orders[2]"""
    return ", ".join(
        f"{topic}[{','.join(str(one.partition) for one in some)}]"
        for topic, some in groupby(positions, lambda one: one.topic)
    )


def _by_group(positions: Iterable[Position]) -> list[list[Position]]:
    found = defaultdict(list)
    for one in positions:
        found[one.group].append(one)
    return list(found.values())


def _stable_groups(wire: Wire) -> list[str]:
    """Those with members; one that is stopped is none of status's business."""
    answer = ask(wire, LIST_GROUPS, 4, NO_TAGS + STABLE + NO_TAGS)
    answer.tags()
    answer.number(4)
    complain(answer.number(2))

    def group() -> str:
        name, _protocol, _state = (answer.compact_text() for _ in range(3))
        answer.tags()
        return name

    return sorted(answer.compact_array(group))


def _positions(wire: Wire, groups: Sequence[str]) -> list[Position]:
    """First what was committed, then the ends: so that a group that reads on meanwhile is not ahead of them."""
    all_topics = struct.pack(">i", -1)
    answers = ask_each(wire, OFFSET_FETCH, 2, [text(group) + all_topics for group in groups])
    committed = {group: _committed(answer) for group, answer in zip(groups, answers, strict=True)}
    ends = _offsets(wire, {place for offsets in committed.values() for place in offsets}, LATEST)
    return [
        Position(group, *place, offset, ends[place])
        for group, offsets in committed.items()
        for place, offset in sorted(offsets.items())
        if place in ends
    ]


def _committed(answer: Message) -> dict[Place, int]:
    found = {}
    for topic, partitions in answer.array(lambda: (answer.text(), answer.array(lambda: _commit(answer)))):
        found.update({(topic, number): offset for number, offset in partitions if offset >= 0})
    return found


def _commit(answer: Message) -> tuple[int, int]:
    number, offset = answer.number(4), answer.number(8)
    answer.text()
    return number, offset if answer.number(2) == 0 else -1


def _offsets(wire: Wire, places: Iterable[Place], moment: int) -> dict[Place, int]:
    """The first offset of this time (in ms) or later, or -1; not of partitions that another broker leads."""
    topics = [
        text(topic) + array([struct.pack(">iq", number, moment) for _, number in some])
        for topic, some in groupby(sorted(places), lambda place: place[0])
    ]
    answer = ask(wire, LIST_OFFSETS, 1, struct.pack(">i", -1) + array(topics))
    found = {}
    for topic, partitions in answer.array(lambda: (answer.text(), answer.array(lambda: _offset(answer)))):
        found.update({(topic, number): offset for number, error, offset in partitions if error == 0})
    return found


def _offset(answer: Message) -> tuple[int, int, int]:
    number, error = answer.number(4), answer.number(2)
    answer.number(8)
    return number, error, answer.number(8)


def _stuck(wire: Wire, behind: Sequence[Position], commit_logs: int) -> list[Position]:
    """Behind by old messages, and without any progress lately: one that reads slowly does commit."""
    if not behind:
        return []
    moment = int((time.time() - TOO_OLD) * 1000)
    logs = {one.group: log_of(one.group, commit_logs) for one in behind}
    starts = _offsets(wire, {one.place for one in behind} | {(COMMITS, log) for log in logs.values()}, moment)
    old = [one for one in behind if _has_old_ones(one, starts)]
    commits = {
        log: _commits_of(wire, log, starts[COMMITS, log])
        for log in {logs[one.group] for one in old}
        if (COMMITS, log) in starts
    }
    return [
        one
        for one in old
        if logs[one.group] in commits and commits[logs[one.group]].stands((one.group, *one.place))
    ]


def _has_old_ones(one: Position, starts: Times) -> bool:
    """-1: no message is younger."""
    start = starts.get(one.place)
    return start is not None and (start < 0 or start > one.committed)


def _commits_of(wire: Wire, log: int, start: int) -> Commits:
    return Commits() if start < 0 else commits_since(wire, log, start)


def _members(wire: Wire, groups: Sequence[str]) -> dict[str, str]:
    """How many, and where. Nothing for groups of the newer protocol: this question is not for them."""
    answer = ask(wire, DESCRIBE_GROUPS, 0, array([text(group) for group in groups]))
    return {group: _where(hosts) for group, hosts in answer.array(lambda: _described(answer)) if hosts}


def _where(hosts: Sequence[str]) -> str:
    return f"{plural(len(hosts), 'member')} on {', '.join(sorted(set(hosts))[:NAMED])}"


def _described(answer: Message) -> tuple[str, list[str]]:
    answer.number(2)
    group = answer.text()
    for _ in ("state", "kind of protocol", "protocol"):
        answer.text()
    return group, answer.array(lambda: _member(answer))


def _member(answer: Message) -> str:
    answer.text()
    answer.text()
    host = answer.text().removeprefix("/")
    for _ in ("metadata", "assignment"):
        answer.read(max(0, answer.number(4)))
    return host
