"""The locks in the Hive Metastore: which are stuck, and whether it can hand out any at all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from gti.components.answer import NoAnswer, in_one_line, plural
from gti.components.hive_thrift import STRANGE, Complaint, ask, long, nested
from gti.components.wire import Deadline, Silent, Wire, connect
from gti.remote.reach import Reach

ACQUIRED, WAITING = 1, 2
# Hive's own limit is 300 s, but only its housekeeper applies it. Iceberg gives a sign of life every 240 s.
DEAD_AFTER = 360.0
PATIENCE = 120.0  # an Iceberg commit holds its lock for seconds
NAMED = 5

UNFIT = "cannot lock: every Iceberg commit fails (useMysqlMetadata=true is missing from its JDBC URL)"

# Asking leaves a stack trace in the metastore's log, so each of its lives is asked once. Its URL is as long-lived.
_fit: set[tuple[str, int, int]] = set()


@dataclass(frozen=True)
class Lock:
    """Times are seconds of the database's clock; `heartbeat` is None when the lock has a transaction's."""

    number: int
    table: str
    owner: str
    held: bool
    acquired: float | None
    heartbeat: float | None

    def worry(self, now: float, waiting: int) -> str | None:
        silent = now - self.heartbeat if self.heartbeat else 0.0
        if silent > DEAD_AFTER:
            does = "holds" if self.held else "waits for"
            return f"{self.table}: {self.owner} {does} lock {self.number} without a heartbeat for {age(silent)}"
        held = now - self.acquired if self.held and self.acquired else 0.0
        if held > PATIENCE and waiting:
            return f"{self.table}: {self.owner} holds lock {self.number} for {age(held)} while {waiting} wait"
        return None


def age(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"


def lock_worries(wire: Wire, now: float | None = None) -> tuple[str, ...]:
    """The longest dead first."""
    try:
        reply = ask(wire, "show_locks", nested(1))
    except Complaint as complaint:
        return (in_one_line(f"show_locks fails: {complaint}"),)
    except Silent as silent:
        return (f"{silent.what} to show_locks: commits may hang",)
    return tuple(_worries(_locks(reply), time.time() if now is None else now))


def _worries(locks: list[Lock], now: float) -> list[str]:
    """One per lock: a lock on many partitions is many rows."""
    queue = {(lock.number, lock.table) for lock in locks if not lock.held}
    found: dict[int, str] = {}
    for lock in sorted(locks, key=lambda lock: lock.heartbeat or now):
        waiting = sum(table == lock.table for _, table in queue)
        if worry := lock.worry(now, waiting):
            found.setdefault(lock.number, worry)
    named = list(found.values())[:NAMED]
    return [*named, f"and {plural(len(found) - NAMED, 'more stuck lock')}"] if len(found) > NAMED else named


def _locks(reply: Any) -> list[Lock]:
    try:
        return [_lock(fields) for fields in reply[1] if fields[5] in (ACQUIRED, WAITING)]
    except (LookupError, TypeError, ValueError):
        raise NoAnswer(STRANGE) from None


def _lock(fields: dict[int, Any]) -> Lock:
    table = ".".join(part for part in (fields[2], fields.get(3)) if part)
    owner = f"{fields.get(10, 'somebody')} on {fields.get(11, 'a host unknown')}"
    acquired, heartbeat = (int(fields.get(number) or 0) / 1000 or None for number in (9, 8))
    return Lock(fields[1], in_one_line(table), in_one_line(owner), fields[5] == ACQUIRED, acquired, heartbeat)


def can_lock(at: Reach, wire: Wire, deadline: Deadline) -> bool:
    """Whether the metastore knows the kind of its database, without which it cannot write a lock.

    show_locks tells it once in the life of the metastore, by breaking off; lock() always, but it would change
    something. To commit a transaction that cannot be goes the same way, and ends in a declared exception.
    """
    life = (at.address, at.port, ask(wire, "aliveSince"))
    if life not in _fit:
        try:
            can = _can_commit(wire)
        except Silent:
            raise
        except NoAnswer:  # the first question of this kind is the one that it breaks off at
            with connect(at, deadline) as again:
                can = _can_commit(again)
        if not can:
            return False
        _fit.add(life)
    return True


def _can_commit(wire: Wire) -> bool:
    try:
        ask(wire, "commit_txn", nested(1, long(1, -1)))
    except Complaint as complaint:
        return complaint.declared
    return True
