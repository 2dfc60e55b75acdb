"""All containers of a lab at once: started, stopped, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

from gti.errors import GtiError, Unhealthy
from gti.lab.real.artifacts.cache import WAKE
from gti.lab.real.container import Container
from gti.lab.real.document import NAME, site_of, write
from gti.lab.real.hosts import LabHost
from gti.lab.real.network import make_bridge
from gti.lab.real.place import Place

Tell = Callable[[str], None]

STOPPING = 10  # seconds a container has to stop by itself
WELL = 240  # seconds all services have to become well


class Rack:
    def __init__(self, place: Place, tell: Tell) -> None:
        self.place = place
        self.tell = tell

    def container(self, host: LabHost) -> Container:
        return Container(self.place, host)

    def running(self, hosts: Sequence[LabHost]) -> list[LabHost]:
        return [host for host in hosts if self.container(host).is_running()]

    def start(self, hosts: Sequence[LabHost]) -> None:
        make_bridge()
        self.each("starting", hosts, self._start)

    def _start(self, host: LabHost) -> None:
        container = self.container(host)
        if not container.is_running():
            container.sweep()
        container.start()
        container.wait_for_systemd()

    def stop(self, hosts: Sequence[LabHost]) -> None:
        def stop(host: LabHost) -> None:
            self.container(host).stop(STOPPING)
            self.container(host).sweep()

        self.each("stopping", hosts, stop)

    def each(self, doing: str, hosts: Sequence[LabHost], work: Callable[[LabHost], object]) -> None:
        """Side by side; all are tried before the first failure is told."""
        self.tell(f"{doing} {', '.join(host.alias for host in hosts)}")
        with ThreadPoolExecutor(len(hosts) or 1) as pool:
            futures = {host.alias: pool.submit(work, host) for host in hosts}
            while wait(futures.values(), WAKE).not_done:
                pass
        for alias, future in futures.items():
            if (error := future.exception()) is not None:
                if isinstance(error, GtiError):
                    error.what = f"{doing} {alias}: {error.what}"
                raise error

    def kill(self, hosts: Sequence[LabHost]) -> None:
        for host in hosts:
            self.container(host).kill()
        for group in Path("/sys/fs/cgroup").glob("*/lxc.pivot"):  # made by LXC, and removed by nobody
            with suppress(OSError):  # containers that are not ours run beside the lab
                group.rmdir()

    def wait_until_well(self, hosts: Sequence[LabHost]) -> None:
        """Until `gti status` would say so. Tells each service when it has come up."""
        from gti.remote.remote import Remote
        from gti.secrets import Masker, Secrets
        from gti.status.look import look

        write(self.place.own_site_file, self.place, hosts)
        site, secrets = site_of(self.place.own_site_file), Secrets(Masker())
        started, told = time.monotonic(), set[str]()
        with Remote(site) as remote:
            while (passed := time.monotonic() - started) < WELL:
                seen = look(site, remote, secrets)
                well = [verdict.service.name for verdict in seen.verdicts if verdict.health == "ok"]
                for name in well:
                    if name not in told and passed > 3:
                        self.tell(f"  {name} is well after {passed:.0f} s")
                told.update(well)
                if len(well) == len(seen.verdicts):
                    return
        raise Unhealthy(
            f"the lab is not well after {WELL} s",
            details=[(cause.verdict.service.name, cause.verdict.what or "") for cause in seen.causes],
            next=[f"gti --site {NAME} status", "gti lab logs SERVICE"],
        )
