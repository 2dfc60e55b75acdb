"""What all tests share: a real sshd, a site that leads to it, and gti itself. Nothing here leaves this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# A job in the background is started deaf to Ctrl-C, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.sshd import Sshd, site_text  # noqa: E402


@dataclass(frozen=True)
class Ran:
    """What one run of gti left."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Gti:
    """The command line, in a home of its own. The site is always a test's: the built-in one leads elsewhere."""

    home: Path
    site: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
        return kept | {
            "HOME": str(self.home),
            "GTI_SITE": str(self.site),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
        }

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "gti"]

    def __call__(
        self,
        *arguments: str,
        input: bytes | str = b"",
        env: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Ran:
        ran = self.run_bytes(arguments, input if isinstance(input, bytes) else input.encode(), env or {}, timeout)
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def run_bytes(
        self, arguments: Sequence[str], input: bytes = b"", env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self.command, *arguments],
            input=input,
            capture_output=True,
            env=self.environment | (env or {}),
            cwd=self.home,
            timeout=timeout,
        )


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for all tests that only use it."""
    with Sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def site_file(sshd: Sshd, tmp_path: Path) -> Path:
    """Two hosts, here and there, both this machine, under two names; and one that is dead."""
    known = tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts_line("127.0.0.1", "localhost"))
    dead = 'name = "127.0.0.2", port = 1'
    hosts = {
        "here": f'name = "127.0.0.1", port = {sshd.port}, container = 101',
        "there": f'name = "localhost", address = "127.0.0.1", port = {sshd.port}',
        "dead": dead,
    }
    services = [
        'kafka = { component = "kafka", host = "here", unit = "kafka", port = 9 }',
        'minio = { component = "minio", host = "there", unit = "minio", port = 9 }',
    ]
    file = tmp_path / "site.toml"
    file.write_text(site_text(known, sshd.client_key, hosts, services))
    return file


@pytest.fixture
def gti(home: Path, site_file: Path) -> Gti:
    return Gti(home, site_file)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lab", choices=["real"], help="Run the contract suite, on this lab.")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The contract suite needs a lab, and so is asked for by name."""
    if collection_path == ROOT / "tests" / "contract" and not config.getoption("--lab"):
        return True
    return None
