"""What a service says of itself when it is asked in its own protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gti.errors import Unreachable
from gti.remote.reach import Reach


@dataclass(frozen=True)
class Login:
    """Who asks. Either part may be missing: then the question is less deep, and the answer says so.

    `wanting` names the reference that could not be looked up ("env:HIVE_DB_PASSWORD is not set").
    """

    user: str | None = None
    password: str | None = None
    wanting: str | None = None
    database: str | None = None
    bucket: str | None = None

    def unasked(self, question: str) -> str:
        why = f" ({self.wanting})" if self.wanting else ""
        return f"no password{why}: {question} not asked"


@dataclass(frozen=True)
class Answer:
    """`says` is one short line for a table; `missing` is what was not asked, and why.

    `worries` are what is wrong inside a service that serves: a lock that is stuck, a partition without a leader.
    """

    well: bool
    says: str
    version: str | None = None
    missing: str | None = None
    worries: tuple[str, ...] = ()


class NoAnswer(Unreachable):
    """Nothing, or nothing of this protocol, came back: refused, timed out, closed, garbage."""


Probe = Callable[[Reach, Login, float], Answer]

LONGEST = 120


def in_one_line(text: str) -> str:
    """A server's own words, fit for a table cell: no line breaks, no terminal escapes, no flood."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: 10 * LONGEST])
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
