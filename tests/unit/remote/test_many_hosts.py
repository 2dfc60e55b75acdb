"""Many connections begin at the same moment, and none takes anything from another."""

import sys
from pathlib import Path

import pytest

from gti.remote.command import Command
from gti.remote.fanout import fan_out
from gti.remote.remote import Remote
from gti.site import Host, Site
from tests.sshd import Sshd


@pytest.fixture
def impatient():
    """Threads interrupt each other wherever they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_hosts_asked_at_once_give_their_own_answers(tmp_path: Path, monkeypatch, sshd: Sshd, impatient):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Sshd(tmp_path / "other", environment={"GTI_WHO": "other"}) as other:
        known = tmp_path / "known_hosts"
        known.write_text(sshd.known_hosts_line() + other.known_hosts_line())
        hosts = tuple(
            Host(f"h{number}", at.address, port=at.port, key=at.client_key)
            for number, at in enumerate([sshd, other] * 4)
        )
        with Remote(Site("fleet", hosts, (), known_hosts=known, connect_timeout=30)) as remote:
            who = Command(("sh", "-c", "echo ${GTI_WHO-first}"))
            answers = list(fan_out(hosts, lambda host: remote.run(host, who).stdout, parallel=8))
    assert [answer.error for answer in answers] == [None] * 8
    assert [answer.value for answer in answers] == [b"first\n", b"other\n"] * 4
