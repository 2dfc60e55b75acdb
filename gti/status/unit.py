"""What systemd says of a unit, read from `systemctl show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gti.remote.command import Command

PROPERTIES = (
    "LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainStatus",
    "ActiveEnterTimestamp", "StateChangeTimestamp",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """`state` is systemd's ActiveState, or not-found, masked, unknown. `why` is told when it is not active."""

    state: str
    since: datetime | None = None
    restarts: int | None = None
    why: str | None = None

    @property
    def runs(self) -> bool:
        return self.state in ("active", "reloading")


def question(units: Sequence[str]) -> Command:
    """One command for all units of a host. The dates are printed by systemctl itself: in UTC and in English."""
    show = ("systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *(_full_name(unit) for unit in units))
    return Command(("env", "TZ=UTC", "LC_ALL=C", *show))


def answers(output: bytes, units: Sequence[str]) -> dict[str, Unit]:
    """One block of `Key=value` lines per unit, in the order in which they were asked for."""
    blocks = output.decode("utf-8", "replace").strip("\n").split("\n\n")
    if len(blocks) != len(units):
        return {unit: Unit("unknown", why="systemctl's answer makes no sense") for unit in units}
    return {unit: _unit(block) for unit, block in zip(units, blocks, strict=True)}


def _unit(block: str) -> Unit:
    said = dict(line.partition("=")[::2] for line in block.splitlines())
    load, state = said.get("LoadState", ""), said.get("ActiveState", "unknown")
    if load in ("not-found", "masked", "bad-setting", "error"):
        state = load if state in ("inactive", "unknown") else state
    since = _time(said.get("ActiveEnterTimestamp" if state == "active" else "StateChangeTimestamp", ""))
    restarts = said.get("NRestarts", "")
    return Unit(state, since, int(restarts) if restarts.isdigit() else None, _why(state, said))


def _why(state: str, said: dict[str, str]) -> str | None:
    if state == "active":
        return None
    result, code = said.get("Result", "success"), said.get("ExecMainStatus", "0")
    if result == "exit-code" and code != "0":
        return f"exit {code}"
    if result not in ("success", ""):
        return result  # signal, oom-kill, timeout, watchdog, start-limit-hit …
    return said.get("SubState") if state in ("activating", "deactivating") else None


def _time(text: str) -> datetime | None:
    """`Sat 2026-02-21 05:10:20 UTC`; the day's name is left out, for it is the one part that is translated."""
    try:
        return datetime.strptime(text.partition(" ")[2], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


def _full_name(unit: str) -> str:
    return unit if unit.endswith((".service", ".target", ".timer", ".socket")) else f"{unit}.service"
