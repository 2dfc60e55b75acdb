"""A host's vital signs: clock, disk, inodes, memory, load and failed units."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from gti.doctor.checkup import Check, graded, shortened
from gti.doctor.questions import Answer
from gti.doctor.visit import Visit

_CLOCK = re.compile(r"(\d{9,11})(\.\d{1,9})?")
_PERCENT = re.compile(r"(\d{1,3})%")
_NO_DISK = re.compile(r"(devtmpfs|udev|none|shm|efivarfs|/dev/loop\d+|/dev/sr\d+)")
_NO_DISK_MOUNT = re.compile(r"/(dev|proc|sys|run|snap)(/.*)?")
_MEMORY = re.compile(r"(MemTotal|MemAvailable):\s+(\d{1,15}) kB")
_LOAD = re.compile(r"\d{1,6}\.\d\d (\d{1,6}\.\d\d) ")


def vitals(visit: Visit) -> Iterator[Check]:
    yield clock(visit)
    yield from _filling(visit, "disk", "du -xh --max-depth=1")
    yield from _filling(visit, "inodes", "du -x --inodes --max-depth=1")
    yield memory(visit)
    yield load(visit)
    yield from failed_units(visit)


def clock(visit: Visit) -> Check:
    """As NTP does it: what the two ways took is halved, what the host took in between does not count."""
    first, last = _time(visit.answers["clock-first"]), _time(visit.answers["clock-last"])
    if first is None or last is None:
        return visit.unknown("clock", "its clock", visit.answers["clock-last"])
    ahead = ((first - visit.asked) + (last - visit.answered)) / 2
    what = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this workstation"
    mend = (
        "set the clock of its Proxmox node (chronyc makestep); containers share it. "
        "If all hosts differ alike, it is this workstation's"
    )
    return visit.graded("clock", graded(abs(ahead), 1, 30), what, mend)


def _time(answer: Answer) -> float | None:
    """Where date knows no %N the fraction is missing, and half a second is the best guess."""
    match = _CLOCK.match(answer.text)
    return float(match.group(1)) + float(match.group(2) or 0.5) if match else None


def _filling(visit: Visit, topic: str, look: str) -> Iterator[Check]:
    mounts = dict(_file_systems(visit.answers[topic]))
    if not mounts:
        yield visit.unknown(topic, "df", visit.answers[topic])
    for mount, percent in mounts.items():
        mend = visit.by_exec(f"{look} {shlex.quote(mount)}")
        yield visit.graded(topic, graded(percent, 85, 95), f"{mount} is {percent}% full", mend)


def _file_systems(answer: Answer) -> Iterator[tuple[str, int]]:
    """Mount and percent. A `-` for the percent is a file system that has no such limit."""
    for device, *words in map(str.split, answer.lines):
        at = next((at for at, word in enumerate(words) if _PERCENT.fullmatch(word)), len(words))
        mount = " ".join(words[at + 1 :])
        if mount.startswith("/") and not _NO_DISK.fullmatch(device) and not _NO_DISK_MOUNT.fullmatch(mount):
            yield shortened(mount), int(words[at].rstrip("%"))


def memory(visit: Visit) -> Check:
    kilobytes = {name: int(number) for name, number in _MEMORY.findall(visit.answers["memory"].text)}
    total, available = kilobytes.get("MemTotal"), kilobytes.get("MemAvailable")
    if not total or available is None:
        return visit.unknown("memory", "/proc/meminfo", visit.answers["memory"])
    percent = 100 * available / total
    what = f"{percent:.0f}% of {total / 2**20:.1f} GiB is available"
    mend = visit.by_exec("ps -eo rss,pid,comm --sort=-rss")
    return visit.graded("memory", graded(100 - percent, 90, 95), what, mend)


def load(visit: Visit) -> Check:
    """The load of five minutes: a burst is no illness."""
    found = _LOAD.match(visit.answers["load"].text)
    cores = re.fullmatch(r"[1-9]\d{0,4}", visit.answers["cores"].text.strip())
    if not found or not cores:
        return visit.unknown("load", "its load", visit.answers["cores" if found else "load"])
    per_core = float(found.group(1)) / int(cores.group())
    what = f"load {found.group(1)} on {cores.group()} cores"
    mend = visit.by_exec("ps -eo pcpu,stat,pid,comm --sort=-pcpu") + " (a container may show its node's load)"
    return visit.graded("load", graded(per_core, 2, 4), what, mend)


def failed_units(visit: Visit) -> Iterator[Check]:
    answer = visit.answers["failed-units"]
    if not answer.is_whole:
        yield visit.unknown("units", "systemctl", answer)
        return
    units = [shortened(unit) for unit in re.findall(r"^[●* ]*([^\s●*]\S*)", answer.text, re.MULTILINE)]
    if not units:
        yield visit.ok("units", "no unit has failed")
    for unit in units:
        ours = unit.removesuffix(".service") in visit.units
        what = f"{unit} has failed" + (", a service of the site" if ours else "")
        mend = visit.by_exec(f"systemctl status --no-pager {shlex.quote(unit)}")
        yield visit.graded("units", "error" if ours else "warning", what, mend)
