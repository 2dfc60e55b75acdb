"""What the probes of MariaDB 10.11.19 and Hive Metastore 3.1.3 say; the bytes are theirs."""

from __future__ import annotations

import socket

import pytest

from gti.components.answer import Answer, Login, NoAnswer
from gti.components.metastore import probe_hive_metastore, probe_mariadb

from .servers import greets

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
SERVER = bytes.fromhex(
    "02000001030120000002036465660000000956455253494f4e282900000c2d0078000000fd0100270000220000030364656600"
    "00000b4040726561645f6f6e6c7900000c3f000100000008800000000020000004036465660000000940406c6f675f62696e00"
    "000c3f0001000000088000000000230000051e31302e31312e31392d4d6172696144422d302b646562313275312d6c6f670130"
    "013107000006fe000002000000"
)
READ_ONLY = SERVER.replace(b"\x010\x011", b"\x011\x010")
SCHEMA = bytes.fromhex(
    "0200000101014a00000203646566096d65746173746f72650756455253494f4e0756455253494f4e0e534348454d415f564552"
    "53494f4e0e534348454d415f56455253494f4e000c2d00fc010000fd01100000000600000305332e312e3007000004fe000022"
    "000000"
)
MISSING = b"\xff\x7a\x04#42S02Table 'metastore.VERSION' doesn't exist"
NO_SCHEMA = len(MISSING).to_bytes(3, "little") + b"\x01" + MISSING
WRONG_HOST = b"D\0\0\0\xff\x6a\x04Host '127.0.0.2' is not allowed to connect to this MariaDB server"
TOO_MANY = b"\x17\0\0\0\xff\x10\x04Too many connections"
DENIED = b"\xff\x15\x04#28000Access denied for user 'hive'@'127.0.0.1' (using password: YES)"
WRONG_PASSWORD = len(DENIED).to_bytes(3, "little") + b"\x02" + DENIED

HIVE = Login("hive", "secret", database="metastore")


def mariadb(serve, server: bytes = SERVER, schema: bytes = SCHEMA):
    return serve(greets(GREETING, WELCOME, NAMES_SET, ONE_ROW, server, schema))


def test_mariadb_is_well_when_it_answers_select_1(serve):
    answer = probe_mariadb(mariadb(serve), HIVE, 1)
    assert answer.well
    assert answer.worries == ()
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
    assert (
        answer.says == "refuses the credentials: Access denied for user 'hive'@'127.0.0.1' (using password: YES)"
    )


def test_mariadb_that_falls_silent_after_the_login_has_not_answered(serve):
    with pytest.raises(NoAnswer, match=r"no answer in 0\.2 s"):
        probe_mariadb(serve(greets(GREETING, WELCOME)), HIVE, 0.2)


@pytest.mark.parametrize(
    ("schema", "found"), [(SCHEMA.replace(b"3.1.0", b"2.3.0"), "2.3.0"), (NO_SCHEMA, "missing")]
)
def test_a_schema_of_another_hive_is_a_worry(serve, schema, found):
    answer = probe_mariadb(mariadb(serve, schema=schema), HIVE, 1)
    assert answer.well
    assert answer.worries == (f"schema version is {found}, Hive 3.1.3 needs 3.1.0",)


def test_a_database_that_takes_no_writes_is_a_worry(serve):
    answer = probe_mariadb(mariadb(serve, READ_ONLY), HIVE, 1)
    assert answer.worries == ("read-only: the metastore cannot write to it",)
    assert answer.says.endswith(", binlog off")


# Hive Metastore


def reply(question: str, result: bytes, kind: int = 2) -> bytes:
    return b"\x80\x01\0" + bytes([kind]) + len(question).to_bytes(4) + question.encode() + b"\0\0\0\0" + result


class Metastore:
    """Answers each method with its result, and breaks off at what it has none for; falls silent for None."""

    def __init__(self, **results: bytes | None) -> None:
        self.results = results
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        while question := connection.recv(65536):
            method = question[8 : 8 + int.from_bytes(question[4:8])].decode()
            self.asked.append(method)
            if method not in self.results:
                return
            if result := self.results[method]:
                connection.sendall(reply(method, result) if result[:2] != b"\x80\x01" else result)


COMPLAINT = b"\x0b\0\x01\0\0\0\x12connection refused\0"
DATABASES = b"\x0f\0\0\x0b\0\0\0\x01\0\0\0\x07default\0"
NO_LOCKS = b"\x0c\0\0\x0f\0\1\x0c\0\0\0\0\0\0"
NO_SUCH = b"\x0c\0\1\x0b\0\1\0\0\0\x1cNo such transaction txnid:-1\0\0"
INTERNAL = reply("commit_txn", b"\x0b\0\1\0\0\0$Internal error processing commit_txn\x08\0\2\0\0\0\6\0", kind=3)
BORN = b"\x0a\0\0\0\0\0\0\x6b\x01\x5a\x3a\0"
WELL = {"get_all_databases": DATABASES, "aliveSince": BORN, "commit_txn": NO_SUCH, "show_locks": NO_LOCKS}


def hive(serve, **changes: bytes | None) -> Answer:
    return probe_hive_metastore(serve(Metastore(**{**WELL, **changes})), Login(), 0.5)


def test_hive_metastore_is_well_when_it_lists_its_databases(serve):
    answer = hive(serve)
    assert (answer.well, answer.says, answer.missing, answer.worries) == (True, "1 database", None, ())


def test_hive_metastore_does_not_tell_its_version(serve):
    """getVersion says 3.0 in release 3.1.3: no version is better than a wrong one."""
    assert hive(serve).version is None


def test_hive_metastore_without_its_database_holds_the_connection_and_is_unwell(serve):
    answer = hive(serve, get_all_databases=None)
    assert not answer.well
    assert answer.says == "accepts connections but no answer in 0.5 s to get_all_databases"


@pytest.mark.parametrize(
    "complaint", [b"\x0c\0\x01" + COMPLAINT + b"\0", reply("get_all_databases", COMPLAINT, kind=3)]
)
def test_an_exception_of_hive_metastore_is_told_in_its_words(serve, complaint):
    answer = hive(serve, get_all_databases=complaint)
    assert (answer.well, answer.says) == (False, "connection refused")


def test_hive_metastore_that_cannot_write_a_lock_is_unwell(serve):
    answer = hive(serve, commit_txn=INTERNAL)
    assert not answer.well
    assert "useMysqlMetadata=true is missing from its JDBC URL" in answer.says


def test_whether_it_can_lock_is_asked_once_in_the_life_of_a_metastore(serve):
    """Each time leaves a stack trace in its log."""
    metastore = Metastore(**WELL)
    at = serve(metastore)
    probe_hive_metastore(at, Login(), 1)
    probe_hive_metastore(at, Login(), 1)
    assert metastore.asked.count("commit_txn") == 1


def test_hive_metastore_that_is_silent_on_its_locks_is_a_worry(serve):
    answer = hive(serve, show_locks=None)
    assert answer.well
    assert answer.worries == ("no answer in 0.5 s to show_locks: commits may hang",)


def test_hive_metastore_that_breaks_off_half_way_has_not_shown_its_locks(serve):
    metastore = Metastore(get_all_databases=DATABASES, aliveSince=BORN)
    answer = probe_hive_metastore(serve(metastore), Login(), 1)
    assert (answer.well, answer.worries) == (True, ())
    assert answer.missing
    assert metastore.asked.count("commit_txn") == 2


def test_structures_within_structures_without_end_are_no_answer(serve):
    with pytest.raises(NoAnswer):
        hive(serve, get_all_databases=b"\x0c\0\0" * 1000)
