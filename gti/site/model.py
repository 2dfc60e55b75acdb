"""Site, Host and Service: plain frozen values, with the order in which services start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal

from gti.errors import Misused

COMPONENTS = ("metastore", "minio", "kafka", "spark", "trino", "airflow", "superset", "gitea")

Via = Literal["direct", "ssh"]


@dataclass(frozen=True)
class Host:
    """One container. `name` is resolved first; `address` is the fallback."""

    alias: str
    name: str
    address: str | None = None
    port: int | None = None
    user: str | None = None
    key: Path | None = None
    container: int | None = None
    fingerprint: str | None = None

    def __str__(self) -> str:
        return self.alias

    @property
    def known_as(self) -> tuple[str, ...]:
        """The names under which known_hosts may have its key, the one that decides first."""
        return tuple(dict.fromkeys([self.name, *([self.address] if self.address else [])]))


@dataclass(frozen=True)
class Commands:
    """How to run a service that is no systemd unit: argument lists, as Spark's start-master.sh."""

    start: tuple[str, ...]
    stop: tuple[str, ...]
    status: tuple[str, ...]


@dataclass(frozen=True)
class Endpoint:
    """Where a service listens, and whether the workstation reaches it directly or through SSH."""

    host: Host
    port: int
    via: Via = "direct"
    tls: bool = False
    ca: Path | None = None

    def __str__(self) -> str:
        return f"{self.host.name}:{self.port}"


@dataclass(frozen=True)
class Service:
    """One process of the platform. `protocol` says in which language it answers; None asks only its unit."""

    name: str
    component: str
    host: Host
    protocol: str | None
    unit: str | None = None
    commands: Commands | None = None
    port: int | None = None
    web_port: int | None = None
    via: Via = "direct"
    tls: bool = False
    ca: Path | None = None
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    version: str | None = None
    user: str | None = None
    password: str | None = None
    database: str | None = None
    bucket: str | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(port for port in (self.port, self.web_port) if port is not None)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where its clients go; None when it listens nowhere (a scheduler)."""
        return self._at(self.port)

    @property
    def web_endpoint(self) -> Endpoint | None:
        return self._at(self.web_port)

    def _at(self, port: int | None) -> Endpoint | None:
        if port is None:
            return None
        return Endpoint(self.host, port, self.via, self.tls, self.ca)


@dataclass(frozen=True)
class Site:
    """Everything gti knows of one platform. Services are kept in the order in which they start."""

    name: str
    hosts: tuple[Host, ...]
    services: tuple[Service, ...]
    description: str = ""
    file: Path | None = None
    known_hosts: Path = Path("~/.ssh/known_hosts")
    hosts_file: Path | None = None
    connect_timeout: float = 5.0
    dns: str | None = None
    _by_name: dict[str, Service] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {service.name: service for service in self.services})

    def service(self, name: str) -> Service:
        return self._by_name[name]

    def services_on(self, host: Host) -> list[Service]:
        return [service for service in self.services if service.host == host]

    @property
    def components(self) -> list[str]:
        """The components this site has, in the order of the platform."""
        present = {service.component for service in self.services}
        return [name for name in COMPONENTS if name in present]

    def needed_by(self, service: Service) -> list[Service]:
        """Every service that is hurt, directly or not, when this one fails."""
        hurt = {service.name}
        for candidate in self.services:  # start order: needs come before their dependents
            if hurt.intersection(candidate.needs):
                hurt.add(candidate.name)
        return [other for other in self.services if other.name in hurt and other != service]

    def select_hosts(self, words: Sequence[str]) -> list[Host]:
        """Hosts by alias, name, address or container; components and services stand for their hosts."""
        if not words or "all" in words:
            return list(self.hosts)
        wanted = {host.alias for word in words for host in self._hosts_called(word)}
        return [host for host in self.hosts if host.alias in wanted]

    def select_services(self, words: Sequence[str]) -> list[Service]:
        """Services by name, component or host."""
        if not words or "all" in words:
            return list(self.services)
        wanted = {service.name for word in words for service in self._services_called(word)}
        return [service for service in self.services if service.name in wanted]

    def _hosts_called(self, word: str) -> list[Host]:
        hosts = [host for host in self.hosts if word in names_of(host)]
        return hosts or [service.host for service in self._services_called(word)]

    def _services_called(self, word: str) -> list[Service]:
        found = [
            service
            for service in self.services
            if word in (service.name, service.component) or word in names_of(service.host)
        ]
        if not found:
            raise self._unknown(word)
        return found

    def _unknown(self, word: str) -> Misused:
        known = [*(host.alias for host in self.hosts), *self.components, *self._by_name]
        return Misused(
            f"'{word}' is no host, component or service of the site '{self.name}'" + did_you_mean(word, known),
            next=["gti site show"],
        )


def names_of(host: Host) -> set[str]:
    """Everything an operator may call a host."""
    names = {host.alias, host.name}
    if host.address:
        names.add(host.address)
    if host.container is not None:
        names.add(str(host.container))
    return names


def did_you_mean(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f": did you mean '{close[0]}'?" if close else ""


def start_order(services: Iterable[Service]) -> list[Service]:
    """Needs first, otherwise in the order of the site file. Raises graphlib.CycleError."""
    by_name = {service.name: service for service in services}
    TopologicalSorter({name: service.needs for name, service in by_name.items()}).prepare()
    ordered: dict[str, Service] = {}
    waiting = list(reversed(by_name))
    while waiting:
        service = by_name[waiting[-1]]
        missing = [need for need in service.needs if need in by_name and need not in ordered]
        if missing:
            waiting += reversed(missing)
        else:
            ordered[waiting.pop()] = service
    return list(ordered.values())
