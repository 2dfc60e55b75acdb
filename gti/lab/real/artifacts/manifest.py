"""What a finished layer holds, and whether it still does.

Like git's index, the record beside the manifest remembers how each file looked to `stat` when its content was
last read. A file that looks the same is not read again: who changes a file cannot help changing its ctime.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Row = list[Any]  # type and mode, uid, gid, size, content (digest, target or device), xattrs
Look = list[int]


def write(root: Path, manifest: Path, record: Path) -> None:
    """Describes everything under `root`; whoever finds the manifest whole may trust the layer to be whole."""
    found = dict(_walk(root))
    rows = dict(zip(found, _rows(root, found), strict=True))
    body = json.dumps(rows).encode()
    _save(manifest, body + b"\n" + _sha256(body).encode() + b"\n")
    _save(record, json.dumps({path: _look(seen) for path, seen in found.items()}).encode())


def damage(root: Path, manifest: Path, record: Path) -> str | None:
    """What is no longer as it was built, or None."""
    rows = _read(manifest)
    if rows is None:
        return "its manifest has changed"
    found = dict(_walk(root))
    if different := sorted(rows.keys() ^ found.keys()):
        return f"{different[0]} {'is missing' if different[0] in rows else 'was added'}"
    known = _looks(record)
    unsure = {path: seen for path, seen in found.items() if known.get(path) != _look(seen)}
    for path, row in zip(unsure, _rows(root, unsure), strict=True):
        if row != rows[path]:
            return f"{path} has changed"
    if unsure:
        _save(record, json.dumps({path: _look(seen) for path, seen in found.items()}).encode())
    return None


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    yield ".", root.lstat()
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                path = prefix + entry.name
                yield path, entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path + "/")


def _look(seen: os.stat_result) -> Look:
    """A folder's times and size tell nothing of it: what it holds is looked at by itself."""
    if stat.S_ISDIR(seen.st_mode):
        return [seen.st_mode, seen.st_uid, seen.st_gid]
    return [seen.st_mode, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]


def _rows(root: Path, found: dict[str, os.stat_result]) -> list[Row]:
    def row(item: tuple[str, os.stat_result]) -> Row:
        path, seen = item
        full = root / path
        size = seen.st_size if stat.S_ISREG(seen.st_mode) else 0
        return [seen.st_mode, seen.st_uid, seen.st_gid, size, _content(full, seen), _xattrs(full)]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(row, found.items(), chunksize=64))


def _content(full: Path, seen: os.stat_result) -> str:
    kind: dict[int, Callable[[], str]] = {
        stat.S_IFREG: lambda: _digest(full),
        stat.S_IFLNK: lambda: str(full.readlink()),
        stat.S_IFCHR: lambda: str(seen.st_rdev),
        stat.S_IFBLK: lambda: str(seen.st_rdev),
    }
    return kind.get(stat.S_IFMT(seen.st_mode), lambda: "")()


def _digest(full: Path) -> str:
    with full.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _xattrs(full: Path) -> dict[str, str]:
    return {
        name: os.getxattr(full, name, follow_symlinks=False).hex()
        for name in sorted(os.listxattr(full, follow_symlinks=False))
    }


def _read(manifest: Path) -> dict[str, Row] | None:
    try:
        body, digest, _ = manifest.read_bytes().split(b"\n")
    except (FileNotFoundError, ValueError):
        return None
    if _sha256(body).encode() != digest:
        return None
    rows: dict[str, Row] = json.loads(body)
    return rows


def _looks(record: Path) -> dict[str, Look]:
    """Empty when there is none, or half of one: then everything is read again."""
    try:
        looks: dict[str, Look] = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return looks


def _save(path: Path, content: bytes) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
