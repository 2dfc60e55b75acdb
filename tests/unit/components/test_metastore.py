"""What the probes of MariaDB 10.11.19 and Hive Metastore 3.1.3 say; the bytes are theirs."""

from __future__ import annotations

import pytest

from gti.components.answer import Login, NoAnswer
from gti.components.metastore import probe_hive_metastore, probe_mariadb

from .servers import answers, greets

GREETING = bytes.fromhex(
    "680000000a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275312d6c6f670042000000612e5f76"
    "5278285a00fef72d0200ff81150000000000001d0000006b2c3872573e6f38646f2563006d7973716c5f6e61746976655f"
    "70617373776f726400"
)
WELCOME = bytes.fromhex("1500000200000002400000000c010a096d65746173746f7265")
NAMES_SET = bytes.fromhex(
    "6b0000010000000240000000620021186368617261637465725f7365745f636f6e6e656374696f6e07757466386d6234001d14"
    "6368617261637465725f7365745f636c69656e7407757466386d6234001e156368617261637465725f7365745f726573756c74"
    "7307757466386d6234"
)
ONE_ROW = bytes.fromhex(
    "0200000101011800000203646566000000013100000c3f000100000003810000000002000003013107000004fe000002000000"
)
WRONG_HOST = b"D\0\0\0\xff\x6a\x04Host '127.0.0.2' is not allowed to connect to this MariaDB server"
TOO_MANY = b"\x17\0\0\0\xff\x10\x04Too many connections"
DENIED = b"\xff\x15\x04#28000Access denied for user 'hive'@'127.0.0.1' (using password: YES)"
WRONG_PASSWORD = len(DENIED).to_bytes(3, "little") + b"\x02" + DENIED

HIVE = Login("hive", "secret", database="metastore")


def test_mariadb_is_well_when_it_answers_select_1(serve):
    answer = probe_mariadb(serve(greets(GREETING, WELCOME, NAMES_SET, ONE_ROW)), HIVE, 1)
    assert answer.well
    assert answer.says.startswith("SELECT 1 in ")
    assert answer.version == "10.11.19"
    assert answer.missing is None


def test_without_a_password_the_greeting_of_mariadb_has_to_do(serve):
    login = Login("hive", wanting="env:HIVE_DB_PASSWORD is not set", database="metastore")
    answer = probe_mariadb(serve(greets(GREETING)), login, 1)
    assert answer.well
    assert answer.version == "10.11.19"
    assert answer.missing == "no password (env:HIVE_DB_PASSWORD is not set): SELECT 1 not asked"


@pytest.mark.parametrize("login", [HIVE, Login("hive")])
@pytest.mark.parametrize("error", [WRONG_HOST, TOO_MANY])
def test_mariadb_that_turns_everyone_away_is_unwell_in_its_own_words(serve, login, error):
    answer = probe_mariadb(serve(greets(error)), login, 1)
    assert not answer.well
    assert answer.says == error[7:].decode()


def test_a_wrong_password_is_told_in_mariadbs_words(serve):
    answer = probe_mariadb(serve(greets(GREETING, WRONG_PASSWORD)), HIVE, 1)
    assert not answer.well
    assert answer.says == "Access denied for user 'hive'@'127.0.0.1' (using password: YES)"


def test_mariadb_that_falls_silent_after_the_login_has_not_answered(serve):
    with pytest.raises(NoAnswer, match=r"no answer in 0\.2 s"):
        probe_mariadb(serve(greets(GREETING, WELCOME)), HIVE, 0.2)


DATABASES = b"\x80\x01\0\x02\0\0\0\x11get_all_databases\0\0\0\0\x0f\0\0\x0b\0\0\0\x01\0\0\0\x07default\0"
COMPLAINT = b"\x0b\0\x01\0\0\0\x12connection refused\0"
DECLARED = b"\x80\x01\0\x02\0\0\0\x11get_all_databases\0\0\0\0\x0c\0\x01" + COMPLAINT + b"\0"
UNDECLARED = b"\x80\x01\0\x03\0\0\0\x11get_all_databases\0\0\0\0" + COMPLAINT


def test_hive_metastore_is_well_when_it_lists_its_databases(serve):
    answer = probe_hive_metastore(serve(answers(DATABASES)), Login(), 1)
    assert (answer.well, answer.says) == (True, "1 database")


def test_hive_metastore_does_not_tell_its_version(serve):
    """getVersion says 3.0 in release 3.1.3: no version is better than a wrong one."""
    assert probe_hive_metastore(serve(answers(DATABASES)), Login(), 1).version is None


def test_hive_metastore_without_its_database_holds_the_connection_and_is_unwell(serve):
    answer = probe_hive_metastore(serve(answers()), Login(), 0.1)
    assert not answer.well
    assert answer.says == "accepts connections but no answer in 0.1 s to get_all_databases"


@pytest.mark.parametrize("complaint", [DECLARED, UNDECLARED])
def test_an_exception_of_hive_metastore_is_told_in_its_words(serve, complaint):
    answer = probe_hive_metastore(serve(answers(complaint)), Login(), 1)
    assert (answer.well, answer.says) == (False, "connection refused")
