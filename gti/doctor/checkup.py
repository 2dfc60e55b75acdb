"""What was looked at, how it is, and what mends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Health = Literal["ok", "warning", "error", "unknown"]

WORKSTATION = "workstation"
LONGEST = 120  # characters of a host's own words in a finding


@dataclass(frozen=True)
class Check:
    """`subject` is the workstation or a host's alias. What is ok needs no mend."""

    subject: str
    topic: str
    health: Health
    what: str
    mend: str = ""


@dataclass(frozen=True)
class Checkup:
    """All checks of one run, and the hosts that could not be examined because they did not answer."""

    checks: tuple[Check, ...]
    unreachable: tuple[str, ...] = ()

    def __add__(self, other: Checkup) -> Checkup:
        return Checkup(self.checks + other.checks, self.unreachable + other.unreachable)

    @property
    def findings(self) -> list[Check]:
        return [check for check in self.checks if check.health != "ok"]

    @property
    def sick(self) -> list[str]:
        """Who has an error, in the order of examination."""
        return list(dict.fromkeys(check.subject for check in self.checks if check.health == "error"))

    @property
    def summary(self) -> str:
        counts = Counter(check.health for check in self.checks)
        found = [
            _counted(counts["warning"], "warning"),
            _counted(counts["error"], "error"),
            f"{counts['unknown']} unknown" if counts["unknown"] else "",
        ]
        return ", ".join([_counted(len(self.checks), "check"), *filter(None, found)])


def graded(value: float, warning: float, error: float) -> Health:
    """For what is worse the higher it is."""
    if value >= error:
        return "error"
    return "warning" if value >= warning else "ok"


def shortened(text: str) -> str:
    """Text of any length on one line of a bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
