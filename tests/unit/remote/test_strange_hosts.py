"""Hosts that accept and never answer, that close at once, that talk nonsense, that are busy."""

import socket
import threading
import time

import pytest

from gti.remote.command import Command
from gti.remote.remote import Remote
from gti.remote.ssh import CannotConnect
from gti.site.find import find
from tests.sshd import site_text

TRUE = Command(("true",))


@pytest.fixture
def site_at(sshd, tmp_path, home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def make(port: int, timeout: str = "1s"):
        known = tmp_path / "known"
        known.write_text(sshd.known_hosts_line("127.0.0.1").replace(str(sshd.port), str(port)))
        text = site_text(known, sshd.client_key, {"box": f'name = "127.0.0.1", port = {port}'})
        file = tmp_path / "box.toml"
        file.write_text(text.replace("[sites.test]", f'[sites.test]\nconnect_timeout = "{timeout}"', 1))
        return find(str(file))

    return make


def run(site, seconds=None):
    with Remote(site) as remote:
        return remote.run(site.hosts[0], TRUE, seconds)


def close_at_once(visitor):
    visitor.close()


def say_nothing(visitor):
    visitor.recv(10**6)
    threading.Event().wait(30)


def say_http(visitor):
    visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
    visitor.close()


def talk_nonsense(visitor):
    visitor.sendall(b"SSH-2.0-strange\r\n" + bytes(range(256)) * 64)
    visitor.close()


@pytest.mark.parametrize("receive", [close_at_once, say_nothing, say_http, talk_nonsense])
@pytest.mark.parametrize("seconds", [None, 300])
def test_it_costs_the_connect_time_out_at_most_and_is_an_error_of_the_host(door, site_at, receive, seconds):
    began = time.monotonic()
    with pytest.raises(CannotConnect, match="cannot reach box"):
        run(site_at(door(receive)), seconds)
    assert time.monotonic() - began < 4


def test_a_busy_sshd_is_knocked_at_again(door, site_at, sshd):
    visits = []

    def turn_two_away(visitor):
        visits.append(visitor)
        if len(visits) <= 2:
            visitor.close()
            return
        with visitor, socket.create_connection(("127.0.0.1", sshd.port)) as inside:
            back = threading.Thread(target=pour, args=(inside, visitor), daemon=True)
            back.start()
            pour(visitor, inside)

    def pour(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    assert run(site_at(door(turn_two_away), "5s")).code == 0
    assert len(visits) == 3
