"""Three layers → one verdict per service, and the causes of what is wrong on the whole platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gti.components.answer import Answer
from gti.errors import GtiError
from gti.remote.trust import ChangedHostKey
from gti.site import Host, Service, Site
from gti.status.unit import Unit

Health = Literal["ok", "degraded", "unhealthy", "unreachable", "unknown"]

BAD = ("unhealthy", "unreachable")


@dataclass(frozen=True)
class HostSeen:
    """The first layer: `error` is why SSH did not let us look; `away` that the host is to blame, not our key."""

    host: Host
    error: GtiError | None = None
    away: bool = False


@dataclass(frozen=True)
class ServiceSeen:
    """The three layers of one service. `silence` is why it gave no answer, `unasked` why it was not asked."""

    service: Service
    host: HostSeen
    unit: Unit
    answer: Answer | None
    silence: str | None = None
    unasked: str | None = None


@dataclass(frozen=True)
class Verdict:
    """`what` says what is wrong with the service itself; `chain` leads from it to the cause."""

    seen: ServiceSeen
    health: Health
    what: str | None = None
    chain: tuple[str, ...] = ()

    @property
    def service(self) -> Service:
        return self.seen.service


@dataclass(frozen=True)
class Cause:
    """A service that is wrong while all it needs is well; `hurts` are those that need it."""

    verdict: Verdict
    hurts: tuple[str, ...]


def verdicts(seen: Sequence[ServiceSeen]) -> list[Verdict]:
    """One per service, in start order, so that what a service needs is judged before it."""
    judged: dict[str, Verdict] = {}
    for one in seen:
        health, what = _own_health(one)
        judged[one.service.name] = _blaming(one, health, what, judged)
    return list(judged.values())


def causes(site: Site, judged: Sequence[Verdict]) -> list[Cause]:
    """Those that hurt most first."""
    looked_at = {verdict.service.name for verdict in judged}
    found = []
    for verdict in judged:
        if verdict.health != "ok" and verdict.what and len(verdict.chain) <= 1:
            hurt = [other.name for other in site.needed_by(verdict.service) if other.name in looked_at]
            found.append(Cause(verdict, tuple(hurt)))
    order = {"unreachable": 0, "unhealthy": 0, "degraded": 1, "unknown": 2}
    return sorted(found, key=lambda cause: (order[cause.verdict.health], -len(cause.hurts)))


def _own_health(seen: ServiceSeen) -> tuple[Health, str | None]:
    """From its own three layers alone."""
    if seen.answer is not None:
        return _health_of_answer(seen, seen.answer)
    if seen.host.away:
        return _away(seen.host)
    if seen.unit.state != "unknown" and not seen.unit.runs:
        return "unhealthy", describe_unit(seen.unit)
    if seen.silence is not None:
        return "unhealthy", seen.silence
    if seen.unit.runs:
        return "ok", None
    return "unknown", seen.unasked or seen.unit.why


def _health_of_answer(seen: ServiceSeen, answer: Answer) -> tuple[Health, str | None]:
    if seen.host.away:
        return ("degraded", f"it answers, but {_headline(seen.host)}") if answer.well else _away(seen.host)
    if not answer.well:
        return "unhealthy", answer.says
    if seen.unit.state != "unknown" and not seen.unit.runs:
        return "degraded", f"it answers, but its {describe_unit(seen.unit)}"
    return "ok", None


def _blaming(seen: ServiceSeen, health: Health, what: str | None, judged: Mapping[str, Verdict]) -> Verdict:
    """What needs a bad service is at least degraded, and the chain names the deepest bad one."""
    needs = [judged[need] for need in seen.service.needs if need in judged]
    bad = [need for need in needs if need.health in BAD or (need.health == "degraded" and len(need.chain) > 1)]
    if not bad or health == "unknown":
        return Verdict(seen, health, what, (seen.service.name,))
    chain = (seen.service.name, *max(bad, key=lambda need: len(need.chain)).chain)
    if health == "ok":
        return Verdict(seen, "degraded", None, chain)
    return Verdict(seen, health, what, chain)


def describe_unit(unit: Unit) -> str:
    since = f" since {unit.since:%Y-%m-%d %H:%M:%S} UTC" if unit.since else ""
    why = f" ({unit.why})" if unit.why else ""
    return f"unit is {unit.state}{why}{since}"


def _away(host: HostSeen) -> tuple[Health, str]:
    return "unreachable", _headline(host)


def _headline(host: HostSeen) -> str:
    return host.error.what if host.error else ""


def is_away(error: GtiError) -> bool:
    """Whether SSH failed for a reason of the host's: a key that we lack, or do not know yet, is ours."""
    from gti.remote.ssh import CannotConnect

    return isinstance(error, CannotConnect | ChangedHostKey)
