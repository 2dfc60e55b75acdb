"""All faults, and which of them are broken now."""

from __future__ import annotations

import json
from collections.abc import Callable

from gti.errors import GtiError, Misused, Partly
from gti.lab.real import machine
from gti.lab.real.container import Container
from gti.lab.real.faults import hosts, metastore, minio, servers, storage, units
from gti.lab.real.faults.fault import DATA, Fault, Scene
from gti.lab.real.hosts import host_called
from gti.lab.real.place import Place, write_whole
from gti.site import Service, Site
from gti.site.find import platform
from gti.site.model import did_you_mean

Tell = Callable[[str], None]

FAULTS: dict[str, Fault] = {
    fault.name: fault for module in (units, hosts, storage, metastore, minio, servers) for fault in module.FAULTS
}


def component_of(fault: Fault) -> str:
    return platform().service(fault.service).component


class Breakage:
    """What is broken on purpose, remembered on disk before it is broken: whatever happens, it can be healed."""

    def __init__(self, place: Place, tell: Tell) -> None:
        self._place = place
        self._tell = tell
        self._file = place.home / "broken.json"

    def broken(self) -> dict[str, str]:
        """Each fault that is broken now, in the order of the breaking, and the service that it hit."""
        try:
            kept: dict[str, str] = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return kept

    def harm(self, name: str, on: str | None) -> Service:
        machine.check()
        with machine.alone(self._place.lock, self._tell):
            fault = fault_called(name)
            service = target(fault, on)
            Container(self._place, host_called(service.host.alias)).must_run()
            if name in self.broken():
                raise Misused(f"'{name}' is broken already", next=[f"gti lab heal {name}"])
            self._remember({**self.broken(), name: service.name})
            fault.harm(Scene(self._place, fault, service))
        return service

    def mend(self, names: list[str]) -> list[str]:
        """Those named, or all, the last broken first. Tries all, and then tells of those that failed."""
        machine.check()
        with machine.alone(self._place.lock, self._tell):
            broken = self.broken()
            chosen = [name for name in reversed(broken) if name in names or not names]
            for name in names:
                if fault_called(name).name not in broken:
                    self._tell(f"'{name}' is not broken")
            failures = [failure for name in chosen if (failure := self._mend(name, broken[name]))]
        if failures:
            raise Partly("not all is healed", details=failures, next=["gti lab heal", "gti lab destroy"])
        return chosen

    def _mend(self, name: str, service: str) -> tuple[str, str] | None:
        fault = FAULTS[name]
        scene = Scene(self._place, fault, platform().service(service))
        try:
            fault.mend(scene)
            scene.sh('rm -rf "$KEEP"')
        except GtiError as error:
            return name, "\n".join(error.lines())
        self._remember({one: hit for one, hit in self.broken().items() if one != name})
        return None

    def _remember(self, broken: dict[str, str]) -> None:
        write_whole(self._file, json.dumps(broken))


def fault_called(name: str) -> Fault:
    if name not in FAULTS:
        raise Misused(f"no fault is called '{name}'" + did_you_mean(name, FAULTS), next=["gti lab faults"])
    return FAULTS[name]


def target(fault: Fault, on: str | None) -> Service:
    """The service that is hit: of a host, its first."""
    site = platform()
    if on is None:
        return site.service(fault.service)
    if fault.on is None:
        raise Misused(
            f"'{fault.name}' hits {fault.service}, and nothing else", next=[f"gti lab break {fault.name}"]
        )
    allowed = targets(site, fault)
    found = site.select_services([on])
    for service in sorted(found, key=lambda service: service.name != on):  # `gitea` is a host too, and a component
        if service.name in allowed:
            return service
    raise Misused(f"'{fault.name}' cannot hit '{on}'", details=[("can hit", ", ".join(allowed))])


def targets(site: Site, fault: Fault) -> list[str]:
    if fault.on == "data":
        return [name for name in DATA if name in {service.name for service in site.services}]
    return [service.name for service in site.services]
