"""A lab that is up, and whatever a test breaks in it healed again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gti.lab.real.place import Place
from tests.conftest import Gti, Ran

HERE = Path(__file__).parent
PATIENCE = 45.0


@dataclass(frozen=True)
class Lab:
    """A platform to try promises on. `gti` works on it, in a home of its own."""

    kind: str
    gti: Gti

    def __call__(self, *arguments: str, timeout: float = 300) -> Ran:
        """`gti lab …`; a failure ends the test."""
        ran = self.gti("lab", *arguments, timeout=timeout)
        assert ran.code == 0, f"gti lab {' '.join(arguments)}: {ran.err}"
        return ran

    def status(self, *words: str) -> dict[str, Any]:
        status: dict[str, Any] = self.gti("status", *words, "-o", "json").json()
        return status

    def until(self, wish: Callable[[dict[str, Any]], object], seconds: float = PATIENCE) -> dict[str, Any]:
        """Looks at the platform until it is as wished."""
        ends = time.monotonic() + seconds
        while True:
            seen = self.status()
            if wish(seen):
                return seen
            assert time.monotonic() < ends, f"not in {seconds:g} s: {seen['health']} {seen['causes']}"

    def is_well(self) -> None:
        self.until(lambda seen: seen["health"] == "ok", seconds=150)

    @contextmanager
    def fault(self, name: str, *options: str) -> Iterator[None]:
        try:
            self("break", name, *options)
            yield
        finally:
            self("heal")

    def exec(self, host: str, script: str) -> Ran:
        """As datalake on a host, by OpenSSH's client and not by gti."""
        return self.gti("lab", "ssh", host, "--", script)


class LabGti(Gti):
    """With this machine's own cache, and its ways to the package registries, which a first build needs."""

    @property
    def environment(self) -> dict[str, str]:
        cache = {"GTI_LAB_CACHE": str(Place.of_this_machine().cache)}
        return {**os.environ, **super().environment, **cache}


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """One for the whole suite, built or reused. Without it nothing here can be said, so all ends."""
    kind = str(request.config.getoption("--lab"))
    home = tmp_path_factory.mktemp("home")
    gti = LabGti(home, home / ".config" / "gti" / "lab-real.toml")
    lab = Lab(kind, gti)
    left = gti("lab", "status", "-o", "json").json()
    if left["state"] != "not made" and not left["current"]:
        gti("lab", "destroy", "--yes")
    gti("lab", "heal")
    ran = gti("lab", "up", "--real", timeout=2700)
    if ran.code != 0:
        pytest.exit(f"the {kind} lab does not come up:\n{ran.err}", returncode=1)
    return lab
