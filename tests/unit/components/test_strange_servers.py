"""Whatever listens there, every probe comes back in time with an answer or with NoAnswer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import pytest

from gti.components import PROBES, probe_of
from gti.components.answer import Login, NoAnswer
from gti.remote.reach import Reach

from .kafka_broker import API_VERSIONS, ONE, metadata
from .servers import Page, answers, as_json, greets, hear_out
from .test_kafka_groups import CONVERSATION
from .test_metastore import DATABASES, GREETING, HIVE, NAMES_SET, ONE_ROW, WELCOME, WRONG_PASSWORD
from .test_postgresql import ASKS_FOR_SCRAM, refusal

STRANGER = Login()
PATIENCE = 0.05


def well_and_says(probe, at, login=STRANGER, *, seconds=PATIENCE):
    """Lets nothing through but an Answer and NoAnswer, and neither late nor longer than a table cell."""
    begin = monotonic()
    try:
        answer = probe(at, login, seconds)
        outcome = (answer.well, answer.says)
    except NoAnswer as error:
        outcome = (None, error.what)
    assert monotonic() - begin < 1
    assert outcome[1].isprintable()
    assert 0 < len(outcome[1]) < 200
    return outcome


def endless(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 65536)


def endless_zeros(connection: socket.socket) -> None:
    while True:
        connection.sendall(bytes(65536))


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: and more\r\n")


def endless_continues(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def drip(connection: socket.socket) -> None:
    """One byte every 20 ms: each receive is in time, the whole never is."""
    connection.settimeout(0.02)
    for _ in range(100):
        connection.sendall(b"H")
        with suppress(TimeoutError):
            connection.recv(1)


def page(content: Page):
    return closes_after(content.head + content.body)


def closes(connection: socket.socket) -> None:
    """Says nothing."""


def closes_after(data: bytes):
    def talk(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        hear_out(connection)

    return talk


STRANGE = {
    "closes at once": closes,
    "drips": drip,
    "endless": endless,
    "endless zeros": endless_zeros,
    "endless headers": endless_headers,
    "endless continues": endless_continues,
    "garbage": closes_after(bytes(range(256)) * 40),
    "an escape sequence": closes_after(b"\x1b[2J\x1b]0;owned\x07\r\n\r\n"),
    "huge lengths": closes_after(b"\x7f" * 64),
    "negative lengths": closes_after(b"\xff" * 64),
    "an SSH banner": closes_after(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "HTML": page(Page(200, b"<!doctype html><title>Welcome to nginx!</title>", {"Content-Type": "text/html"})),
    "nothing with 200": page(Page(200)),
    "no such page": page(Page(404, b"<!doctype html>")),
    "a JSON list": page(as_json(["x"])),
    "a JSON object": page(as_json({"status": 7, "checks": [], "starting": "no", "aliveworkers": 1e308})),
    "a JSON object of nulls": page(as_json(dict.fromkeys(["status", "checks", "scheduler", "metadatabase"]))),
    "deep JSON": page(Page(200, b"[" * 200_000)),
    "half a JSON object": page(Page(200, b'{"status": "ALI')),
    "invalid UTF-8": page(Page(200, b'{"status": "\xff\xfe\xc3"}')),
    "a body shorter than it says": page(Page(200, b"{}", {"Content-Length": "999999999999"})),
    "a redirect": page(Page(302, b"", {"Location": "http://127.0.0.1:1/"})),
    "broken chunks": page(Page(200, b"zz\r\n{}\r\n", {"Transfer-Encoding": "chunked"})),
    "a negative length": page(Page(200, b"{}", {"Content-Length": "-5"})),
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("protocol", PROBES)
def test_a_strange_server_is_not_well(serve, protocol, strange):
    well, _ = well_and_says(probe_of(protocol), serve(STRANGE[strange]))
    assert not well


@pytest.mark.parametrize("strange", STRANGE)
def test_a_strange_server_gets_the_password_of_mariadb_to_no_avail(serve, strange):
    well, _ = well_and_says(probe_of("mariadb"), serve(STRANGE[strange]), HIVE)
    assert not well


@pytest.mark.parametrize("protocol", PROBES)
def test_a_closed_port_is_connection_refused(protocol):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    at = Reach("server.gti.test", port, "127.0.0.1", port)
    assert well_and_says(probe_of(protocol), at) == (None, "connection refused")


@pytest.mark.parametrize("protocol", PROBES)
def test_a_server_that_closes_at_once_is_named_so(serve, protocol):
    assert well_and_says(probe_of(protocol), serve(closes)) == (None, "closed the connection at once")


@pytest.mark.parametrize("protocol", sorted(set(PROBES) - {"hive-metastore"}))
def test_a_silent_server_gave_no_answer_in_so_many_seconds(serve, protocol):
    assert well_and_says(probe_of(protocol), serve(hear_out)) == (None, "no answer in 0.05 s")


@pytest.mark.parametrize("protocol", ["hive-metastore", "kafka", "trino", "gitea"])
def test_a_server_without_tls_where_tls_is_wanted_is_no_answer(serve, protocol):
    at = serve(closes_after(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    secure = Reach(at.name, at.service_port, at.address, at.port, tls=True)
    well, says = well_and_says(probe_of(protocol), secure)
    assert well is None
    assert says == "no TLS: wrong version number"


CONVERSATIONS = {
    "mariadb": (STRANGER, (GREETING,)),
    "mariadb with a password": (HIVE, (GREETING, WELCOME, NAMES_SET, ONE_ROW)),
    "mariadb with a wrong password": (HIVE, (GREETING, WRONG_PASSWORD)),
    "hive-metastore": (STRANGER, (DATABASES,)),
    "kafka": (STRANGER, (API_VERSIONS, metadata(ONE, ONE, ONE))),
    "kafka with a stuck group": (STRANGER, CONVERSATION),
    "postgresql": (STRANGER, (ASKS_FOR_SCRAM,)),
    "postgresql that refuses": (STRANGER, (refusal("57P03", "the database system is starting up"),)),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("spoil", ["cut", "high", "zero"])
def test_a_real_answer_spoilt_at_any_place_surprises_nobody(serve, name, spoil):
    login, lines = CONVERSATIONS[name]
    spoilt = spoilings(b"".join(lines), spoil)
    at = serve(lambda connection: closes_after(next(spoilt))(connection))
    for _ in range(PLACES):
        well_and_says(probe_of(name.split()[0]), at, login)


PLACES = 25


def spoilings(whole: bytes, spoil: str) -> Iterator[bytes]:
    """The same answer, spoilt at one place after the other."""
    for step in range(PLACES):
        place = step * len(whole) // PLACES
        after = whole[place + 1 :]
        yield whole[:place] + {"cut": b"", "high": b"\xff" + after, "zero": b"\0" + after}[spoil]


FLOOD = "\x1b[31m\r\n\u202e" + "A" * 20_000
WORDS = b"\xff\x10\x04" + FLOOD.encode()


@pytest.mark.parametrize(
    ("protocol", "login", "talk"),
    [
        ("mariadb", STRANGER, greets(len(WORDS).to_bytes(3, "little") + b"\0" + WORDS)),
        ("mariadb", HIVE, greets(len(WORDS).to_bytes(3, "little") + b"\0" + WORDS)),
        ("postgresql", STRANGER, answers(refusal("57P03", FLOOD))),
    ],
)
def test_words_of_a_server_cannot_fill_or_fool_the_terminal(serve, protocol, login, talk):
    well, says = well_and_says(probe_of(protocol), serve(talk), login, seconds=1)
    assert well is False
    assert "AAAA" in says
