"""What the probe of PostgreSQL says; the bytes are those of 15.20."""

from __future__ import annotations

import pytest

from gti.components.answer import Login
from gti.components.postgresql import probe

from .servers import answers

ASKS_FOR_SCRAM = b"R\0\0\0\x17\0\0\0\nSCRAM-SHA-256\0\0"


def refusal(sqlstate: str, words: str) -> bytes:
    fields = f"SFATAL\0VFATAL\0C{sqlstate}\0M{words}\0Fpostmaster.c\0L2413\0RProcessStartupPacket\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields


def test_postgresql_that_asks_for_a_password_is_well(serve):
    answer = probe(serve(answers(ASKS_FOR_SCRAM)), Login(), 1)
    assert (answer.well, answer.says) == (True, "accepts connections (asks for a SCRAM password)")


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("28000", 'no pg_hba.conf entry for host "127.0.0.2", user "gti", database "postgres", no encryption'),
        ("3D000", 'database "airflow" does not exist'),
    ],
)
def test_postgresql_that_does_not_know_us_is_alive_and_says_so(serve, sqlstate, words):
    answer = probe(serve(answers(refusal(sqlstate, words))), Login(), 1)
    assert answer.well
    assert answer.says == f"answers: {words}"


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("57P03", "the database system is starting up"),
        ("57P03", "the database system is shutting down"),
        ("53300", "sorry, too many clients already"),
    ],
)
def test_postgresql_that_serves_nobody_is_unwell_in_its_own_words(serve, sqlstate, words):
    answer = probe(serve(answers(refusal(sqlstate, words))), Login(), 1)
    assert (answer.well, answer.says) == (False, words)
