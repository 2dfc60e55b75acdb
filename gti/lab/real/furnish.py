"""A host before its first boot: its configuration, keys and names, laid over the layers it is made of."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from textwrap import dedent

from gti.errors import Failed
from gti.lab.real.base import DATALAKE
from gti.lab.real.container import Container
from gti.lab.real.hosts import LabHost

PLACEHOLDER = re.compile(r"@([A-Z][A-Z0-9_]+)@")

# In a mount namespace of its own: whatever ends it, its mounts end with it. The archive comes over stdin.
LAY_DOWN = """
    set -eu
    mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" "$MERGED"
    tar --extract --same-owner --same-permissions --directory "$MERGED"
    for unit in $UNITS; do chroot "$MERGED" systemctl --quiet enable "$unit"; done
"""


def furnish(
    container: Container, layers: Sequence[Path], files: Mapping[str, str], secrets: Mapping[str, str]
) -> None:
    """`files` are those that only this lab knows: keys and names. The rest comes with the program."""
    place, host = container.place, container.host
    work, merged = place.container(host) / "olwork", place.container(host) / "merged"
    for folder in (work, merged, place.delta(host)):
        folder.mkdir(parents=True, exist_ok=True)
    ended = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", dedent(LAY_DOWN)],
        input=_archive(host, files, secrets),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LOWER": ":".join(str(layer) for layer in reversed(layers)),
            "UPPER": str(place.delta(host)),
            "WORK": str(work),
            "MERGED": str(merged),
            "UNITS": " ".join(host.units),
        },
    )
    if ended.returncode != 0:
        raise Failed(
            f"{host.name} cannot be furnished", details=[("said", ended.stdout.decode(errors="replace").strip())]
        )


def script(host: LabHost, name: str, secrets: Mapping[str, str]) -> str | None:
    """`setup.sh` of a host, its secrets filled in."""
    file = resources.files("gti.lab.real") / "machines" / host.alias / name
    return fill(file.read_text(), secrets) if file.is_file() else None


def fill(text: str, secrets: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: secrets[found[1]], text)


def _archive(host: LabHost, files: Mapping[str, str], secrets: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        folders: set[str] = set()
        for path, text in _all_files(host, files):
            for folder in map(str, reversed(Path(path).parents[:-1])):
                if folder not in folders and _is_datalakes(host, folder):
                    mode = 0o700 if folder.endswith("/.ssh") else 0o755
                    archive.addfile(_entry(host, folder, mode, tarfile.DIRTYPE))
                folders.add(folder)
            filled = fill(text, secrets)
            entry = _entry(host, path, _mode(path, secret=filled != text))
            content = filled.encode()
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _all_files(host: LabHost, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    machines = resources.files("gti.lab.real") / "machines"
    for folder in ("all", host.alias):
        yield from _files_in(machines / folder / "rootfs", "")
    content = resources.files("gti.lab.real") / "content"
    if content.is_dir():
        yield from _files_in(content, "opt/datalake/content/")
    yield from files.items()


def _files_in(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files_in(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_text()


def _entry(host: LabHost, path: str, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.mode, entry.type = mode, kind
    if _is_datalakes(host, path):
        entry.uid = entry.gid = DATALAKE
    return entry


def _is_datalakes(host: LabHost, path: str) -> bool:
    owned = (*host.datalake, "home/datalake/.ssh")
    return any(path == own or path.startswith(f"{own}/") for own in owned)


def _mode(path: str, secret: bool) -> int:
    if path.startswith("etc/sudoers.d/"):
        return 0o440
    if secret or "/.ssh/" in path or path.endswith("_key"):
        return 0o600
    return 0o755 if path.endswith(".sh") else 0o644
