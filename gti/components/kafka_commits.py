"""Which groups have moved lately: Kafka keeps every commit, with its time, in a topic of its own.

It is the one history that a single look can have.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

from gti.components.answer import NoAnswer
from gti.components.kafka_protocol import FETCH, Message, array, ask, text
from gti.components.wire import Wire

COMMITS = "__consumer_offsets"
MOST = 1 << 20  # bytes of commits; who commits more in so short a time is not judged
# What a record is about, by the version of its key.
COMMIT, GROUP = (0, 1), 2
COMPRESSED = 7
NEWEST_FORMAT = 2

At = tuple[str, str, int]  # group, topic, partition


def log_of(group: str, logs: int) -> int:
    """The partition of the topic in which this group's commits are: Java's hash of its name."""
    number = 0
    for unit in struct.iter_unpack(">H", group.encode("utf-16-be", errors="replace")):
        number = (31 * number + unit[0]) & 0xFFFFFFFF
    return min(number, (1 << 32) - number) % (1 << 31) % logs  # as of a signed number, without the sign


class Commits:
    """What happened in one log since some time: which groups were formed anew, and which offsets were committed.

    `complete` is False where not all could be read.
    """

    def __init__(self) -> None:
        self.complete = True
        self.formed: set[str] = set()
        self.offsets: dict[At, list[int]] = defaultdict(list)

    def stands(self, at: At) -> bool:
        """No commit at all, or again and again the same: a client that commits by the clock does that."""
        if not self.complete or at[0] in self.formed:
            return False
        offsets = self.offsets.get(at, [])
        return not offsets or (len(offsets) > 1 and len(set(offsets)) == 1)

    def note(self, key: Message, value: Message) -> None:
        if not len(key) or not len(value):  # an empty value deletes what was there
            return
        kind = key.number(2)
        if kind == GROUP:
            self.formed.add(key.text())
        elif kind in COMMIT:
            at = key.text(), key.text(), key.number(4)
            value.number(2)
            self.offsets[at].append(value.number(8))


def commits_since(wire: Wire, log: int, offset: int) -> Commits:
    partition = struct.pack(">iqi", log, offset, MOST)
    without_waiting = struct.pack(">iiiib", -1, 0, 0, MOST, 0)
    answer = ask(wire, FETCH, 4, without_waiting + array([text(COMMITS) + array([partition])]))
    return _commits(answer, log)


def _commits(answer: Message, log: int) -> Commits:
    commits = Commits()
    answer.number(4)
    if answer.number(4) != 1 or answer.text() != COMMITS or answer.number(4) != 1 or answer.number(4) != log:
        raise NoAnswer("another answer than to what was asked")
    error, end = answer.number(2), answer.number(8)
    answer.number(8)
    answer.array(lambda: answer.read(16))
    batches = Message(answer.read(max(0, answer.number(4))))
    next_one = -1
    while len(batches) > 12:
        first, length = batches.number(8), batches.number(4)
        if length > len(batches):
            break  # the last one may be cut
        next_one = first + _read_batch(Message(batches.read(length)), commits) + 1
    commits.complete = commits.complete and error == 0 and next_one >= end
    return commits


def _read_batch(batch: Message, commits: Commits) -> int:
    """Returns the place of its last record, counted from its first."""
    batch.number(4)
    is_known = batch.number(1) == NEWEST_FORMAT
    batch.number(4)
    attributes, last = batch.number(2), batch.number(4)
    batch.read(8 + 8 + 8 + 2 + 4)
    if not is_known or attributes & COMPRESSED:
        commits.complete = False
        return last
    for key, value in _records(batch):
        commits.note(key, value)
    return last


def _records(batch: Message) -> Iterator[tuple[Message, Message]]:
    for _ in range(batch.number(4)):
        record = Message(batch.read(batch.zigzag()))
        record.number(1)
        record.zigzag()
        record.zigzag()
        key = record.read(max(0, record.zigzag()))
        yield Message(key), Message(record.read(max(0, record.zigzag())))
