"""Whether this machine can carry the real lab, and one gti at a time that changes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gti.errors import Exit, GtiError, Refused
from gti.lab.real.base import SUITE
from gti.lab.real.shell import run

Tell = Callable[[str], None]

# The command that shows a package to be there, and the package.
TOOLS = {
    "debootstrap": "debootstrap",
    "lxc-start": "lxc",
    "ip": "iproute2",
    "nft": "nftables",
    "mvn": "maven",
    "tar": "tar",
    "ssh-keygen": "openssh-client",
}


class Busy(GtiError):
    """Another gti has the lab in hand."""

    exit = Exit.LOCKED


def check() -> None:
    """Raises Refused where the real lab cannot be."""
    missing = []
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        missing.append("root")
    if _os_release().get("VERSION_CODENAME") != SUITE:
        missing.append("Debian 12")
    if missing:
        raise Refused(
            f"the real lab needs {' and '.join(missing)}: it makes containers of Debian 12 with systemd",
            details=[("instead", "the embedded lab needs neither: gti lab up")],
        )


def _os_release() -> dict[str, str]:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs}


def install_tools(tell: Tell) -> None:
    """What is not there already, from this machine's own Debian packages."""
    packages = [package for command, package in TOOLS.items() if shutil.which(command) is None]
    if not packages:
        return
    tell(f"installing {', '.join(packages)} on this machine (usually 30 s)")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    run(["apt-get", "-q", "update"], env=env)
    run(["apt-get", "-q", "-y", "--no-install-recommends", "install", *packages], env=env)


@contextmanager
def alone(lock: Path, tell: Tell, patience: float = 3600) -> Iterator[None]:
    """Only one gti changes the lab of this machine; the others wait for it."""
    with lock.open("a+") as file:
        _take(file.fileno(), lock, tell, patience)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(descriptor: int, lock: Path, tell: Tell, patience: float) -> None:
    ends, told = time.monotonic() + patience, False
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read_text().strip()
            if time.monotonic() > ends:
                raise Busy(f"another gti (process {holder}) has had the lab in hand for {patience:g} s") from None
            if not told:
                tell(f"waiting for another gti (process {holder}) that has the lab in hand")
                told = True
            time.sleep(0.2)
