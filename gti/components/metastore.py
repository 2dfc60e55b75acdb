"""The Hive Metastore, and the MariaDB that it keeps its tables in."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from time import monotonic
from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.wire import CLOSED, Deadline, Silent, Wire, connect
from gti.remote.reach import Reach

GREETING, ERROR = b"\x0a", b"\xff"
# Before the login there is no SQLSTATE in an error; after it, '#' and five letters.
SQLSTATE = rb"^#[0-9A-Z]{5}"


def probe_mariadb(at: Reach, login: Login, seconds: float) -> Answer:
    # TLS begins only after a greeting in plain text.
    with connect(replace(at, tls=False), Deadline.after(seconds)) as wire:
        missing = _why_not_to_log_in(at, login)
        return _select(wire, login) if missing is None else _greeting(wire, missing)


def _why_not_to_log_in(at: Reach, login: Login) -> str | None:
    if at.tls:
        return "TLS to MariaDB is not spoken here: SELECT 1 not asked"
    if login.user is None or login.password is None:
        return login.unasked("SELECT 1")
    return None


def _greeting(wire: Wire, missing: str) -> Answer:
    size = int.from_bytes(wire.read(3), "little")
    wire.read(1)
    packet = wire.read(size)
    if packet.startswith(ERROR):
        words = re.sub(SQLSTATE, b"", packet[3:]).decode(errors="replace")
        return Answer(well=False, says=in_one_line(words), missing=missing)
    if not packet.startswith(GREETING) or b"\0" not in packet:
        raise NoAnswer("not a MariaDB greeting")
    version = _version(packet[1:].split(b"\0")[0].decode(errors="replace"))
    return Answer(well=True, says="accepts connections", version=version, missing=missing)


def _version(words: str) -> str | None:
    """MariaDB puts 5.5.5- before its version, for replicas that know no two-digit numbers."""
    found = re.match(r"(?:5\.5\.5-)?(\d+(?:\.\d+)+)", words)
    return in_one_line(found[1]) if found else None


def _select(wire: Wire, login: Login) -> Answer:
    from mariadb.exceptions import Error
    from mariadb.impl.message.client.query_packet import QueryPacket

    client = _client(wire, login)
    try:
        client.connect()
        asked = monotonic()
        client.execute(QueryPacket.from_sql("SELECT 1"), client.configuration)
        took = 1000 * (monotonic() - asked)
        version = _version(str(client.context.server_version))
        return Answer(well=True, says=f"SELECT 1 in {took:.1f} ms", version=version)
    except Error as error:
        if not error.errno:
            raise _no_answer(error) from error
        return Answer(well=False, says=in_one_line(str(error.errmsg)))
    except Exception as error:  # the connector's parser falls over strange bytes in many ways
        raise _no_answer(error) from error
    finally:
        client.close()


def _client(wire: Wire, login: Login) -> Any:
    """The connector's own client, on our connection.

    Its time-outs are cut to whole seconds, 0.5 to none at all, and bound each receive, not the whole.
    """
    from mariadb.impl.client.sync_client import SyncClient
    from mariadb.impl.configuration import Configuration

    settings = {"user": login.user, "password": login.password, "database": login.database}
    # Or else the server may ask the client for files.
    client = SyncClient(Configuration.from_dict({**settings, "local_infile": False, "autocommit": True}))
    client.socket = wire
    client._create_socket = lambda: None
    return client


def _no_answer(error: BaseException) -> NoAnswer:
    """What our connection said of it, from under the connector's wrapping."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, NoAnswer):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return NoAnswer(cause.what)
    return NoAnswer(CLOSED if "reset by peer" in str(error) else "not a MariaDB server's answer")


# Thrift's strict binary protocol, so far as one question needs it. The client library would read any depth
# and length that a wrong server claims, and is slow to load.
QUESTION = b"get_all_databases"
CALL, REPLY = 0x80010001, 0x80010002
STRING, STRUCT, LIST = 11, 12, 15
LONGEST_WORDS = 1 << 16


def probe_hive_metastore(at: Reach, _login: Login, seconds: float) -> Answer:
    """Its getVersion says 3.0 whatever the release, and getStatus says alive without a database."""
    with connect(at, Deadline.after(seconds)) as wire:
        wire.sendall(struct.pack(f">Ii{len(QUESTION)}siB", CALL, len(QUESTION), QUESTION, 0, 0))
        try:
            return _databases(wire)
        except Silent as silent:
            # Without its database it holds the connection and waits, for minutes.
            says = f"accepts connections but {silent.what} to get_all_databases"
            return Answer(well=False, says=says)


def _databases(wire: Wire) -> Answer:
    kind = wire.number(4) & 0xFFFFFFFF
    if kind >> 16 != REPLY >> 16 or wire.read(max(0, wire.number(4))) != QUESTION:
        raise NoAnswer("not a Hive Metastore's answer")
    wire.number(4)
    field, _ = wire.number(1), wire.number(2)
    if kind == REPLY and field == LIST:
        return Answer(well=True, says=plural(_count_strings(wire), "database"))
    return Answer(well=False, says=_complaint(wire, field))


def _count_strings(wire: Wire) -> int:
    if wire.number(1) != STRING:
        raise NoAnswer("not a Hive Metastore's answer")
    count = wire.number(4)
    for _ in range(count):
        wire.read(wire.number(4))
    return count


def _complaint(wire: Wire, field: int) -> str:
    """An exception's message: declared ones are a field of the reply, others are the reply itself."""
    if field == STRUCT:
        field, _ = wire.number(1), wire.number(2)
    length = wire.number(4)
    if field != STRING or not 0 <= length <= LONGEST_WORDS:
        raise NoAnswer("not a Hive Metastore's answer")
    return in_one_line(wire.text(length))
