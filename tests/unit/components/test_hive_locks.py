"""Which locks are stuck; the rows are those of Hive Metastore 3.1.3."""

from __future__ import annotations

import pytest

from gti.components.hive_locks import lock_worries
from gti.components.wire import Deadline, connect

from .servers import answers

NOW = 1_795_250_521.0
HELD, WAITS = 1, 2


def row(number: int, state: int, silent: float, held: float = 0, table: str = "events") -> bytes:
    """In the order of the server: number, database, table, state, kind, transaction, times, user, host."""

    def long(field: int, value: float) -> bytes:
        return b"\x0a" + field.to_bytes(2) + int(value).to_bytes(8)

    def text(field: int, value: str) -> bytes:
        return b"\x0b" + field.to_bytes(2) + len(value).to_bytes(4) + value.encode()

    def number_of(field: int, value: int) -> bytes:
        return b"\x08" + field.to_bytes(2) + value.to_bytes(4)

    times = long(8, 1000 * (NOW - silent)) + (long(9, 1000 * (NOW - held)) if state == HELD else b"")
    begin = (
        long(1, number) + text(2, "bronze") + text(3, table) + number_of(5, state) + number_of(6, 3) + long(7, 0)
    )
    return begin + times + text(10, "datalake") + text(11, "spark.gti.test") + long(16, 1) + b"\0"


def worries(serve, *rows: bytes) -> tuple[str, ...]:
    listed = b"\x0c\0\0\x0f\0\1\x0c" + len(rows).to_bytes(4) + b"".join(rows) + b"\0\0"
    at = serve(answers(b"\x80\x01\0\x02\0\0\0\x0ashow_locks\0\0\0\0" + listed))
    with connect(at, Deadline.after(1)) as wire:
        return lock_worries(wire, NOW)


def test_a_commit_in_progress_is_no_worry(serve):
    assert worries(serve, row(1, HELD, silent=200, held=200), row(2, WAITS, silent=1, table="other")) == ()


def test_a_lock_without_a_heartbeat_is_stuck(serve):
    (worry,) = worries(serve, row(99, HELD, silent=3600, held=3600))
    assert worry == "bronze.events: datalake on spark.gti.test holds lock 99 without a heartbeat for 60 min"


def test_a_lock_that_others_wait_for_too_long_is_a_worry_though_its_owner_lives(serve):
    (worry,) = worries(serve, row(5, HELD, silent=10, held=300), row(6, WAITS, silent=1), row(7, WAITS, silent=1))
    assert worry == "bronze.events: datalake on spark.gti.test holds lock 5 for 5 min while 2 wait"


def test_the_longest_dead_come_first_and_a_flood_is_cut(serve):
    found = worries(serve, *(row(number, HELD, silent=1000 * number) for number in range(1, 9)))
    assert "lock 8 without" in found[0]
    assert found[5:] == ("and 3 more stuck locks",)


@pytest.mark.parametrize("silent", [7300, 400_000])
def test_a_lock_on_many_partitions_is_told_once(serve, silent):
    assert len(worries(serve, row(3, HELD, silent), row(3, HELD, silent))) == 1
