"""Disks of a host: which are full, out of inodes or read-only, and whose data lie there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gti.site import Service
from gti.status.question import Answers, Questions, Told
from gti.status.worry import Worry

FULL = 98  # percent used
LEAST_FREE = 1  # percent of the whole
FILLING = 90

# Where each kind of server keeps what it must be able to write. Hive's metastore, Spark's master and Airflow's
# webserver keep nothing of their own.
DATA: Mapping[str, tuple[str, ...]] = {
    "mariadb": ("/var/lib/mysql",),
    "postgresql": ("/var/lib/postgresql",),
    "minio": ("/data/minio",),
    "kafka": ("/opt/kafka/logs", "/var/lib/kafka"),
    "spark-worker": ("/opt/spark/work", "/opt/spark/tmp"),
    "trino": ("/opt/trino/data", "/opt/trino/var"),
    "airflow-scheduler": ("/opt/airflow/logs", "/opt/airflow"),
    "superset": ("/opt/superset",),
    "gitea": ("/var/lib/gitea",),
}

_ROW = re.compile(r"\S.*?\s+(\d{1,20})\s+(\d{1,20})\s+(-?\d{1,20})\s+(\d{1,3})%\s+(/.*)")
_PACKED = {"squashfs", "iso9660", "erofs", "cramfs", "udf"}  # full and read-only by nature
_NO_DISK = _PACKED | {"tmpfs", "devtmpfs", "ramfs", "overlay", "proc", "sysfs", "fuse.lxcfs", "efivarfs", "autofs"}
_NO_DATA = re.compile(r"/(boot|dev|media|proc|run|snap|sys)(/.*)?")


@dataclass(frozen=True)
class Mount:
    path: str
    kind: str
    read_only: bool


@dataclass(frozen=True)
class Filling:
    """One row of df. `total`, `free` and `percent` are of blocks or of inodes."""

    mount: str
    total: int
    free: int
    percent: int

    @property
    def is_full(self) -> bool:
        return self.total > 0 and (self.percent >= FULL or self.free * 100 < self.total * LEAST_FREE)


def folders_of(services: Sequence[Service]) -> tuple[str, ...]:
    """The root is always asked for on its own, so that a dead network disk does not hide it."""
    data = (folder for service in services for folder in DATA.get(service.protocol or "", ()))
    return tuple(dict.fromkeys(("/", *data)))


def disk_worries(alias: str, services: Sequence[Service], asked: Questions, answers: Answers) -> Iterator[Worry]:
    disks = Disks(services, asked, answers)
    for question, whole, noun in (("disk", "disks", "full"), ("inode", "inodes", "out of inodes")):
        for filling in disks.fillings(question, whole):
            yield from _worry_of(alias, filling, noun, disks.services_at(filling.mount))
    for mount in disks.read_only():
        yield Worry(f"{mount} on {alias} is read-only", "trouble", mount, disks.services_at(mount))
    for folder in disks.hanging():
        yield Worry(f"{folder} on {alias} does not answer: df hangs", "trouble", folder, disks.services_at(folder))


def _worry_of(alias: str, filling: Filling, noun: str, services: tuple[str, ...]) -> Iterator[Worry]:
    where = f"{filling.mount} on {alias}"
    if filling.is_full:
        yield Worry(f"{where} is {noun} ({filling.percent} %)", "trouble", filling.mount, services)
    elif filling.percent >= FILLING:
        of = "its inodes " if noun != "full" else ""
        yield Worry(
            f"{where} has {filling.percent} % of {of or 'its room '}used", "worry", filling.mount, services
        )


class Disks:
    """What a host told of its file systems, and which of the services' folders lie on them."""

    def __init__(self, services: Sequence[Service], asked: Questions, answers: Answers) -> None:
        self._answers = answers
        self._asked = asked
        self._mounts = {mount.path: mount for mount in mounts(answers["mounts"])}
        self._real = {folder: self._real_path(folder) for folder in asked.folders if self._is_there(folder)}
        self._services = services

    def fillings(self, question: str, whole: str) -> list[Filling]:
        """Those that hold data: of the folders, and every disk that might have some."""
        found = {}
        for folder in self._real:
            for filling in fillings(self._answers[self._asked.key(question, "folder", folder)]):
                mount = self._holding(folder) or filling.mount
                found[mount] = Filling(mount, filling.total, filling.free, filling.percent)
        for filling in fillings(self._answers[whole]):
            if self._may_hold_data(filling.mount):
                found.setdefault(filling.mount, filling)
        return [filling for filling in found.values() if not self._is_packed(filling.mount)]

    def read_only(self) -> list[str]:
        holding = dict.fromkeys(mount for folder in self._real if (mount := self._holding(folder)))
        return [mount for mount in holding if self._mounts[mount].read_only and not self._is_packed(mount)]

    def hanging(self) -> list[str]:
        """Several that hang at once tell of a slow host, not of a dead disk."""
        told = {folder: self._answers[self._asked.key("disk", "folder", folder)] for folder in self._asked.folders}
        hanging = [folder for folder, answer in told.items() if answer.hangs]
        return hanging if len(hanging) < len(told) else []

    def services_at(self, mount: str) -> tuple[str, ...]:
        """Whose data lie there. What fills up the root concerns all."""
        if mount == "/":
            return ()
        return tuple(
            service.name
            for service in self._services
            if any(self._lies_on(folder, mount) for folder in DATA.get(service.protocol or "", ()))
        )

    def _lies_on(self, folder: str, mount: str) -> bool:
        return self._holding(folder) == mount or _is_within(mount, self._real.get(folder, folder))

    def _is_there(self, folder: str) -> bool:
        return self._answers[self._asked.key("disk", "folder", folder)].code == 0

    def _real_path(self, folder: str) -> str:
        words = self._answers[self._asked.key("real", "folder", folder)].words
        return words if words.startswith("/") else folder

    def _holding(self, folder: str) -> str | None:
        """The mount point under which a folder lies, as long as the host told of its mounts."""
        real = self._real.get(folder)
        around = [path for path in self._mounts if real is not None and _is_within(real, path)]
        return max(around, key=len, default=None)

    def _may_hold_data(self, path: str) -> bool:
        mount = self._mounts.get(path)
        return mount is not None and mount.kind not in _NO_DISK and not _NO_DATA.fullmatch(path)

    def _is_packed(self, path: str) -> bool:
        mount = self._mounts.get(path)
        return mount is not None and mount.kind in _PACKED


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def mounts(told: Told) -> Iterator[Mount]:
    """Lines of /proc/mounts. Of two on one path the later hides the earlier."""
    for line in told.lines:
        words = line.split(" ")
        if len(words) >= 4 and words[1].startswith("/"):
            path = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal.group(1), 8)), words[1])
            yield Mount(path, words[2], "ro" in words[3].split(","))


def fillings(told: Told) -> Iterator[Filling]:
    """Rows of df -P. A `-` for the percent is a file system that has no such limit."""
    for line in told.lines:
        if row := _ROW.fullmatch(line.rstrip()):
            total, _, free, percent, mount = row.groups()
            yield Filling(mount, int(total), int(free), int(percent))
