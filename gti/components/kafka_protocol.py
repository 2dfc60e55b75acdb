"""Kafka's binary protocol, as far as it is needed to look: on one connection, and to the broker that was named.

The client library dials the brokers' advertised names too, which do not resolve behind a tunnel. The old forms
of the requests, which every broker from 2.6 to 4 understands, need no library.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

from gti.components.answer import NoAnswer
from gti.components.wire import Wire

LARGEST = 4 << 20  # some 100 000 partitions
CORRELATION = 0x677469
CLIENT = b"\0\x03gti"
STRANGE = "not a Kafka broker's answer"
NOT_AUTHORIZED = (29, 30, 31)
NO_TAGS = b"\0"  # end the header and the body of a request in the compact form

PRODUCE, FETCH, LIST_OFFSETS, METADATA, OFFSET_FETCH = 0, 1, 2, 3, 9
DESCRIBE_GROUPS, LIST_GROUPS, API_VERSIONS, DESCRIBE_LOG_DIRS, DESCRIBE_QUORUM = 15, 16, 18, 35, 55

Item = TypeVar("Item")


class Message:
    """One answer. To read beyond its end is not to understand it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __len__(self) -> int:
        """What is left."""
        return len(self._data) - self._at

    def read(self, size: int) -> bytes:
        if not 0 <= size <= len(self):
            raise NoAnswer(STRANGE)
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.read(size), "big", signed=True)

    def text(self) -> str:
        """-1 stands for none."""
        return self.read(max(0, self.number(2))).decode(errors="replace")

    def array(self, item: Callable[[], Item]) -> list[Item]:
        return [item() for _ in range(self.number(4))]

    def varint(self) -> int:
        value = shift = 0
        while shift < 64:
            byte = self.read(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise NoAnswer(STRANGE)

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def compact_text(self) -> str:
        """In the compact form of newer requests, lengths are one more than they are, and 0 stands for none."""
        return self.read(max(0, self.varint() - 1)).decode(errors="replace")

    def compact_array(self, item: Callable[[], Item]) -> list[Item]:
        return [item() for _ in range(self.varint() - 1)]

    def tags(self) -> None:
        for _ in range(self.varint()):
            self.varint()
            self.read(self.varint())


def ask(wire: Wire, api: int, version: int, body: bytes = b"") -> Message:
    return ask_each(wire, api, version, [body])[0]


def ask_each(wire: Wire, api: int, version: int, bodies: Sequence[bytes]) -> list[Message]:
    """All questions are under way before the first answer is read: the broker answers in their order."""
    for body in bodies:
        message = struct.pack(">hhi", api, version, CORRELATION) + CLIENT + body
        wire.sendall(struct.pack(">i", len(message)) + message)
    return [_answer(wire) for _ in bodies]


def _answer(wire: Wire) -> Message:
    length, correlation = wire.number(4), wire.number(4)
    if not 4 < length <= LARGEST or correlation != CORRELATION:
        raise NoAnswer(STRANGE)
    return Message(wire.read(length - 4))


def complain(error: int) -> None:
    if error:
        raise NoAnswer("not allowed" if error in NOT_AUTHORIZED else f"Kafka's error {error}")


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(items: Sequence[bytes]) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)
