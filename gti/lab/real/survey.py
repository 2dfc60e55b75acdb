"""What there is of the lab: containers, their memory, what they serve, and how that differs from the platform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gti.lab.real.container import Container
from gti.lab.real.faults.catalogue import Breakage
from gti.lab.real.hosts import HOSTS, LabHost
from gti.lab.real.making import RECIPES, State, is_current, remembered
from gti.lab.real.place import Place

DIFFERS = (
    "Trino is 476, the platform's lock is 478: no later one is published where its servers are taken from",
    "Gitea is 1.24.0, the platform's lock is 1.24.2: that one is withdrawn where its source is taken from",
)


@dataclass(frozen=True)
class HostSurvey:
    host: str
    name: str
    address: str
    state: str
    memory: int | None
    servers: str


@dataclass(frozen=True)
class Survey:
    state: str
    hosts: tuple[HostSurvey, ...]
    home: Path
    cache: Path
    site: Path | None
    current: bool
    differs: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def memory(self) -> int:
        return sum(host.memory or 0 for host in self.hosts)


def survey(place: Place) -> Survey:
    state = remembered(place)
    hosts = tuple(_host(place, host, state) for host in HOSTS)
    running = [host for host in hosts if host.state == "running"]
    if state is None:
        said = "not made"
    elif not running:
        said = "down"
    else:
        said = "up" if len(running) == len(state.hosts) else "partly up"
    broken = tuple(Breakage(place, lambda _: None).broken())
    current = state is not None and is_current(place, state)
    site = place.site_file if place.site_file.exists() else None
    return Survey(said, hosts, place.home, place.cache, site, current, DIFFERS if state else (), broken)


def _host(place: Place, host: LabHost, state: State | None) -> HostSurvey:
    container = Container(place, host)
    if state is None or host not in state.hosts:
        said = "absent"
    else:
        said = "running" if container.is_running() else "stopped"
    servers = ", ".join(str(RECIPES[name]) for name in host.layers if name not in ("debian", "openjdk", "jdk"))
    memory = container.memory() if said == "running" else None
    return HostSurvey(host.alias, host.name, host.address, said, memory, servers)
