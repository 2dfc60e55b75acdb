"""Ways into a lab that is up: a shell, a log, an environment."""

from __future__ import annotations

from collections.abc import Sequence

from gti.errors import Misused, Unhealthy
from gti.lab.real.container import Container
from gti.lab.real.hosts import HOSTS, LabHost
from gti.lab.real.place import Place
from gti.site.find import platform


def ssh_arguments(place: Place, word: str, command: Sequence[str]) -> list[str]:
    host = _host(word)
    Container(place, host).must_run()
    options = {
        "UserKnownHostsFile": str(place.known_hosts),
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "HostKeyAlias": host.name,
    }
    said = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", "-i", str(place.key), *said, f"datalake@{host.address}", *command]


def log_arguments(place: Place, service_name: str, lines: int, follow: bool) -> list[str]:
    (service, *_) = platform().select_services([service_name])
    host = _host(service.host.alias)
    Container(place, host).must_run()
    # Debian's postgresql.service is a shell around postgresql@15-main.
    unit = "postgresql@*" if service.unit == "postgresql" else str(service.unit)
    journal = ["journalctl", "--no-pager", "--unit", unit, "--lines", str(lines)]
    return [*Container(place, host).entering, *journal, *(["--follow"] if follow else [])]


def environment(place: Place) -> dict[str, str]:
    if not place.site_file.exists():
        raise Unhealthy("there is no real lab on this machine", next=["gti lab up --real"])
    return {"GTI_SITE": str(place.site_file)}


def _host(word: str) -> LabHost:
    for host in HOSTS:
        if word in (host.alias, host.name, host.address, host.container):
            return host
    raise Misused(f"'{word}' is no host of the lab", details=[("hosts", ", ".join(host.alias for host in HOSTS))])
