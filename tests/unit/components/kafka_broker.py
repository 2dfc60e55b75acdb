"""A broker of Kafka 3.9 on loopback. The bytes are a real one's, or made as it makes them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping

API_VERSIONS = bytes.fromhex(
    "000001780067746900000000003d00000000000b00010000001100020000000900030000000c000800000009000900000009"
    "000a00000006000b00000009000c00000004000d00000005000e00000005000f000000050010000000050011000000010012"
    "00000004001300000007001400000006001500000002001600000005001700000004001800000005001900000004001a0000"
    "0004001b00000001001c00000004001d00000003001e00000003001f00000003002000000004002100000002002200000002"
    "002300000004002400000002002500000003002600000003002700000002002800000002002900000003002a00000002002b"
    "00000002002c00000001002d00000000002e00000000002f0000000000300000000100310000000100320000000000330000"
    "0000003700000002003900000001003c00000001003d00000000004000000000004100000000004200000001004400000000"
    "004500000000004a00000000004b00000000005000000000005100000000"
)
A_CONTROLLERS = bytes.fromhex("0000001600677469000000000002000100000011001200000004")
BROKER = bytes.fromhex("00000001000000010009") + b"127.0.0.1" + bytes.fromhex("00002384ffff")
A_QUORUM = b"\x02\x13__cluster_metadata\x02\0\0\0\0"
ONE, NONE = b"\0\0\0\1", b"\xff\xff\xff\xff"


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def array(*items: bytes) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)


def framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body) + 4) + b"\0gti" + body


def partition(leader: bytes, number: int = 0, replicas: tuple[bytes, ...] = (ONE,), in_sync: int = 1) -> bytes:
    return struct.pack(">hi", 0, number) + leader + array(*replicas) + array(*replicas[:in_sync])


def topic(name: str, *partitions: bytes, internal: bool = False) -> bytes:
    return b"\0\0" + text(name) + bytes([internal]) + array(*partitions)


def cluster(controller: bytes, *topics: bytes) -> bytes:
    return framed(BROKER + controller + array(*topics))


def metadata(controller: bytes, *leaders: bytes, internal: bool = False) -> bytes:
    partitions = [partition(leader, number) for number, leader in enumerate(leaders)]
    return cluster(controller, topic("sales", *partitions, internal=internal))


def quorum(leader: bytes, error: bytes = b"\0\0", of_it: bytes = b"\0\0") -> bytes:
    return framed(b"\0" + error + A_QUORUM + of_it + leader + bytes(20))


def log_folder(total: int, usable: int, error: int = 0) -> bytes:
    """In MiB."""
    sizes = struct.pack(">qq", total << 20, usable << 20)
    return framed(bytes(7) + b"\2" + struct.pack(">h", error) + b"\x0f/var/lib/kafka" + b"\1" + sizes + b"\0\0")


CALM = {
    "api versions": API_VERSIONS,
    "metadata": metadata(ONE, ONE),
    "quorum": quorum(ONE),
    "log folders": log_folder(1000, 500),
}
NUMBERS = {
    1: "fetch",
    2: "offsets",
    3: "metadata",
    9: "committed",
    15: "members",
    16: "groups",
    18: "api versions",
    35: "log folders",
    55: "quorum",
}


class Broker:
    """Calm but for what is given here; a list is said one by one. To what it does not know, it is silent."""

    def __init__(self, lines: Mapping[str, bytes | list[bytes]]) -> None:
        self._lines = {**CALM, **lines}
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while length := stream.read(4):
                question = stream.read(int.from_bytes(length, "big"))
                self.asked.append(NUMBERS[int.from_bytes(question[:2], "big")])
                connection.sendall(self._line(self.asked[-1]))

    def _line(self, question: str) -> bytes:
        line = self._lines.get(question, b"")
        return line.pop(0) if isinstance(line, list) else line
