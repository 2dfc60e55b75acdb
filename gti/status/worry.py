"""What is wrong with a host, and which of its services that concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["trouble", "worry"]


@dataclass(frozen=True)
class Worry:
    """A trouble degrades the services that it concerns; a worry is only told.

    `at` is the path, unit or name that it is about. `services` are those that it concerns; none given: all of the
    host. `unless` is a service whose own fault would explain it.
    """

    what: str
    severity: Severity
    at: str | None = None
    services: tuple[str, ...] = ()
    unless: str | None = None

    @property
    def is_trouble(self) -> bool:
        return self.severity == "trouble"

    def concerns(self, service: str) -> bool:
        return not self.services or service in self.services
