"""What the doctor makes of the workstation."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gti.doctor import workstation
from gti.doctor.keys import public_half
from gti.doctor.libraries import requirement
from gti.remote.keys import Keyring
from gti.site import Host, Site

KAFKA = Host("kafka", "kafka.gti.local", "192.0.2.34")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A workstation of its own: nobody's keys, nobody's agent."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    return tmp_path


def write_key(file: Path, passphrase: bytes | None = None) -> Path:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    file.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock))
    file.chmod(0o600)
    return file


def looked_at(file: Path):
    return workstation.key(file, Keyring(ask=None))


def test_an_old_python_is_an_error():
    assert workstation.python((3, 11, 2)).health == "ok"
    old = workstation.python((3, 10, 9))
    assert (old.health, old.what) == ("error", "Python 3.10.9, and gti needs 3.11")


@pytest.mark.parametrize(
    ("line", "health"),
    [
        ("click<9,>=8", "ok"),
        ("click (<9,>=8)", "ok"),
        ("click>=99", "warning"),
        ("click!=1.0", "ok"),
        ("no-such-library>=1", "error"),
    ],
)
def test_libraries_are_held_against_what_gti_requires(line, health):
    check = workstation.library(requirement(line))
    assert check.health == health
    assert ("pip install" in check.mend) == (health != "ok")


@pytest.mark.parametrize(
    ("installed", "fits"), [("8.2", True), ("8.10.1", True), ("9.0", False), ("8.1.8", False), ("9rc1", False)]
)
def test_versions_are_compared_as_numbers(installed, fits):
    assert requirement("click>=8.2.0,<9").allows(installed) is fits


def test_a_key_with_a_passphrase_is_as_well_as_one_without(home):
    assert looked_at(write_key(home / "open")).what.endswith("(ssh-ed25519, no passphrase)")
    assert looked_at(write_key(home / "locked", b"secret")).what.endswith("locked has a passphrase")


def test_a_key_that_is_not_there_is_an_error(home):
    assert looked_at(home / "gone").what == f"the key {home / 'gone'} does not exist"


def test_a_file_that_is_no_key_is_an_error(home):
    (home / "letter").write_text("Dear operator,\n")
    assert looked_at(home / "letter").health == "error"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_key_that_others_can_read_is_mended_by_chmod(home):
    file = write_key(home / "id")
    file.chmod(0o644)
    assert looked_at(file).mend == f"chmod 600 {file}"


def test_the_usual_keys_are_looked_at_where_the_site_names_none(home):
    usual = write_key(home / ".ssh" / "id_ed25519")
    named = Host("minio", "minio.gti.local", key=home / "own")
    assert workstation.key_files(Site("s", (KAFKA, named), ())) == [home / "own", usual]
    assert workstation.key_files(Site("s", (named,), ())) == [home / "own"]


def test_an_agent_is_only_missed_where_no_key_does_without():
    assert workstation.agent(is_needed=False).health == "ok"
    assert workstation.agent(is_needed=True).health == "warning"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="agents elsewhere have no socket file")
def test_an_agent_that_talks_nonsense_is_a_warning(home, monkeypatch):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "agent"))
        monkeypatch.setenv("SSH_AUTH_SOCK", str(home / "agent"))
        assert workstation.agent(is_needed=False).health == "ok"  # a stale socket file: nobody there
        listening.listen()
        monkeypatch.setattr("gti.remote.keys.AGENT_PATIENCE", 0.05)
        assert "no answer in time" in workstation.agent(is_needed=False).what


def test_the_public_half_comes_from_the_key_or_from_the_file_beside_it(home):
    key = write_key(home / "id")
    blob = paramiko.PKey.from_path(str(key)).asbytes()
    assert public_half(key) == blob
    locked = write_key(home / "locked", b"secret")
    assert public_half(locked) is None
    (home / "locked.pub").write_text(f"ssh-ed25519 {paramiko.PKey.from_path(str(key)).get_base64()} ana@laptop\n")
    assert public_half(locked) == blob


def test_a_host_that_nobody_vouched_for_is_mended_by_trust(home):
    file = home / "known_hosts"
    site = Site("s", (KAFKA, Host("minio", "minio.gti.local")), (), known_hosts=file)
    file.write_text(
        "192.0.2.34 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzgBd2TUFsRTDRhHhFqrNzTzZAlmwwV2dLoGCmaI9fk\n"
    )
    known, stranger = workstation.known_hosts(site)
    assert known.health == "ok"
    assert (stranger.health, stranger.mend) == ("warning", "gti site trust minio")


def test_known_hosts_that_cannot_be_read_is_an_error(home):
    (check,) = workstation.known_hosts(Site("s", (KAFKA,), (), known_hosts=home))
    assert check.health == "error"


def test_a_missing_known_hosts_knows_nobody(home):
    (check,) = workstation.known_hosts(Site("s", (KAFKA,), (), known_hosts=home / "none"))
    assert check.health == "warning"


@pytest.mark.parametrize(
    ("addresses", "health", "what"),
    [
        (("192.0.2.34",), "ok", "kafka.gti.local → 192.0.2.34"),
        (("198.51.100.9",), "warning", "kafka.gti.local → 198.51.100.9, and the site says 192.0.2.34"),
        ((), "warning", "kafka.gti.local does not resolve: 192.0.2.34 is used instead"),
    ],
)
def test_a_name_should_lead_to_the_address_of_the_site(addresses, health, what):
    check = workstation.name(KAFKA, addresses, server="192.0.2.30")
    assert (check.health, check.what) == (health, what)


def test_a_name_that_leads_nowhere_is_an_error_without_an_address():
    assert workstation.name(Host("x", "x.gti.local"), (), server=None).health == "error"


def test_a_site_file_with_errors_is_a_finding_with_its_line(home):
    file = home / "gti.toml"
    file.write_text('[sites.s]\nuzer = "datalake"\n')
    checks = workstation.examine(str(file), site=None)
    (found,) = [check for check in checks if check.topic == "site file"]
    assert found.health == "error"
    assert found.what.startswith(f"{file}:2: unknown key 'uzer'")


def test_what_one_mend_mends_is_told_once(home):
    file = home / "gti.toml"
    file.write_text('[sites.s]\nkey = "gone"\n[sites.s.hosts.a]\nname = "localhost"\nport = 2299\n')
    site = Site("s", (Host("a", "localhost", port=2299, key=home / "gone"),), (), file, home / ".ssh/known_hosts")
    topics = [
        check.topic for check in workstation.examine(str(file), site) if check.health in ("warning", "error")
    ]
    assert topics == ["keys", "agent", "known_hosts"]
