"""The measurements behind every promise of speed: gti and its peers, side by side on the same machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Peer:
    """A command line, and what it needs in its environment."""

    name: str
    arguments: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)

    def seconds(self) -> float:
        """One run, from start to end. A peer that fails is no measure of anything."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | self.environment
        began = time.perf_counter()
        done = subprocess.run(
            self.arguments, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - began
        if done.returncode:
            sys.exit(f"{self.name} failed with exit {done.returncode}:\n{done.stdout}{done.stderr}")
        return took


def medians(peers: Sequence[Peer], rounds: int) -> list[float]:
    """Median seconds of each peer. They take turns: what disturbs the machine disturbs all of them."""
    for peer in peers:
        peer.seconds()  # warm: bytecode is compiled, files are in memory
    return [
        median(took) for took in zip(*[[peer.seconds() for peer in peers] for _ in range(rounds)], strict=True)
    ]


@dataclass(frozen=True)
class Promise:
    """How much longer than a peer gti may take."""

    what: str
    gti: float
    peer: float
    limit: float

    @property
    def is_kept(self) -> bool:
        return self.gti <= self.limit * self.peer

    def __str__(self) -> str:
        verdict = "kept" if self.is_kept else "BROKEN"
        seconds = f"gti {self.gti * 1000:7.1f} ms  peer {self.peer * 1000:7.1f} ms"
        return f"{self.what:<28}{seconds}  ratio {self.gti / self.peer:5.2f}  limit {self.limit:.2f}  {verdict}"


def conclude(promises: Sequence[Promise]) -> None:
    """Print them all; exit 1 where one is broken."""
    for promise in promises:
        print(promise)
    if not all(promise.is_kept for promise in promises):
        sys.exit(1)
