"""The Hive Metastore, and the MariaDB that it keeps its tables in."""

from __future__ import annotations

import re
from dataclasses import replace
from time import monotonic

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.hive_database import NO_TABLE, WRONG_PASSWORD, Refusal, Select, logged_in
from gti.components.hive_locks import UNFIT, can_lock, lock_worries
from gti.components.hive_thrift import STRANGE, Complaint, ask
from gti.components.wire import Deadline, Silent, Wire, connect
from gti.remote.reach import Reach

GREETING, ERROR = b"\x0a", b"\xff"
# Before the login there is no SQLSTATE in an error; after it, '#' and five letters.
SQLSTATE = rb"^#[0-9A-Z]{5}"
# The release of the stack. All of Hive 3.1 has the schema of its first release.
HIVE, SCHEMA = "3.1.3", "3.1.0"


def probe_mariadb(at: Reach, login: Login, seconds: float) -> Answer:
    # TLS begins only after a greeting in plain text.
    with connect(replace(at, tls=False), Deadline.after(seconds)) as wire:
        missing = _why_not_to_log_in(at, login)
        return _logged_in(wire, login) if missing is None else _greeting(wire, missing)


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


def _logged_in(wire: Wire, login: Login) -> Answer:
    try:
        with logged_in(wire, login) as select:
            asked = monotonic()
            select("SELECT 1")
            took = 1000 * (monotonic() - asked)
            return _looked_into(select, login, f"SELECT 1 in {took:.1f} ms")
    except Refusal as refusal:
        refused = "refuses the credentials: " if refusal.code == WRONG_PASSWORD else ""
        return Answer(well=False, says=in_one_line(f"{refused}{refusal}"))


def _looked_into(select: Select, login: Login, says: str) -> Answer:
    match select("SELECT VERSION(), @@read_only, @@log_bin"):
        case [(version, read_only, binlog)]:
            worries = ["read-only: the metastore cannot write to it"] if read_only else []
            worries += _schema_worries(select) if login.database else []
            says += "" if binlog else ", binlog off"
            return Answer(well=True, says=says, version=_version(str(version)), worries=tuple(worries))
    raise NoAnswer("not a MariaDB server's answer")


def _schema_worries(select: Select) -> list[str]:
    try:
        versions = [str(row[0]) for row in select("SELECT SCHEMA_VERSION FROM VERSION")]
    except Refusal as refusal:
        if refusal.code != NO_TABLE:
            raise
        versions = []
    found = ", ".join(versions) or "missing"
    return [] if found == SCHEMA else [in_one_line(f"schema version is {found}, Hive {HIVE} needs {SCHEMA}")]


def probe_hive_metastore(at: Reach, _login: Login, seconds: float) -> Answer:
    """Its getVersion says 3.0 whatever the release, and getStatus says alive without a database."""
    deadline = Deadline.after(seconds)
    with connect(at, deadline) as wire:
        try:
            databases = ask(wire, "get_all_databases")
        except Silent as silent:
            # Without its database it holds the connection and waits, for minutes.
            return Answer(well=False, says=f"accepts connections but {silent.what} to get_all_databases")
        except Complaint as complaint:
            return Answer(well=False, says=str(complaint))
        if not isinstance(databases, list):
            raise NoAnswer(STRANGE)
        return _locking(at, wire, deadline, plural(len(databases), "database"))


def _locking(at: Reach, wire: Wire, deadline: Deadline, says: str) -> Answer:
    try:
        if not can_lock(at, wire, deadline):
            return Answer(well=False, says=UNFIT)
        with connect(at, deadline) as fresh:
            return Answer(well=True, says=says, worries=lock_worries(fresh))
    except (NoAnswer, Complaint) as silence:
        return Answer(well=True, says=says, missing=f"locks not seen: {silence}")
