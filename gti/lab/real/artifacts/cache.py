"""Layers, built once: each is named after all that it is made of, and is whole or is not there."""

from __future__ import annotations

import hashlib
import inspect
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gti.lab.real.artifacts import manifest
from gti.lab.real.artifacts.workshop import Crew, Workshop, locked

__all__ = ["Cache", "Recipe", "Workshop"]

AT_ONCE = 2
WAKE = 0.5  # seconds: a Ctrl-C that the kernel gives to another thread is seen only by a main thread that wakes


@dataclass(frozen=True)
class Recipe:
    """How one layer comes about. What `build` reads beside its own source belongs to the coordinates."""

    name: str
    version: str
    coordinates: tuple[str, ...]
    build: Callable[[Path, Workshop], None]
    usual: int  # seconds when nothing is downloaded yet, on two cores
    needs: tuple[Recipe, ...] = ()
    files: Path | None = None  # a folder laid over the built layer as it is
    heavy: bool = False  # it keeps all cores busy, and so runs beside no other such

    @cached_property
    def key(self) -> str:
        """Asked once: the source could be edited while this process builds by the old one."""
        made_of = hashlib.sha256()
        for part in (
            self.name,
            self.version,
            *self.coordinates,
            inspect.getsource(self.build),
            *(need.key for need in self.needs),
            *_content(self.files),
        ):
            made_of.update(f"{len(part)}:{part}".encode())
        return made_of.hexdigest()[:16]

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.key}"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Cache:
    """The folder of layers; any number of processes may share it."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell_one = tell
        self._guard = threading.Lock()
        self._crew = Crew()

    def layer(self, recipe: Recipe) -> Path:
        return self.layers([recipe])[recipe.name]

    def layers(self, recipes: Iterable[Recipe]) -> dict[str, Path]:
        """The root folder of each, those they need included; what is missing or damaged is built first."""
        waiting = _with_needs(recipes)
        done: dict[str, Path] = {}
        running: dict[Future[Path], Recipe] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                while waiting or running:
                    while next_one := _startable(waiting, list(running.values()), done):
                        waiting.remove(next_one)
                        running[pool.submit(self._ready, next_one, dict(done))] = next_one
                    for future in wait(running, WAKE, FIRST_COMPLETED).done:
                        done[running.pop(future).name] = future.result()
            except BaseException:
                self._crew.dismiss()
                raise
        return done

    def prune(self, recipes: Iterable[Recipe]) -> None:
        """Forgets the layers that none of these recipes would use. No lab may stand on them."""
        used = {recipe.folder for recipe in _with_needs(recipes)}
        for folder in sorted((self._folder / "layers").glob("*")):
            if folder.name.removesuffix(".part") not in used:
                _remove(folder)

    def _ready(self, recipe: Recipe, layers: Mapping[str, Path]) -> Path:
        home = self._folder / "layers" / recipe.folder
        with locked(
            self._folder / "locks" / recipe.folder, lambda: self._tell(f"waiting for another build of {recipe}")
        ) as hold:
            if home.is_dir() and (hurt := manifest.damage(home / "root", home / "manifest", home / "verified")):
                self._tell(f"layer {recipe.name}: {hurt}: building it again")
                _remove(home)
            if not home.is_dir():
                self._build(recipe, home, layers, hold)
        return home / "root"

    def _build(self, recipe: Recipe, home: Path, layers: Mapping[str, Path], hold: int) -> None:
        self._tell(f"building {recipe} (usually {recipe.usual} s)")
        started = time.monotonic()
        part = home.with_name(home.name + ".part")
        _remove(part)
        root = part / "root"
        root.mkdir(parents=True)
        (self._folder / "logs").mkdir(exist_ok=True)
        recipe.build(root, Workshop(self._folder, recipe.name, part, layers, self._tell, self._crew, hold))
        if recipe.files:
            lay_over(recipe.files, root)
        _remove(part / "scratch")
        manifest.write(root, part / "manifest", part / "verified")
        part.rename(home)
        self._tell(f"built {recipe} in {time.monotonic() - started:.0f} s")

    def _tell(self, line: str) -> None:
        with self._guard:
            self._tell_one(line)


def lay_over(files: Path, root: Path) -> None:
    """Scripts become executable: a wheel does not promise to keep their modes."""
    for source in sorted(files.rglob("*")):
        target = root / source.relative_to(files)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(0o755 if source.read_bytes().startswith(b"#!") else 0o644)


def _content(files: Path | None) -> list[str]:
    if files is None:
        return []
    return [
        f"{file.relative_to(files)}\n{file.read_text()}" for file in sorted(files.rglob("*")) if file.is_file()
    ]


def _with_needs(recipes: Iterable[Recipe]) -> list[Recipe]:
    """Each once, in the order given, what it needs before it."""
    ordered: dict[str, Recipe] = {}
    for recipe in recipes:
        for one in (*_with_needs(recipe.needs), recipe):
            ordered.setdefault(one.folder, one)
    return list(ordered.values())


def _startable(waiting: list[Recipe], running: list[Recipe], done: Mapping[str, Path]) -> Recipe | None:
    if len(running) == AT_ONCE:
        return None
    busy = any(recipe.heavy for recipe in running)
    for recipe in waiting:
        if all(need.name in done for need in recipe.needs) and not (busy and recipe.heavy):
            return recipe
    return None


def _remove(folder: Path) -> None:
    """Whatever a killed build left mounted is let go first, never emptied."""
    if not folder.exists():
        return
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted((at for at in mounted if at.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", point], check=True)
    gone = folder.with_name(folder.name.removesuffix(".part") + ".part")
    if gone != folder:
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
    shutil.rmtree(gone)
