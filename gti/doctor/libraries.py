"""The libraries that gti requires, by its own metadata, and the versions that are installed."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from importlib import metadata

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*\(?([^()]*)\)?")
_BOUND = re.compile(r"(>=|<=|==|!=|>|<)\s*([\w.]+)")
_HOLDS = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_PARTS = 6


@dataclass(frozen=True)
class Requirement:
    """`range` is the likes of ">=8.2,<9"."""

    name: str
    range: str

    def __str__(self) -> str:
        return self.name + self.range

    @property
    def installed(self) -> str | None:
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    def allows(self, version: str) -> bool:
        bounds = _BOUND.findall(self.range)
        return all(_HOLDS[sign](_numbers(version), _numbers(bound)) for sign, bound in bounds)


def required(distribution: str) -> list[Requirement]:
    """Without those that only an extra needs. Raises PackageNotFoundError when it is not installed."""
    lines = metadata.requires(distribution) or []
    return [requirement(line) for line in lines if ";" not in line]


def requirement(line: str) -> Requirement:
    match = _REQUIREMENT.fullmatch(line.strip())
    return Requirement(match.group(1), match.group(2).strip()) if match else Requirement(line, "")


def _numbers(version: str) -> tuple[int, ...]:
    """Enough for the plain ranges that gti uses; the whole of PEP 440 would take a library of its own."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    return tuple((numbers + [0] * _PARTS)[:_PARTS])
