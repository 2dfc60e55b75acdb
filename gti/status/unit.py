"""What systemd says of a unit, read from `systemctl show`; and what the kernel says of its memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gti.components.answer import in_one_line
from gti.status.question import Answers, Told

PROPERTIES = (
    "Id", "LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainCode", "ExecMainStatus",
    "ActiveEnterTimestamp", "StateChangeTimestamp", "UnitFileState", "MemoryMax", "ExecMainExitTimestampMonotonic",
)  # fmt: skip

OUT_OF_MEMORY = "out of memory"
MANY_RESTARTS = 3
JUST_STARTED = 60  # seconds
SAME_MOMENT = 10  # seconds by which the kernel's log and systemd may differ on when something ended
KILLED = ("9", "137")  # by signal 9: as systemd tells it, and as a shell in between does

_OOM_LINE = re.compile(r"\[\s*(\d{1,12})\.\d+\].*task_memcg=([^,\s]+)")
_OOM_COUNT = re.compile(r"^oom_kill (\d{1,9})$", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """`state` is systemd's ActiveState, or not-found, masked, unknown. `why` is told when it is not active.

    `boot` is systemd's UnitFileState: enabled, disabled, masked … `looping` is a unit that starts, fails, and
    starts again. `killed` counts its processes that the kernel killed for want of memory while it went on.
    `instance` is the unit that does the work, where the site's own only starts it: Debian's postgresql.service is
    active whatever becomes of postgresql@15-main.service.
    """

    state: str
    since: datetime | None = None
    restarts: int | None = None
    why: str | None = None
    boot: str | None = None
    looping: bool = False
    killed: int = 0
    instance: str | None = None

    @property
    def runs(self) -> bool:
        return self.state in ("active", "reloading")

    @property
    def is_stopped(self) -> bool:
        """Somebody's doing: it did not fail."""
        return self.state in ("inactive", "masked", "not-found", "bad-setting", "error") and not self.looping

    @property
    def is_masked(self) -> bool:
        return self.state == "masked" or self.boot in ("masked", "masked-runtime")


def units(told: Answers, names: Sequence[str], complaint: str = "") -> dict[str, Unit]:
    """By the names of the site: one block of `Key=value` lines per unit, in the order of the question.

    `complaint` is what the host said when it did not answer the question.
    """
    show = told["units"]
    if show.code != 0:
        return dict.fromkeys(names, Unit("unknown", why=_silence(show, complaint)))
    blocks = _blocks(show)
    if len(blocks) != len(names):
        return dict.fromkeys(names, Unit("unknown", why="systemctl's answer makes no sense"))
    return {name: _at_work(name, block, told) for name, block in zip(names, blocks, strict=True)}


def full_name(unit: str) -> str:
    return unit if unit.endswith((".service", ".target", ".timer", ".socket")) else f"{unit}.service"


def _silence(show: Told, complaint: str) -> str:
    if show.hangs:
        return "systemctl does not answer in time"
    return (
        in_one_line(show.words)
        or complaint
        or ("no answer" if show.code is None else f"systemctl: exit {show.code}")
    )


def _blocks(show: Told) -> list[dict[str, str]]:
    blocks = re.split(r"\n\n+", show.text.strip("\n"))
    return [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]


def _at_work(name: str, said: dict[str, str], told: Answers) -> Unit:
    """The unit itself; or, where it has done its work by starting others, the best of those."""
    unit = _unit(name, said, told)
    if not unit.runs or said.get("SubState") != "exited":
        return unit
    begin = full_name(name).rpartition(".")[0] + "@"
    instances = [
        replace(_unit(one["Id"], one, told), instance=one["Id"].removesuffix(".service"))
        for one in _blocks(told["instances"])
        if one.get("Id", "").startswith(begin)
    ]
    return next((one for one in instances if one.runs), instances[0] if instances else unit)


def _unit(name: str, said: dict[str, str], told: Answers) -> Unit:
    load, state = said.get("LoadState", ""), said.get("ActiveState", "unknown")
    if load in ("not-found", "masked", "bad-setting", "error"):
        state = load if state in ("inactive", "unknown") else state
    restarts = said.get("NRestarts", "")
    unit = Unit(
        state,
        _time(said.get("ActiveEnterTimestamp" if state == "active" else "StateChangeTimestamp", "")),
        int(restarts) if restarts.isdigit() else None,
        None if state == "active" else _why(name, state, said, told["kernel"]),
        "masked" if load == "masked" else said.get("UnitFileState") or None,
        killed=_killed(told[f"oom:{full_name(name)}"]),
    )
    return replace(unit, looping=_is_looping(unit, said.get("SubState", ""), _now(told["clock"])))


def _why(name: str, state: str, said: dict[str, str], kernel: Told) -> str | None:
    result, code = said.get("Result", "success"), said.get("ExecMainStatus", "0")
    if result == "oom-kill" or (code in KILLED and _was_oom(name, said, kernel)):
        return OUT_OF_MEMORY
    if result == "signal":
        return f"killed by signal {code}{_perhaps_memory(code, said)}"
    if code != "0" and (result == "exit-code" or said.get("SubState") == "auto-restart"):
        return f"exit {code}{_perhaps_memory(code, said)}"
    if result not in ("success", ""):
        return result  # timeout, watchdog, start-limit-hit …
    return said.get("SubState") if state in ("activating", "deactivating") else None


def _was_oom(name: str, said: dict[str, str], kernel: Told) -> bool:
    """Where the kernel's log may be read, it names the unit and the moment: a log of before proves nothing."""
    ended = said.get("ExecMainExitTimestampMonotonic", "")
    if not ended.isdigit():
        return False
    kills = filter(None, map(_OOM_LINE.match, kernel.lines))
    own = [int(kill.group(1)) for kill in kills if kill.group(2).rpartition("/")[2] == full_name(name)]
    return any(abs(moment - int(ended) / 1e6) <= SAME_MOMENT for moment in own)


def _perhaps_memory(code: str, said: dict[str, str]) -> str:
    """With cgroups of version 1 systemd does not learn of it; a limit on the unit's memory makes it likely."""
    limit = said.get("MemoryMax", "")
    if code not in KILLED or not limit.isdigit() or int(limit) >= 2**62:
        return ""
    return f", perhaps {OUT_OF_MEMORY}: its limit is {int(limit) / 2**20:.0f} MiB"


def _killed(told: Told) -> int:
    found = _OOM_COUNT.search(told.text)
    return int(found.group(1)) if found else 0


def _is_looping(unit: Unit, sub_state: str, now: datetime) -> bool:
    """Waits for yet another start; or has just had one of many. A start by hand sets the count back to 0."""
    if sub_state == "auto-restart":
        return bool(unit.restarts)
    if unit.state == "activating" or unit.runs:
        young = unit.since is None or (now - unit.since).total_seconds() < JUST_STARTED
        return young and (unit.restarts or 0) >= MANY_RESTARTS
    return False


def _now(clock: Told) -> datetime:
    """By the host's own clock, which the times of its units are told by."""
    seconds = clock.words
    return datetime.fromtimestamp(int(seconds), UTC) if re.fullmatch(r"\d{9,11}", seconds) else datetime.now(UTC)


def _time(text: str) -> datetime | None:
    """`Sat 2026-02-21 05:10:20 UTC`; the day's name is left out, for it is the one part that is translated."""
    try:
        return datetime.strptime(text.partition(" ")[2], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None
