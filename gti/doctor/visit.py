"""One visit to one host: what it answered, when, and what the site expects of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from gti.doctor.checkup import Check, Health
from gti.doctor.questions import Answer, Answers
from gti.site import Host


@dataclass(frozen=True)
class Visit:
    """`asked` and `answered` are the workstation's clock; `public_key` is the half that should be deployed."""

    host: Host
    output: str
    asked: float
    answered: float
    units: frozenset[str] = frozenset()
    public_key: bytes | None = None

    @cached_property
    def answers(self) -> Answers:
        return Answers(self.output)

    def ok(self, topic: str, what: str) -> Check:
        return Check(self.host.alias, topic, "ok", what)

    def graded(self, topic: str, health: Health, what: str, mend: str) -> Check:
        return Check(self.host.alias, topic, health, what, "" if health == "ok" else mend)

    def unknown(self, topic: str, source: str, answer: Answer) -> Check:
        complaint = answer.complaint if not answer.is_whole else "its answer makes no sense"
        mend = f"look for yourself: ssh {self.login}"
        return Check(self.host.alias, topic, "unknown", f"{source} does not tell: {complaint}", mend)

    @property
    def user(self) -> str:
        """Who we are there; empty when that makes no sense. Safe to show in a command."""
        name = self.answers["user"].text
        return name if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}", name) else ""

    @property
    def login(self) -> str:
        """What `ssh` is to be given to get there."""
        port = f"-p {self.host.port} " if self.host.port else ""
        return port + (f"{self.host.user}@{self.host.name}" if self.host.user else self.host.name)

    def by_exec(self, command: str) -> str:
        return f"gti exec --on {self.host.alias} -- {command}"
