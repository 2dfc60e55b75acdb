"""Time and memory of `gti exec` on up to 200 hosts, which are 4 real SSH servers: python -m bench.fleet"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import ROOT
from bench.servers import servers, site

SERVERS = 4
SIZES = (25, 50, 100, 200)
ROUNDS = 3
LIMIT_TIME = 1.3  # seconds per host in the largest fleet, beside the best of the smaller ones
LIMIT_MEMORY = 2.0  # MB for each host more
MB = 1024  # ru_maxrss is in KiB on Linux


@dataclass(frozen=True)
class Run:
    hosts: int
    seconds: float
    megabytes: float

    @property
    def per_host(self) -> float:
        return self.seconds / self.hosts

    def __str__(self) -> str:
        took = f"{self.seconds:6.2f} s {self.per_host * 1000:6.1f} ms a host"
        return f"{self.hosts:4} hosts {took} {self.megabytes:6.1f} MB"


def main() -> None:
    with TemporaryDirectory() as name, servers(SERVERS, Path(name)) as found:
        sites = {size: site(Path(name), found, size) for size in SIZES}
        runs = [[_measured(size, file) for size, file in sites.items()] for _ in range(ROUNDS)]
    best = [min(of_one_size, key=lambda run: run.seconds) for of_one_size in zip(*runs, strict=True)]
    for run in best:
        print(run)
    _conclude(best)


def _measured(hosts: int, file: Path) -> Run:
    """One run and its peak of memory, which the system tells to whoever waits for a child."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GTI_SITE": str(file), "HOME": str(file.parent)}
    began = time.perf_counter()
    line = [sys.executable, "-m", "gti", "exec", "--on", "all", "--", "true"]
    gti = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(gti.pid, 0)
    gti.returncode = os.waitstatus_to_exitcode(status)
    if gti.returncode:
        sys.exit(f"gti failed on {hosts} hosts with exit {gti.returncode}")
    return Run(hosts, time.perf_counter() - began, used.ru_maxrss / MB)


def _conclude(runs: list[Run]) -> None:
    *smaller, largest = runs
    growth = largest.per_host / min(run.per_host for run in smaller)
    memory = (largest.megabytes - runs[0].megabytes) / (largest.hosts - runs[0].hosts)
    kept = [_told("time per host", growth, LIMIT_TIME, "×"), _told("memory per host", memory, LIMIT_MEMORY, "MB")]
    if not all(kept):
        sys.exit(1)


def _told(what: str, measured: float, limit: float, unit: str) -> bool:
    print(
        f"{what:<16}{measured:6.2f} {unit}  limit {limit:.2f} {unit}  {'kept' if measured <= limit else 'BROKEN'}"
    )
    return measured <= limit


if __name__ == "__main__":
    main()
