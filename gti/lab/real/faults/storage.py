"""Disks that are full, out of inodes, or read-only."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, Scene

# A small file system takes the place of the data folder, with all that was in it. `mend` takes it back.
CROWD = """
systemctl stop "$UNIT"
if ! mountpoint -q {data}; then
    size=$(( $(du -sm {data} | cut -f1) + 4 ))
    entries=$(( $(find {data} | wc -l) + 40 ))
    mkdir -p "$KEEP/small"
    mountpoint -q "$KEEP/small" ||
        mount -t tmpfs -o "size=$((size))m,nr_inodes=$((entries)),mode=755" tmpfs "$KEEP/small"
    cp -a {data}/. "$KEEP/small/"
    mount --bind "$KEEP/small" {data}
fi
{fill}
systemctl start --no-block "$UNIT"
sleep 1  # a server that starts may clear its own temporary files first
{fill}
"""

UNCROWD = """
systemctl stop "$UNIT"
if mountpoint -q {data}; then
    rm -rf {data}/.gti-fault
    umount {data}
    find {data} -mindepth 1 -delete
    cp -a "$KEEP/small/." {data}/
    umount "$KEEP/small"
fi
systemctl reset-failed "$UNIT" 2>/dev/null || true
systemctl start "$UNIT"
"""

FILL_BLOCKS = """
mkdir -p {data}/.gti-fault
dd if=/dev/zero of={data}/.gti-fault/full bs=64k 2>/dev/null || true
"""

FILL_INODES = """
mkdir -p {data}/.gti-fault
n=0; while touch {data}/.gti-fault/$n 2>/dev/null; do n=$((n + 1)); done
"""

READ_ONLY = """
systemctl stop "$UNIT"
mountpoint -q {data} || mount --bind {data} {data}
mount -o remount,bind,ro {data}
systemctl start --no-block "$UNIT"
"""

WRITABLE = """
systemctl stop "$UNIT"
mountpoint -q {data} && umount {data}
systemctl reset-failed "$UNIT" 2>/dev/null || true
systemctl start "$UNIT"
"""


def fill_disk(scene: Scene) -> None:
    scene.sh(CROWD.format(data=scene.data, fill=FILL_BLOCKS.format(data=scene.data)))


def use_up_inodes(scene: Scene) -> None:
    scene.sh(CROWD.format(data=scene.data, fill=FILL_INODES.format(data=scene.data)))


def make_room(scene: Scene) -> None:
    scene.sh(UNCROWD.format(data=scene.data))


def make_read_only(scene: Scene) -> None:
    scene.sh(READ_ONLY.format(data=scene.data))


def make_writable(scene: Scene) -> None:
    scene.sh(WRITABLE.format(data=scene.data))


FAULTS = (
    Fault(
        "disk-full",
        "mariadb",
        "the file system of the data folder is full",
        fill_disk,
        make_room,
        on="data",
    ),
    Fault(
        "kafka-log-full",
        "kafka",
        "the file system of Kafka's log folder is full: the broker gives its only folder up, and ends",
        fill_disk,
        make_room,
    ),
    Fault(
        "inodes-gone",
        "minio",
        "the file system of the data folder has room, but no inode left",
        use_up_inodes,
        make_room,
        on="data",
    ),
    Fault(
        "data-read-only",
        "mariadb",
        "the data folder is mounted read-only",
        make_read_only,
        make_writable,
        on="data",
    ),
)
