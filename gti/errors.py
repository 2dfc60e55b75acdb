"""What can go wrong, each with its exit code and a hint of what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes are an API: scripts and schedulers branch on them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNHEALTHY = 3
    UNREACHABLE = 4
    REFUSED = 5
    LOCKED = 6
    PARTLY = 7
    INTERRUPTED = 130


class GtiError(Exception):
    """Says what failed and where, what was tried, and what to type next."""

    exit = Exit.FAILED

    def __init__(
        self,
        what: str,
        *,
        details: Iterable[tuple[str, str]] = (),
        next: Iterable[str] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.details = tuple(details)
        self.next = tuple(next)

    def lines(self) -> list[str]:
        """The error as an operator reads it: one headline, then aligned facts."""
        rows = [*self.details, *(("next", command) for command in self.next)]
        width = max((len(label) for label, _ in rows), default=0)
        facts = []
        for label, text in rows:
            first, *more = text.splitlines() or [""]
            facts.append(f"  {label:<{width}}  {first}")
            facts += [f"  {'':<{width}}  {line}" for line in more]
        return [self.what, *facts]


class Failed(GtiError):
    """It was tried, and it did not work."""


class Misused(GtiError):
    """The command line or the site file asks for something that makes no sense."""

    exit = Exit.USAGE


class Unhealthy(GtiError):
    """The answer is known, and it is not good."""

    exit = Exit.UNHEALTHY


class Unreachable(GtiError):
    """No answer: the host, the service or its name."""

    exit = Exit.UNREACHABLE


class Refused(GtiError):
    """Somebody has to agree first, and nobody did."""

    exit = Exit.REFUSED


class Partly(GtiError):
    """Some of it worked, some of it did not."""

    exit = Exit.PARTLY


class Interrupted(GtiError):
    """Stopped before the end, by Ctrl-C or because nobody reads any more."""

    exit = Exit.INTERRUPTED
