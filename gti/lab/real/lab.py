"""The real lab as a whole: up, down and destroyed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from gti.errors import Misused
from gti.lab.real import machine, making
from gti.lab.real.document import write
from gti.lab.real.furnish import script
from gti.lab.real.hosts import HOSTS, LabHost
from gti.lab.real.making import State
from gti.lab.real.network import remove_bridge
from gti.lab.real.place import Place
from gti.lab.real.rack import Rack
from gti.lab.real.vault import Vault

Tell = Callable[[str], None]


class RealLab:
    def __init__(self, place: Place, tell: Tell) -> None:
        self.place = place
        self.tell = tell
        self.rack = Rack(place, tell)

    @property
    def state(self) -> State | None:
        return making.remembered(self.place)

    def up(self, only: Sequence[str] = ()) -> float:
        """All hosts, or those of `only` with what they need. The seconds it took."""
        started = time.monotonic()
        machine.check()
        wanted = hosts_of(only)
        with machine.alone(self.place.lock, self.tell):
            state = self.state or making.make(self.place, wanted, self.tell)
            _refuse_strangers(state, wanted)
            if set(self.rack.running(wanted)) != set(wanted):
                self.rack.start(wanted)
            write(self.place.site_file, self.place, self.rack.running(HOSTS))
            self.rack.wait_until_well(wanted)
            if state.fresh:
                self._first_day(state, wanted)
        return time.monotonic() - started

    def _first_day(self, state: State, wanted: Sequence[LabHost]) -> None:
        """What must be young: Kafka forgets old messages and groups by the clock."""
        secrets = Vault(self.place.secrets).values()
        for host in wanted:
            if text := script(host, "first-day.sh", secrets):
                self.tell(f"filling {host.alias}")
                self.rack.container(host).sh(text)
        self.rack.wait_until_well(wanted)
        making.remember(self.place, replace(state, fresh=not set(state.hosts) <= set(wanted)))

    def wait_until_well(self) -> None:
        """All that runs."""
        if running := self.rack.running(HOSTS):
            self.rack.wait_until_well(running)

    def down(self) -> float:
        started = time.monotonic()
        machine.check()
        with machine.alone(self.place.lock, self.tell):
            self.rack.stop(self.rack.running(HOSTS))
            remove_bridge()
        return time.monotonic() - started

    def destroy(self) -> None:
        """Nothing of the lab stays on this machine but the cache, from which the next one is made."""
        machine.check()
        with machine.alone(self.place.lock, self.tell):
            self.rack.kill(HOSTS)
            remove_bridge()
            shutil.rmtree(self.place.home, ignore_errors=True)
            self.place.site_file.unlink(missing_ok=True)


def hosts_of(only: Sequence[str]) -> tuple[LabHost, ...]:
    """Those of some components, hosts or services of the platform, and those that they need."""
    from gti.site.find import platform
    from gti.status.look import with_needs

    site = platform()
    services = with_needs(site, site.select_services(only))
    aliases = {service.host.alias for service in services}
    return tuple(host for host in HOSTS if host.alias in aliases)


def _refuse_strangers(state: State, wanted: Sequence[LabHost]) -> None:
    absent = [host.alias for host in wanted if host not in state.hosts]
    if absent:
        has = [host.alias for host in state.hosts]
        raise Misused(
            f"this lab was made without {', '.join(absent)}",
            details=[("it has", ", ".join(has))],
            next=[f"gti lab up --real --only {','.join(has)}", "gti lab destroy"],
        )
