"""Three layers → one verdict per service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gti.components.answer import Answer
from gti.errors import GtiError
from gti.remote.trust import ChangedHostKey
from gti.site import Host, Service
from gti.status.unit import Unit
from gti.status.worry import Worry

Health = Literal["ok", "degraded", "unhealthy", "unreachable", "unknown"]

BAD = ("unhealthy", "unreachable")


@dataclass(frozen=True)
class HostSeen:
    """The first layer: `error` is why SSH did not let us look; `away` that the host is to blame, not our key."""

    host: Host
    error: GtiError | None = None
    away: bool = False
    worries: tuple[Worry, ...] = ()


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
    """`what` says what is wrong with the service itself; `chain` leads from it to the cause.

    `host_fault` is what its host does to it. `stopped` is somebody's doing. Neither follows from what it needs.
    """

    seen: ServiceSeen
    health: Health
    what: str | None = None
    chain: tuple[str, ...] = ()
    worries: tuple[str, ...] = ()
    host_fault: str | None = None
    stopped: bool = False

    @property
    def service(self) -> Service:
        return self.seen.service

    @property
    def is_cause(self) -> bool:
        """It is wrong by itself. What fails or is silent while something it needs is bad may be a mere symptom."""
        if self.health == "ok" or not self.what:
            return False
        return len(self.chain) <= 1 or self.stopped or self.host_fault is not None


def verdicts(seen: Sequence[ServiceSeen]) -> list[Verdict]:
    """One per service, in start order, so that what a service needs is judged before it."""
    judged: dict[str, Verdict] = {}
    for one in seen:
        judged[one.service.name] = _blaming(_with_worries(one, _own(one), judged), judged)
    return list(judged.values())


def _own(seen: ServiceSeen) -> Verdict:
    """From its own three layers alone."""
    if seen.host.away:
        return _away(seen)
    unit_is_down = seen.unit.state != "unknown" and not seen.unit.runs
    if unit_is_down or seen.unit.looping:
        return _without_unit(seen)
    if seen.answer is not None:
        return Verdict(seen, "ok") if seen.answer.well else Verdict(seen, "unhealthy", seen.answer.says)
    if seen.silence is not None:
        return Verdict(seen, "unhealthy", seen.silence)
    if seen.unit.runs:
        return Verdict(seen, "ok")
    return Verdict(seen, "unknown", seen.unasked or seen.unit.why)


def _away(seen: ServiceSeen) -> Verdict:
    headline = seen.host.error.what if seen.host.error else "its host does not answer"
    if seen.answer is not None and seen.answer.well:
        return Verdict(seen, "degraded", f"it answers, but {headline}", host_fault=headline)
    return Verdict(seen, "unreachable", headline, host_fault=headline)


def _without_unit(seen: ServiceSeen) -> Verdict:
    told = describe_unit(seen.unit)
    stopped = seen.unit.is_stopped
    if seen.answer is None or is_asked_elsewhere(seen.service):
        return Verdict(seen, "unhealthy", told, stopped=stopped)
    if seen.answer.well:
        return Verdict(seen, "degraded", f"it answers, but its {told}", stopped=stopped)
    return Verdict(seen, "unhealthy", f"{told}; {seen.answer.says}", stopped=stopped)


def is_asked_elsewhere(service: Service) -> bool:
    """Airflow's scheduler listens nowhere: the webserver tells of it, and its silence is not the scheduler's."""
    return service.protocol == "airflow-scheduler"


def _with_worries(seen: ServiceSeen, own: Verdict, judged: Mapping[str, Verdict]) -> Verdict:
    """A trouble of the host's is told after the fault that it may explain, a worry only where all are listed."""
    of_host = [worry for worry in seen.host.worries if _concerns(worry, seen.service, judged)]
    troubles = [worry.what for worry in of_host if worry.is_trouble]
    inside = list(seen.answer.worries) if seen.answer else []
    mild = [worry.what for worry in of_host if not worry.is_trouble]
    judgement = replace(own, worries=(*troubles, *inside, *_worries_of_unit(seen.unit), *mild))
    if own.health == "ok" and troubles + inside:
        judgement = replace(judgement, health="degraded", what=(troubles + inside)[0])
    elif own.what and troubles:
        judgement = replace(judgement, what=f"{own.what}; {troubles[0]}")
    return replace(judgement, host_fault=troubles[0]) if troubles and not own.host_fault else judgement


def _concerns(worry: Worry, service: Service, judged: Mapping[str, Verdict]) -> bool:
    explained = worry.unless in judged and judged[worry.unless].health in BAD if worry.unless else False
    return worry.concerns(service.name) and not explained


def _worries_of_unit(unit: Unit) -> list[str]:
    found = []
    if unit.runs and unit.is_masked:
        found.append("its unit is masked: once it has ended, it cannot be started")
    if unit.killed:
        times = "a process" if unit.killed == 1 else f"{unit.killed} processes"
        found.append(f"out of memory: the kernel has killed {times} of its unit")
    return found


def _blaming(own: Verdict, judged: Mapping[str, Verdict]) -> Verdict:
    """What needs a bad service is at least degraded, and the chain names the deepest bad one."""
    name = own.service.name
    needs = [judged[need] for need in own.service.needs if need in judged]
    bad = [need for need in needs if need.health in BAD or (need.health == "degraded" and len(need.chain) > 1)]
    if not bad or own.health == "unknown":
        return replace(own, chain=(name,))
    chain = (name, *max(bad, key=lambda need: len(need.chain)).chain)
    return replace(own, health="degraded" if own.health == "ok" else own.health, chain=chain)


def describe_unit(unit: Unit) -> str:
    since = f" since {unit.since:%Y-%m-%d %H:%M:%S} UTC" if unit.since else ""
    if unit.looping:
        ended = None if unit.why == "auto-restart" else unit.why
        return "unit is crash-looping" + _in_brackets(unit.instance, f"{unit.restarts} restarts", ended)
    disabled = unit.boot == "disabled" and unit.state in ("inactive", "failed")
    notes = _in_brackets(unit.instance, unit.why, "disabled" if disabled else None)
    return f"unit is {unit.state}{notes}{since}"


def _in_brackets(*notes: str | None) -> str:
    told = [note for note in notes if note]
    return f" ({', '.join(told)})" if told else ""


def is_away(error: GtiError) -> bool:
    """Whether SSH failed for a reason of the host's: a key that we lack, or do not know yet, is ours."""
    from gti.remote.ssh import CannotConnect

    return isinstance(error, CannotConnect | ChangedHostKey)
