"""A fault: what it does to the platform, what an operator sees of it, and how it is undone."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from textwrap import dedent
from typing import Literal

from gti.lab.real.container import Container
from gti.lab.real.hosts import LabHost, host_called
from gti.lab.real.place import Place
from gti.lab.real.vault import Vault
from gti.site import Service

# What a script of a fault knows. What it takes away it puts into $KEEP, and heals from there.
PRELUDE = """
KEEP=/var/lib/gti-fault/{name}
UNIT={unit}
PROCESS={process}
mkdir -p "$KEEP"
"""

# Where each kind of server keeps what it must not lose.
DATA = {
    "mariadb": "/var/lib/mysql",
    "minio": "/data/minio",
    "kafka": "/opt/kafka/logs",
    "trino": "/opt/trino/data",
    "spark-worker": "/opt/spark/work",
    "airflow-scheduler": "/opt/airflow/logs",
    "gitea": "/var/lib/gitea",
}


@dataclass(frozen=True)
class Scene:
    """Where one fault happens."""

    place: Place
    fault: Fault
    service: Service

    @property
    def host(self) -> LabHost:
        return host_called(self.service.host.alias)

    @property
    def container(self) -> Container:
        return Container(self.place, self.host)

    @property
    def unit(self) -> str:
        return str(self.service.unit)

    @property
    def process(self) -> str:
        """The unit that has the process: Debian's postgresql.service is a shell around it."""
        return "postgresql@15-main" if self.unit == "postgresql" else self.unit

    @property
    def data(self) -> str:
        return DATA[self.service.name]

    @cached_property
    def secrets(self) -> dict[str, str]:
        return Vault(self.place.secrets).values()

    def sh(self, script: str, on: str | None = None) -> str:
        """As root on the host of the service, or on another one."""
        container = Container(self.place, host_called(on)) if on else self.container
        begin = PRELUDE.format(
            name=shlex.quote(self.fault.name), unit=shlex.quote(self.unit), process=shlex.quote(self.process)
        )
        return container.sh(begin + dedent(script), seconds=120)


Deed = Callable[[Scene], None]
Targets = Literal["services", "hosts", "data"]


@dataclass(frozen=True)
class Fault:
    """`service` is the one that is hit, unless --on says another; `on` tells what that may be."""

    name: str
    service: str
    symptom: str
    harm: Deed
    mend: Deed
    on: Targets | None = None


def shell(script: str) -> Deed:
    """A deed that is a script on the host of the service."""

    def do(scene: Scene) -> None:
        scene.sh(script)

    return do
