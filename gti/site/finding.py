"""A finding: what is wrong with the site file, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gti.errors import Misused

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Place:
    """A line of a site file; line 0 is the file as a whole."""

    file: Path
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(frozen=True)
class Finding:
    severity: Severity
    place: Place
    what: str
    mend: str


class SiteError(Misused):
    """The site file cannot be used. Carries every finding, so that one look mends all."""

    def __init__(self, findings: list[Finding]) -> None:
        first, *others = findings
        details = [("mend", first.mend)]
        if others:
            details.append(("also", "\n".join(f"{f.place}: {f.what}" for f in others[:20])))
        super().__init__(f"{first.place}: {first.what}", details=details, next=["gti site check"])
        self.findings = findings
