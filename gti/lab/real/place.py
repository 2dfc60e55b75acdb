"""Where the real lab keeps its things: one lab for each machine, since its network is one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gti.lab.real.hosts import LabHost


def write_whole(file: Path, text: str) -> None:
    """Whoever reads it meanwhile, or is killed, finds the old one or the new."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.rename(file)


@dataclass(frozen=True)
class Place:
    """`home` goes with the lab at `destroy`; `cache` stays, so that the next lab is quick."""

    home: Path
    cache: Path

    @classmethod
    def of_this_machine(cls) -> Place:
        cache = os.environ.get("GTI_LAB_CACHE") or Path(
            os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gti", "lab"
        )
        return cls(Path(os.environ.get("GTI_LAB_HOME") or "/var/lib/gti-lab"), Path(cache))

    @property
    def containers(self) -> Path:
        return self.home / "containers"

    def container(self, host: LabHost) -> Path:
        return self.containers / host.container

    def delta(self, host: LabHost) -> Path:
        """What the host has written since it was made."""
        return self.container(host) / "delta"

    @property
    def key(self) -> Path:
        return self.home / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.home / "known_hosts"

    @property
    def hosts_file(self) -> Path:
        return self.home / "hosts"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def own_site_file(self) -> Path:
        return self.home / "site.toml"

    @property
    def lock(self) -> Path:
        return Path("/run/lock/gti-lab.lock")

    @property
    def site_file(self) -> Path:
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(config) / "gti" / "lab-real.toml"
