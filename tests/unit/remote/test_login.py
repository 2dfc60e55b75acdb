"""Who we are on a host: key files, the agent, passphrases, ~/.ssh/config, jump hosts."""

import os
import subprocess
import threading
from dataclasses import replace

import pytest

from gti.remote.command import Command
from gti.remote.fanout import fan_out
from gti.remote.remote import Remote
from gti.remote.ssh import CannotConnect, LoginRefused
from gti.remote.trust import UnknownHostKey
from tests.sshd import Sshd, keygen

TRUE = Command(("true",))


@pytest.fixture(autouse=True)
def operator(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (home / ".ssh").mkdir(mode=0o700)


@pytest.fixture
def ssh_config(home):
    def write(text: str) -> None:
        (home / ".ssh" / "config").write_text(text)

    return write


def run(site, ask=None) -> int:
    with Remote(site, ask=ask) as remote:
        return remote.run(site.hosts[0], TRUE, seconds=10).code


@pytest.fixture
def locked(sshd, tmp_path):
    """A key with a passphrase, which the host takes."""
    key = keygen(tmp_path / "locked", passphrase="open sesame")
    before = sshd.authorized_keys.read_text()
    sshd.authorized_keys.write_text(before + key.with_suffix(".pub").read_text())
    yield key
    sshd.authorized_keys.write_text(before)


def test_a_host_that_wants_none_of_our_keys_hears_which_were_tried(site_of, sshd, tmp_path):
    stranger = keygen(tmp_path / "stranger")
    with pytest.raises(LoginRefused) as refused:
        run(site_of(sshd, key=stranger))
    assert str(stranger) in "\n".join(refused.value.lines())


def test_a_key_file_that_is_not_there_is_named(site_of, sshd, tmp_path):
    with pytest.raises(LoginRefused) as refused:
        run(site_of(sshd, key=tmp_path / "nowhere"))
    assert f"{tmp_path}/nowhere (not there)" in "\n".join(refused.value.lines())


def test_a_passphrase_is_asked_for_once_however_often_the_key_is_used(site_of, sshd, locked):
    asked = []

    def ask(file):
        asked.append(file)
        return "open sesame"

    site = site_of(sshd, key=locked)
    with Remote(site, ask=ask) as remote:
        remote.run(site.hosts[0], TRUE)
        remote.disconnect(site.hosts[0])
        remote.run(site.hosts[0], TRUE)
    assert asked == [locked]


def test_a_wrong_passphrase_is_asked_for_again(site_of, sshd, locked):
    answers = iter(["wrong", "open sesame"])
    assert run(site_of(sshd, key=locked), ask=lambda _: next(answers)) == 0


def test_without_a_terminal_nobody_is_asked(site_of, sshd, locked):
    with pytest.raises(LoginRefused) as refused:
        run(site_of(sshd, key=locked))
    assert "no terminal to ask" in "\n".join(refused.value.lines())


def test_the_agents_keys_are_used(site_of, sshd, locked, tmp_path, monkeypatch):
    socket = str(tmp_path / "agent")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        add = {**os.environ, "SSH_ASKPASS": "/bin/true", "SSH_ASKPASS_REQUIRE": "never"}
        while subprocess.run(["ssh-add", "-q", sshd.client_key], env=add, capture_output=True).returncode:
            assert agent.poll() is None
        assert run(site_of(sshd, key=tmp_path / "nowhere")) == 0
    finally:
        agent.kill()
        agent.wait()


def test_what_the_site_does_not_say_comes_from_the_ssh_configuration(site_of, sshd, home, ssh_config):
    ssh_config(f"Host box.invalid\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.client_key}\n")
    site = site_of(sshd, keys='name = "box.invalid"', key=home / "nowhere")
    assert run(site) == 0


def test_an_identity_file_that_is_not_there_is_passed_over(site_of, sshd, ssh_config):
    ssh_config("Host *\n  IdentityFile ~/.ssh/none\n")
    assert run(site_of(sshd)) == 0


@pytest.fixture
def jump(tmp_path):
    with Sshd(tmp_path / "jump") as running:
        yield running


def behind(jump: Sshd, ssh_config, key) -> str:
    ssh_config(
        f"Host gate\n  HostName 127.0.0.1\n  Port {jump.port}\n  IdentityFile {jump.client_key}\n"
        f"Host 127.0.0.1\n  ProxyJump gate\n"
    )
    return jump.known_hosts_line("127.0.0.1")


def test_a_host_is_reached_through_its_jump_host(site_of, sshd, jump, ssh_config):
    line = behind(jump, ssh_config, sshd.client_key)
    assert run(site_of(sshd, known_hosts=sshd.known_hosts_line("127.0.0.1") + line)) == 0
    assert "Accepted publickey" in jump.log


def test_a_jump_host_that_nobody_vouched_for_is_refused(site_of, sshd, jump, ssh_config):
    behind(jump, ssh_config, sshd.client_key)
    with pytest.raises(UnknownHostKey):
        run(site_of(sshd))
    assert "Accepted publickey" not in jump.log


def test_a_proxy_command_carries_the_connection(site_of, sshd, ssh_config):
    relay = "import socket,sys,threading as t,os;s=socket.create_connection((sys.argv[1],int(sys.argv[2])));"
    relay += "t.Thread(target=lambda:[os.write(1,d) for d in iter(lambda:s.recv(9999),b'')],daemon=True).start();"
    relay += "[s.sendall(d) for d in iter(lambda:os.read(0,9999),b'')]"
    ssh_config(f'Host 127.0.0.1\n  ProxyCommand python3 -c "{relay}" %h %p\n')
    assert run(site_of(sshd)) == 0


def test_a_configuration_that_makes_no_sense_is_named(site_of, sshd, ssh_config):
    ssh_config("Match nonsense\n")
    with pytest.raises(Exception, match=r"\.ssh/config"):
        run(site_of(sshd))


def test_a_refused_connection_says_what_was_tried(site_of, sshd):
    with pytest.raises(CannotConnect) as failed:
        run(site_of(sshd, keys='name = "127.0.0.1", port = 1'))
    said = "\n".join(failed.value.lines())
    assert "connection refused" in said
    assert "gti status box" in said


def test_two_hosts_at_once_share_one_passphrase(site_of, sshd, locked):
    """Both have found the key locked; whoever is second finds it open."""
    asked = []

    def ask(file):
        asked.append(file)
        threading.Event().wait(0.3)  # long enough for the other to have logged in as far as it can
        return "open sesame"

    site = site_of(sshd, key=locked)
    box = site.hosts[0]
    hosts = [box, replace(box, alias="second")]
    with Remote(site, ask=ask) as remote:
        outcomes = list(fan_out(hosts, lambda host: remote.run(host, TRUE, seconds=20).code))
    assert [(outcome.value, outcome.error) for outcome in outcomes] == [(0, None), (0, None)]
    assert asked == [locked]
