"""One container: its overlay root, its LXC configuration, and commands inside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gti.errors import Failed, Unhealthy
from gti.lab.real.hosts import BRIDGE, LabHost
from gti.lab.real.network import GATEWAY
from gti.lab.real.place import Place
from gti.lab.real.shell import run

CONFIG = """\
lxc.include = /usr/share/lxc/config/common.conf
lxc.arch = linux64
lxc.uts.name = {name}
lxc.rootfs.path = overlay:{lower}:{delta}
lxc.rootfs.options = rw
lxc.apparmor.profile = unconfined
lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed
lxc.signal.halt = SIGRTMIN+3
lxc.tty.max = 0
lxc.pty.max = 1024
lxc.net.0.type = veth
lxc.net.0.link = {bridge}
lxc.net.0.veth.pair = {veth}
lxc.net.0.flags = up
lxc.net.0.name = eth0
lxc.net.0.ipv4.address = {address}/24
lxc.net.0.ipv4.gateway = {gateway}
"""


@dataclass(frozen=True)
class Container:
    place: Place
    host: LabHost

    @property
    def name(self) -> str:
        return self.host.container

    @property
    def veth(self) -> str:
        """Its end of the cable on this machine: at most fifteen letters."""
        return f"gti{self.host.number}-lab"

    def configure(self, layers: Sequence[Path]) -> None:
        """`layers` from the bottom up."""
        folder = self.place.container(self.host)
        self.place.delta(self.host).mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(
            name=self.host.name,
            lower=":".join(str(layer) for layer in reversed(layers)),
            delta=self.place.delta(self.host),
            bridge=BRIDGE,
            veth=self.veth,
            address=self.host.address,
            gateway=GATEWAY,
        )
        (folder / "config").write_text(text)

    def start(self) -> None:
        if self.is_running():
            return
        log = self.place.container(self.host) / "lxc.log"
        log.unlink(missing_ok=True)
        try:
            run(["lxc-start", *self._named, "--logfile", str(log), "--logpriority", "ERROR"], seconds=60)
        except Failed as error:
            said = log.read_text(errors="replace").splitlines()[-10:] if log.exists() else []
            raise Failed(
                f"the container {self.name} does not start",
                details=[*error.details, *(("log", line) for line in said)],
                next=["gti lab down", "gti lab up --real"],
            ) from error

    def stop(self, patience: int) -> None:
        if self.is_running():
            run(["lxc-stop", *self._named, "--timeout", str(patience)], seconds=patience + 20)

    def kill(self) -> None:
        """At once, and all that a container which was killed leaves behind on this machine."""
        if self.is_running():
            run(["lxc-stop", *self._named, "--kill"], seconds=30)
        self.sweep()

    def is_running(self) -> bool:
        return self.pid() is not None

    def must_run(self) -> None:
        if not self.is_running():
            alias = self.host.alias
            raise Unhealthy(f"{alias} of the real lab does not run", next=[f"gti lab up --real --only {alias}"])

    def pid(self) -> int | None:
        """Of its systemd, as this machine sees it. None when it does not run."""
        told = subprocess.run(
            ["lxc-info", *self._named, "--no-humanize", "--pid"], capture_output=True, text=True
        ).stdout.strip()
        return int(told) if told.isdigit() and told != "-1" else None

    def memory(self) -> int | None:
        """Bytes its processes hold, without what is only cached for them."""
        for group in _cgroups(f"lxc.payload.{self.name}"):
            with suppress(OSError):  # it has just ended, or this is another controller's
                counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
                return int(counts.get("total_rss") or counts["anon"])
        return None

    def run(self, argv: Sequence[str], *, input: str | None = None, seconds: float = 300) -> str:
        """Inside, as root."""
        return run([*self.entering, *argv], input=input, seconds=seconds)

    def sh(self, script: str, *, seconds: float = 300) -> str:
        """A script inside, as root. It comes over stdin, so that nothing of it shows in a list of processes."""
        return self.run(["/bin/sh", "-eu", "-c", 'eval "$(cat)"'], input=script, seconds=seconds)

    @property
    def entering(self) -> list[str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables = ["--set-var", f"PATH={path}", "--set-var", "HOME=/root", "--set-var", "LC_ALL=C.UTF-8"]
        return ["lxc-attach", *self._named, "--clear-env", *variables, "--"]

    def in_network(self, argv: Sequence[str]) -> list[str]:
        """A command of this machine in the container's network."""
        return ["nsenter", "--target", str(self.pid()), "--net", "--", *argv]

    def wait_for_systemd(self, seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            asked = subprocess.run(
                [*self.entering, "systemctl", "is-system-running"], capture_output=True, text=True
            )
            if asked.stdout.strip() in ("running", "degraded", "starting"):
                return
            time.sleep(0.1)
        raise Failed(f"systemd in the container {self.name} did not come up in {seconds:g} s")

    def remove(self) -> None:
        shutil.rmtree(self.place.container(self.host), ignore_errors=True)

    def sweep(self) -> None:
        """What a container that was killed, or whose home is gone, leaves: processes, cgroups, its cable."""
        for kind in ("payload", "monitor"):
            for group in _cgroups(f"lxc.{kind}.{self.name}"):
                _end_processes(group)
                _remove_cgroup(group)
        if Path("/sys/class/net", self.veth).exists():
            with suppress(Failed):  # the kernel was quicker
                run(["ip", "link", "delete", self.veth])

    @property
    def _named(self) -> list[str]:
        return ["-P", str(self.place.containers), "-n", self.name]


def _cgroups(name: str) -> list[Path]:
    """Of both kinds: one tree for all, or one for each controller."""
    root = Path("/sys/fs/cgroup")
    places = [root, *(folder for folder in root.iterdir() if folder.is_dir())]
    # LXC adds a number to the name of one that is still taken.
    return [group for place in places for group in place.glob(f"{name}*") if group.is_dir()]


def _end_processes(group: Path) -> None:
    """Whoever is still in it belongs to a lab that nobody can reach any more."""
    ends = time.monotonic() + 5
    while pids := _processes_in(group):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > ends:
            return
        time.sleep(0.05)


def _processes_in(group: Path) -> list[int]:
    pids: list[int] = []
    for folder, _, _ in os.walk(group):  # which forgives folders that vanish meanwhile
        with suppress(OSError):
            pids += map(int, Path(folder, "cgroup.procs").read_text().split())
    return pids


def _remove_cgroup(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
