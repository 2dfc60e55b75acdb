"""Ports that the workstation cannot reach, through the host's own SSH connection."""

import socket
import threading
from dataclasses import replace

import pytest

from gti.remote.remote import Remote
from gti.remote.resolve import Resolver
from gti.site import Endpoint, Host
from tests.sshd import Sshd


@pytest.fixture
def echo(door):
    """A server on the far side that sends everything back."""

    def mirror(visitor):
        with visitor:
            while data := visitor.recv(65536):
                visitor.sendall(data)

    return door(mirror)


def through(reach, data: bytes) -> bytes:
    with socket.create_connection((reach.address, reach.port), timeout=10) as connected:
        sender = threading.Thread(target=send, args=(connected, data))
        sender.start()
        received = b"".join(iter(lambda: connected.recv(65536), b""))
        sender.join()
    return received


def send(connected, data):
    connected.sendall(data)
    connected.shutdown(socket.SHUT_WR)


def test_bytes_go_through_both_ways_unchanged(remote, host, echo):
    data = bytes(range(256)) * 40_000
    assert through(remote.reach(Endpoint(host, echo, via="ssh")), data) == data


def test_the_reach_keeps_the_services_own_name_and_port(remote, host, echo):
    reach = remote.reach(Endpoint(host, echo, via="ssh"))
    assert (str(reach), reach.address) == (f"127.0.0.1:{echo}", "127.0.0.1")
    assert reach.port != echo


def test_an_endpoint_has_one_tunnel_for_the_whole_run(remote, host, echo):
    endpoint = Endpoint(host, echo, via="ssh")
    assert remote.reach(endpoint) == remote.reach(endpoint)


def test_a_port_where_nobody_listens_is_told_as_the_far_side_tells_it(remote, host):
    endpoint = Endpoint(host, 1, via="ssh")
    assert through(remote.reach(endpoint), b"") == b""
    assert "refused" in (remote.refusal(endpoint) or "")


def test_an_sshd_that_forbids_tunnels_is_told_as_the_reason(site_of, echo, tmp_path, home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    with Sshd(tmp_path / "strict", config=("AllowTcpForwarding no",)) as strict:
        site = site_of(strict)
        endpoint = Endpoint(site.hosts[0], echo, via="ssh")
        with Remote(site) as remote:
            assert through(remote.reach(endpoint), b"") == b""
            assert "AllowTcpForwarding" in (remote.refusal(endpoint) or "")


def test_after_the_run_nothing_listens_any_more(site, host, echo, home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    with Remote(site) as remote:
        reach = remote.reach(Endpoint(host, echo, via="ssh"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((reach.address, reach.port), timeout=5)


def test_a_name_that_leads_astray_is_found_out_where_the_address_answers(site, echo):
    lost = Host("lost", "lost.invalid", "127.0.0.1")
    with Remote(site, resolver=Resolver(lambda _: ["127.0.0.77"])) as remote:
        assert remote.reach(Endpoint(lost, echo)).address == "127.0.0.1"
        assert remote.reach(replace(Endpoint(lost, echo), port=1)).address == "127.0.0.77"
