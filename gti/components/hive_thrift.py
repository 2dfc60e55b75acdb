"""Questions to the Hive Metastore, in Thrift's strict binary protocol.

The client library would read any depth and length that a wrong server claims, and is slow to load.
"""

from __future__ import annotations

import struct
from typing import Any

from gti.components.answer import NoAnswer, in_one_line
from gti.components.wire import Wire

CALL, REPLY, EXCEPTION = 0x80010001, 0x80010002, 0x80010003
BOOL, BYTE, DOUBLE, I16, I32, I64 = 2, 3, 4, 6, 8, 10
STRING, STRUCT, MAP, SET, LIST = 11, 12, 13, 14, 15
SIZES = {BOOL: 1, BYTE: 1, DOUBLE: 8, I16: 2, I32: 4, I64: 8}
DEEPEST = 12  # a table has six levels
STRANGE = "not a Hive Metastore's answer"

Fields = dict[int, Any]


class Complaint(Exception):
    """An exception of the server, in its words. It is declared when the method promises exceptions of its kind."""

    def __init__(self, words: str, declared: bool) -> None:
        super().__init__(in_one_line(words))
        self.declared = declared


def ask(wire: Wire, question: str, *arguments: bytes) -> Any:
    """What the method returns: numbers, texts, lists, and structures as their fields by number."""
    name = question.encode()
    wire.sendall(struct.pack(f">Ii{len(name)}si", CALL, len(name), name, 0) + structure(*arguments))
    kind = wire.number(4) & 0xFFFFFFFF
    if kind not in (REPLY, EXCEPTION) or wire.read(max(0, wire.number(4))) != name:
        raise NoAnswer(STRANGE)
    wire.number(4)
    fields = _fields(wire, 0)
    if kind == EXCEPTION:
        raise Complaint(_words(fields), declared=False)
    for number, value in fields.items():
        if number != 0:
            raise Complaint(_words(value), declared=True)
    return fields.get(0)


def structure(*fields: bytes) -> bytes:
    return b"".join(fields) + b"\0"


def text(number: int, value: str) -> bytes:
    return struct.pack(">bh", STRING, number) + _text(value)


def texts(number: int, values: list[str]) -> bytes:
    return struct.pack(">bhbi", LIST, number, STRING, len(values)) + b"".join(map(_text, values))


def short(number: int, value: int) -> bytes:
    return struct.pack(">bhh", I16, number, value)


def long(number: int, value: int) -> bytes:
    return struct.pack(">bhq", I64, number, value)


def nested(number: int, *fields: bytes) -> bytes:
    return struct.pack(">bh", STRUCT, number) + structure(*fields)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">i", len(encoded)) + encoded


def _words(exception: object) -> str:
    """Its message is the first field, in Thrift's own exceptions and in Hive's."""
    if not isinstance(exception, dict) or not isinstance(exception.get(1), str):
        raise NoAnswer(STRANGE)
    return str(exception[1])


def _fields(wire: Wire, depth: int) -> Fields:
    fields: Fields = {}
    while (kind := wire.number(1)) != 0:
        number = wire.number(2)
        fields[number] = _value(wire, kind, depth + 1)
    return fields


def _value(wire: Wire, kind: int, depth: int) -> Any:
    if depth > DEEPEST:
        raise NoAnswer(STRANGE)
    if kind in SIZES:
        return wire.number(SIZES[kind])
    if kind == STRING:
        return wire.text(wire.number(4))
    if kind == STRUCT:
        return _fields(wire, depth)
    if kind == MAP:
        return _map(wire, depth)
    if kind in (LIST, SET):
        items, count = wire.number(1), wire.number(4)
        return [_value(wire, items, depth + 1) for _ in range(count)]
    raise NoAnswer(STRANGE)


def _map(wire: Wire, depth: int) -> dict[Any, Any]:
    keys, values, count = wire.number(1), wire.number(1), wire.number(4)
    if count and keys not in (*SIZES, STRING):  # others cannot be keys of a dict
        raise NoAnswer(STRANGE)
    return {_value(wire, keys, depth + 1): _value(wire, values, depth + 1) for _ in range(count)}
