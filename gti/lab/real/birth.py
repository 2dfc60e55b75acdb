"""The first life of a lab: set up, filled, stopped and kept, so that every later one begins with it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from gti.lab.real.furnish import furnish, script
from gti.lab.real.hosts import DOMAIN, HOSTS, LabHost, host_called
from gti.lab.real.place import Place
from gti.lab.real.rack import Rack
from gti.lab.real.shell import run
from gti.lab.real.vault import Vault

# Content that one host alone cannot hold, in the order of its making: which host runs it, and which must be there.
CONTENT = (
    ("spark", ("db-hive", "minio", "spark")),
    ("superset", ("db-hive", "minio", "spark", "trino", "superset")),
    ("airflow", ("airflow",)),
    ("gitea", ("gitea",)),
)


def key_of(hosts: Sequence[LabHost], keys: Mapping[str, str]) -> str:
    """Changes with whatever goes into a lab: its layers, its files, its hosts."""
    sum_ = hashlib.sha256()
    for host in hosts:
        sum_.update(repr((host, [keys[name] for name in host.layers])).encode())
    here = resources.files("gti.lab.real")
    for folder in ("machines", "content"):
        _add(sum_, here / folder)
    for module in ("birth.py", "furnish.py", "vault.py"):
        sum_.update((here / module).read_bytes())
    return sum_.hexdigest()[:16]


def _add(sum_: hashlib._Hash, entry: Traversable) -> None:
    if entry.is_dir():
        for inner in sorted(entry.iterdir(), key=lambda inner: inner.name):
            if inner.name != "__pycache__":
                _add(sum_, inner)
    elif entry.is_file():
        sum_.update(entry.name.encode() + b"\0" + entry.read_bytes())


def make(place: Place, hosts: Sequence[LabHost], layers: dict[str, Path], rack: Rack) -> None:
    """Fills the empty home of a lab, and leaves its containers stopped."""
    prepare(place, hosts)
    secrets = Vault(place.secrets).values()
    for host in hosts:
        container = rack.container(host)
        below = [layers[name] for name in host.layers]
        furnish(container, below, own_files(place, host), secrets)
        container.configure(below)
    rack.start(hosts)
    rack.each("setting up", hosts, lambda host: _run(rack, host, "setup.sh", secrets))
    rack.wait_until_well(hosts)
    present = {host.alias for host in hosts}
    for alias, needs in CONTENT:
        if present.issuperset(needs):
            rack.tell(f"filling {alias}")
            _run(rack, host_called(alias), "content.sh", secrets)
    rack.stop(hosts)


def _run(rack: Rack, host: LabHost, name: str, secrets: dict[str, str]) -> None:
    if text := script(host, name, secrets):
        rack.container(host).sh(text, seconds=600)


def prepare(place: Place, hosts: Sequence[LabHost]) -> None:
    """Keys, names and secrets."""
    place.home.mkdir(parents=True, exist_ok=True)
    place.home.chmod(0o700)
    Vault(place.secrets).fill()
    place.key.parent.mkdir(exist_ok=True)
    _new_key(place.key, f"datalake@{DOMAIN}")
    lines = []
    for host in hosts:
        file = host_key(place, host)
        _new_key(file, host.name)
        kind, key, *_ = file.with_suffix(".pub").read_text().split()
        lines.append(f"{host.name},{host.address} {kind} {key}\n")
    place.known_hosts.write_text("".join(lines))
    place.hosts_file.write_text(names(hosts))


def host_key(place: Place, host: LabHost) -> Path:
    return place.key.parent / f"{host.alias}_host_key"


def _new_key(file: Path, comment: str) -> None:
    if not file.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file)])


def names(hosts: Sequence[LabHost]) -> str:
    return "".join(f"{host.address} {host.name} {host.alias}\n" for host in hosts)


def own_files(place: Place, host: LabHost) -> dict[str, str]:
    """What no other lab has."""
    key = host_key(place, host)
    return {
        "etc/hostname": f"{host.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n{names(HOSTS)}",
        "etc/ssh/ssh_host_ed25519_key": key.read_text(),
        "etc/ssh/ssh_host_ed25519_key.pub": key.with_suffix(".pub").read_text(),
        "home/datalake/.ssh/authorized_keys": place.key.with_suffix(".pub").read_text(),
    }


def inherit(born: Place, place: Place) -> None:
    """The keys, names and secrets of the first life, for a new one."""
    place.home.mkdir(parents=True, exist_ok=True)
    place.home.chmod(0o700)
    for entry in (born.secrets, born.key.parent):
        shutil.copytree(entry, place.home / entry.name, dirs_exist_ok=True)
    for file in (born.known_hosts, born.hosts_file):
        shutil.copy2(file, place.home / file.name)


def keep(part: Path, whole: Path) -> None:
    """Only now is it there for others to begin with."""
    os.sync()
    part.rename(whole)
