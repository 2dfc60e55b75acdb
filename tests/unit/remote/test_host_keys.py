"""A host is who known_hosts says it is, or nobody talks to it."""

import base64
import subprocess

import pytest

from gti.remote.command import Command
from gti.remote.remote import Remote
from gti.remote.trust import ChangedHostKey, UnknownHostKey, remember
from gti.site.known_hosts import HostKey
from tests.sshd import Sshd, keygen

TRUE = Command(("true",))


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def run(site):
        with Remote(site) as remote:
            return remote.run(site.hosts[0], TRUE, seconds=10).code

    return run


def fingerprint(public) -> str:
    return subprocess.run(["ssh-keygen", "-lf", public], capture_output=True, text=True).stdout.split()[1]


def test_an_unknown_key_is_refused_and_nothing_is_written(run, site_of, sshd):
    site = site_of(sshd, known_hosts="")
    with pytest.raises(UnknownHostKey) as refused:
        run(site)
    said = "\n".join(refused.value.lines())
    assert fingerprint(sshd.host_key("ed25519").with_suffix(".pub")) in said
    assert "gti site trust box" in said
    assert site.known_hosts.read_text() == ""


def test_a_changed_key_is_refused_with_both_fingerprints(run, site_of, sshd, tmp_path):
    other = keygen(tmp_path / "other").with_suffix(".pub")
    kind, key, _ = other.read_text().split()
    with pytest.raises(ChangedHostKey) as refused:
        run(site_of(sshd, known_hosts=f"[127.0.0.1]:{sshd.port} {kind} {key}\n"))
    said = "\n".join(refused.value.lines())
    assert fingerprint(other) in said
    assert "gti site trust box --replace" in said
    assert fingerprint(sshd.host_key("ed25519").with_suffix(".pub")) in said


def test_a_revoked_key_is_refused(run, site_of, sshd):
    line = sshd.known_hosts_line("127.0.0.1")
    with pytest.raises(ChangedHostKey, match="revoked"):
        run(site_of(sshd, known_hosts=f"{line}@revoked {line}"))


def test_a_key_that_is_known_under_the_address_will_do(run, site_of, sshd):
    keys = f'name = "box.invalid", address = "127.0.0.1", port = {sshd.port}'
    assert run(site_of(sshd, keys=keys)) == 0


def test_a_right_address_does_not_excuse_a_wrong_name(run, site_of, sshd, tmp_path):
    kind, key, _ = keygen(tmp_path / "other").with_suffix(".pub").read_text().split()
    lines = f"[box.invalid]:{sshd.port} {kind} {key}\n" + sshd.known_hosts_line("127.0.0.1")
    keys = f'name = "box.invalid", address = "127.0.0.1", port = {sshd.port}'
    with pytest.raises(ChangedHostKey):
        run(site_of(sshd, known_hosts=lines, keys=keys))


def test_a_hashed_name_is_understood(run, site_of, sshd):
    site = site_of(sshd)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", site.known_hosts], check=True, capture_output=True)
    hashed = site.known_hosts.read_text()
    assert "127.0.0.1" not in hashed
    assert run(site) == 0
    assert site.known_hosts.read_text() == hashed


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_the_server_is_asked_for_the_kind_of_key_that_is_on_record(run, site_of, tmp_path, kind):
    several = Sshd(tmp_path, config=(f"HostKey {tmp_path}/host_{kind}",))
    several.host_key(kind)
    with several:
        assert run(site_of(several, known_hosts=several.known_hosts_line("127.0.0.1", kind=kind))) == 0


def test_a_key_that_is_replaced_goes_and_everything_else_stays(tmp_path):
    file = tmp_path / "known_hosts"
    real = tmp_path / "elsewhere"
    file.symlink_to(real)

    key = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
    real.write_text(
        f"# ours\nbox,other ssh-ed25519 {key}\n@revoked box ssh-ed25519 {key}\nbox ssh-ed25519 {key}\n"
    )
    remember(file, ["box"], HostKey("ssh-ed25519", b"new"), None, replace=True)
    assert real.read_text().splitlines() == [
        "# ours",
        f"other ssh-ed25519 {key}",
        f"@revoked box ssh-ed25519 {key}",
        "box ssh-ed25519 bmV3",
    ]
    assert file.is_symlink()
