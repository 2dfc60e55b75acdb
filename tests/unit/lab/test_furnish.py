"""What is laid over the hosts: complete, well-formed, and with secrets in files that their owner alone reads."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from gti.lab.real import furnish
from gti.lab.real.furnish import PLACEHOLDER, fill, script
from gti.lab.real.hosts import HOSTS
from gti.lab.real.vault import Vault

MACHINES = Path(furnish.__file__).with_name("machines")
SCRIPTS = sorted(MACHINES.rglob("*.sh"))


@pytest.fixture
def secrets(tmp_path):
    vault = Vault(tmp_path / "secrets")
    vault.fill()
    return vault.values()


def archive(host, secrets):
    return tarfile.open(fileobj=io.BytesIO(furnish._archive(host, {"etc/hostname": "x\n"}, secrets)))


def test_every_secret_that_a_file_asks_for_is_made(secrets):
    asked = {
        name for file in MACHINES.rglob("*") if file.is_file() for name in PLACEHOLDER.findall(file.read_text())
    }
    assert asked <= set(secrets)


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_no_placeholder_is_left_and_every_secret_is_its_owner_s_alone(host, secrets):
    with archive(host, secrets) as laid:
        for entry in laid.getmembers():
            if not entry.isfile():
                continue
            text = laid.extractfile(entry).read().decode()
            assert not PLACEHOLDER.search(text)
            if any(value in text for value in secrets.values()):
                assert entry.mode == 0o600, entry.name


def test_sudo_rights_are_those_of_the_documents_and_no_more(secrets):
    with archive(HOSTS[0], secrets) as laid:
        rights = laid.extractfile("etc/sudoers.d/datalake").read().decode()
    granted = [line for line in rights.splitlines() if line and not line.startswith("#")]
    assert granted == ["datalake ALL=(root) NOPASSWD: /usr/bin/systemctl, /bin/systemctl"]


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_scripts_are_such_that_a_shell_reads_them(file):
    checked = subprocess.run(["/bin/sh", "-n", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_a_secret_is_the_same_when_it_is_asked_for_again(tmp_path):
    vault = Vault(tmp_path / "secrets")
    vault.fill()
    first = vault.values()
    vault.fill()
    assert vault.values() == first
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in vault.folder.iterdir())
    assert len(set(first.values())) == len(first)


def test_a_host_without_a_script_has_none(secrets):
    assert script(HOSTS[0], "no-such.sh", secrets) is None
    assert fill("a@HIVE_DB_PASSWORD@b", {"HIVE_DB_PASSWORD": "-"}) == "a-b"
