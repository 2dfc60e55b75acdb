"""PostgreSQL: the first words of its protocol, which need no driver and no password."""

from __future__ import annotations

import struct
from dataclasses import replace

from gti.components.answer import Answer, Login, NoAnswer, in_one_line
from gti.components.wire import Deadline, Wire, connect
from gti.remote.reach import Reach

PROTOCOL_3_0 = 3 << 16
LONGEST_MESSAGE = 1 << 15
# SQLSTATE classes with which it turns away this user or database, and is well itself.
KNOWS_US_NOT = ("28", "3D")
METHODS = {0: "trust", 3: "a password", 5: "an MD5 password", 10: "a SCRAM password"}


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    # TLS begins only after a question in plain text. Nothing secret is sent here, so it is not asked.
    with connect(replace(at, tls=False), Deadline.after(seconds)) as wire:
        wire.sendall(_startup(login))
        kind, length = wire.read(1), wire.number(4)
        if kind not in (b"R", b"E") or not 8 <= length <= LONGEST_MESSAGE:
            raise NoAnswer("not PostgreSQL's answer")
        return _wants_login(wire) if kind == b"R" else _refused(wire.read(length - 4))


def _startup(login: Login) -> bytes:
    user = (login.user or "gti").encode()
    database = (login.database or "postgres").encode()
    body = struct.pack(">i", PROTOCOL_3_0) + b"\0".join([b"user", user, b"database", database, b"", b""])
    return struct.pack(">i", len(body) + 4) + body


def _wants_login(wire: Wire) -> Answer:
    method = METHODS.get(wire.number(4), "a login")
    return Answer(well=True, says=f"accepts connections (asks for {method})")


def _refused(body: bytes) -> Answer:
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    if b"C" not in fields or b"M" not in fields:
        raise NoAnswer("not PostgreSQL's answer")
    words = in_one_line(fields[b"M"])
    if fields[b"C"].startswith(KNOWS_US_NOT):
        return Answer(well=True, says=in_one_line(f"answers: {words}"))
    return Answer(well=False, says=words)
