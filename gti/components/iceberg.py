"""Iceberg tables: whether what the metastore points at, and all that it leads to, is in the bucket."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from gti.components.answer import in_one_line
from gti.components.s3 import LONGEST, Objects, Place, place

VERSIONED = re.compile(r"(\d+)-[^/]*\.metadata\.json(?:\.gz)?")
SETTLED = 30.0  # seconds: a commit in progress writes its metadata before it is committed
MANIFESTS = 100  # of one table
NEIGHBOURS = 20

At = Literal["hive-metastore", "minio"]


@dataclass(frozen=True)
class Table:
    """`location` is its metadata_location: the address of the newest metadata that was committed."""

    name: str
    location: str


@dataclass(frozen=True)
class Fault:
    """`at` is the service that has lost something, or remembers wrongly."""

    table: Table
    at: At
    what: str

    def __str__(self) -> str:
        return f"{in_one_line(self.table.name)}: {self.what}"


def faults(table: Table, objects: Objects, look_for_half: bool) -> list[Fault]:
    """Of a table in a bucket; the first that makes it unreadable ends the search."""
    at = place(table.location)
    if at is None:
        return []
    content = objects.read(at)
    if content is None:
        return [_fault(table, "hive-metastore", f"metadata_location points nowhere ({_missing(table.location)})")]
    metadata = _parsed(content)
    if metadata is None:
        return [_fault(table, "hive-metastore", f"metadata_location does not parse ({at.name} is no metadata)")]
    found = [_fault(table, "minio", what) for what in _lost(metadata, objects)]
    if look_for_half and (half := _left_half(at, metadata, objects)):
        found.append(_fault(table, "hive-metastore", f"a commit was left half: {half} is not referenced"))
    return found


def _fault(table: Table, at: At, what: str) -> Fault:
    return Fault(table, at, "".join(letter if letter.isprintable() else " " for letter in what))


def _missing(address: str) -> str:
    return f"{address} is missing"


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        if content.startswith(b"\x1f\x8b"):
            content = gzip.GzipFile(fileobj=BytesIO(content)).read(LONGEST)
        metadata = json.loads(content)
    except (ValueError, RecursionError, OSError, EOFError, zlib.error):
        return None
    is_metadata = isinstance(metadata, dict) and isinstance(metadata.get("format-version"), int)
    return metadata if is_metadata else None


def _lost(metadata: dict[str, Any], objects: Objects) -> Iterator[str]:
    """The first thing that the current snapshot leads to and that is not there."""
    snapshot = _current(metadata)
    manifests = snapshot.get("manifests") or []  # the oldest format lists them here
    if address := snapshot.get("manifest-list"):
        at = place(str(address))
        if at is None:
            return
        content = objects.read(at)
        if content is None:
            yield f"manifest list {at.name} is missing"
            return
        try:
            manifests = _manifests(content)
        except ValueError:
            yield f"manifest list {at.name} does not parse"
            return
    gone = [at.name for one in manifests[:MANIFESTS] if (at := place(str(one))) and not objects.exists(at)]
    if gone:
        more = f" (and {len(gone) - 1} more)" if len(gone) > 1 else ""
        yield f"manifest {gone[0]} is missing{more}"


def _current(metadata: dict[str, Any]) -> dict[str, Any]:
    """A table that was never written to has none."""
    snapshots, current = metadata.get("snapshots"), metadata.get("current-snapshot-id")
    for snapshot in snapshots if isinstance(snapshots, list) else []:
        if isinstance(snapshot, dict) and snapshot.get("snapshot-id") == current:
            return snapshot
    return {}


def _manifests(content: bytes) -> list[str]:
    from fastavro import reader

    try:
        return [str(row["manifest_path"]) for row in reader(BytesIO(content))]  # type: ignore[call-overload,index]
    except Exception as error:  # the parser falls over strange bytes in many ways
        raise ValueError from error


def _left_half(at: Place, metadata: dict[str, Any], objects: Objects) -> str | None:
    """Newer metadata of this very table; a folder may also hold that of a dropped table of the same name."""
    current = VERSIONED.fullmatch(at.name)
    if current is None:
        return None
    for other, age in reversed(objects.after(at, NEIGHBOURS)):
        found = VERSIONED.fullmatch(other.name)
        if found and int(found[1]) > int(current[1]) and age > SETTLED and other.folder == at.folder:
            theirs = _parsed(objects.read(other) or b"")
            if theirs and theirs.get("table-uuid") == metadata.get("table-uuid"):
                return other.name
    return None
