"""Where one layer is made: commands with a log, folders to work in, downloads that are kept."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path
from typing import TYPE_CHECKING

from gti.errors import Failed

if TYPE_CHECKING:
    from gti.lab.real.artifacts.cache import Recipe


class Crew:
    """The commands under way in all workshops of one cache, so that ctrl-C ends them together."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._dismissed = False

    def run(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path, hold: int) -> int:
        """Its exit code. It inherits the lock `hold`: while it lives, nobody else builds in its folder."""
        with log.open("ab") as output:
            with self._guard:
                if self._dismissed:
                    raise Failed(f"{argv[0]} was not started: the build was stopped")
                process = subprocess.Popen(
                    argv,
                    env=env,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    umask=0o022,
                    pass_fds=(hold,),
                )
                self._running.add(process)
            try:
                return process.wait()
            finally:
                with self._guard:
                    self._running.discard(process)

    def dismiss(self) -> None:
        with self._guard:
            self._dismissed = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


class Workshop:
    """What a recipe's build gets to work with."""

    def __init__(
        self,
        cache: Path,
        name: str,
        part: Path,
        layers: Mapping[str, Path],
        tell: Callable[[str], None],
        crew: Crew,
        hold: int,
    ) -> None:
        self.name = name
        self.tell = tell
        self.log = cache / "logs" / f"{name}.log"
        self._cache = cache
        self._part = part
        self._layers = layers
        self._crew = crew
        self._hold = hold

    def run(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Into the log, whose end is shown when it fails. `env` is added to this process's own."""
        with self.log.open("a") as log:
            print("$", *argv, file=log)
        try:
            code = self._crew.run(argv, os.environ | (env or {}), cwd or self._part, self.log, self._hold)
        except FileNotFoundError as error:
            raise Failed(f"cannot build {self.name}: {argv[0]} is not installed on this machine") from error
        if code != 0:
            raise Failed(
                f"cannot build {self.name}: {Path(argv[0]).name} failed (exit {code})",
                details=[("said", self._last_words()), ("log", str(self.log))],
            )

    def layer(self, recipe: Recipe) -> Path:
        """The finished root of a recipe that this one needs."""
        return self._layers[recipe.name]

    def scratch(self, name: str) -> Path:
        """An empty folder on the layer's file system, gone when the layer is done."""
        return _made(self._part / "scratch" / name)

    def downloads(self, client: str) -> Path:
        """Kept from build to build, so that nothing is fetched twice."""
        return _made(self._cache / "downloads" / client)

    @contextmanager
    def alone_with(self, client: str) -> Iterator[Path]:
        """The downloads of a client that cannot share them with another one under way."""
        with locked(self._cache / "locks" / f"downloads-{client}"):
            yield self.downloads(client)

    def _last_words(self, lines: int = 12) -> str:
        text = self.log.read_text("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            on_wait()
            flock(lock, LOCK_EX)
        yield lock
        flock(lock, LOCK_UN)
    finally:
        os.close(lock)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
