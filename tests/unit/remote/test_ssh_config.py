"""What ~/.ssh/config says of the way to a host, and what is told when that way ends early."""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from gti.remote.command import Command
from gti.remote.remote import Remote
from gti.remote.ssh import CannotConnect, LoginRefused
from gti.site import Site
from tests.sshd import Sshd, keygen

TRUE = Command(("true",))


@pytest.fixture
def ssh_config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (home / ".ssh").mkdir(mode=0o700)
    return lambda text: (home / ".ssh" / "config").write_text(text) and None


@pytest.fixture
def silent():
    """A port that accepts (the kernel does) and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def run(site: Site) -> int:
    with Remote(site) as remote:
        return remote.run(site.hosts[0], TRUE, seconds=1.5).code


def gate(port: int, key: Path) -> str:
    return (
        f"Host gate\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {key}\nHost 127.0.0.1\n  ProxyJump gate\n"
    )


def test_a_user_that_only_the_configuration_names_is_the_one_who_logs_in(site_of, sshd, ssh_config):
    ssh_config("Host *\n  User nobody-at-all\n")
    with pytest.raises(LoginRefused, match="does not let nobody-at-all in"):
        run(site_of(sshd))


@pytest.mark.parametrize("word", ["ProxyJump", "ProxyCommand"])
def test_none_is_no_way_at_all(site_of, sshd, ssh_config, word):
    ssh_config(f"Host 127.0.0.1\n  {word} none\nHost *\n  {word} elsewhere.invalid\n")
    assert run(site_of(sshd)) == 0


def test_a_jump_host_that_lets_nobody_in_is_the_one_that_is_named(site_of, sshd, ssh_config, tmp_path):
    stranger = keygen(tmp_path / "stranger")
    ssh_config(gate(sshd.port, stranger))
    with pytest.raises(LoginRefused, match="gate, the way to box, does not let") as refused:
        run(site_of(sshd))
    assert str(stranger) in dict(refused.value.details)["tried"]


def test_a_jump_host_that_forbids_the_way_on_says_so(site_of, sshd, ssh_config, tmp_path):
    with Sshd(tmp_path / "strict", config=("AllowTcpForwarding no",)) as strict:
        ssh_config(gate(strict.port, strict.client_key))
        lines = sshd.known_hosts_line("127.0.0.1") + strict.known_hosts_line("127.0.0.1")
        with pytest.raises(CannotConnect, match="over SSH: administratively prohibited"):
            run(site_of(sshd, known_hosts=lines))


@pytest.mark.parametrize("way", ["ProxyJump 127.0.0.1:{silent}", "ProxyCommand cat"])
def test_a_way_that_leads_nowhere_costs_the_time_out_at_most(site_of, sshd, ssh_config, silent, way):
    ssh_config(f"Host box.invalid\n  {way.format(silent=silent)}\n")
    began = time.monotonic()
    with pytest.raises(CannotConnect):
        run(site_of(sshd, keys='name = "box.invalid"'))
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("command", ["false", "no-such-program %h"])
def test_a_proxy_command_that_does_not_work_is_named(site_of, sshd, ssh_config, command):
    ssh_config(f"Host box.invalid\n  ProxyCommand {command}\n")
    with pytest.raises(CannotConnect) as failed:
        run(site_of(sshd, keys='name = "box.invalid"'))
    assert command.split()[0] in dict(failed.value.details)["tried"]


@pytest.fixture
def dead():
    """A port that answers no knock at all, as behind a firewall: its queue is full."""
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            knock = open_ones.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_dead_host_behind_a_jump_host_costs_the_time_out_at_most(site_of, sshd, ssh_config, dead):
    ssh_config(gate(sshd.port, sshd.client_key))
    began = time.monotonic()
    with pytest.raises(CannotConnect, match="no answer in time"):
        run(site_of(sshd, keys=f'name = "127.0.0.1", port = {dead}'))
    assert time.monotonic() - began < 4
