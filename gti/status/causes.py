"""Many verdicts → the causes of what is wrong on the whole platform, the right one first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gti.site import Site
from gti.status.health import BAD, Verdict

GRAVEST_FIRST = {"unreachable": 0, "unhealthy": 0, "degraded": 1, "unknown": 2}


@dataclass(frozen=True)
class Cause:
    """A service that is wrong by itself; `hurts` suffer from it, or from the same fault of its host."""

    verdict: Verdict
    hurts: tuple[str, ...]


def causes(site: Site, judged: Sequence[Verdict]) -> list[Cause]:
    """The gravest first, and among them those that most services need."""
    order = [verdict.service.name for verdict in judged]
    found = [Cause(verdict, _dependents(site, verdict, order)) for verdict in judged if verdict.is_cause]
    found.sort(key=lambda cause: (GRAVEST_FIRST[cause.verdict.health], -len(cause.hurts)))
    return _one_for_each_host_fault([_only_if_it_hurts(cause) for cause in found], order)


def _dependents(site: Site, verdict: Verdict, looked_at: Sequence[str]) -> tuple[str, ...]:
    return tuple(other.name for other in site.needed_by(verdict.service) if other.name in looked_at)


def _only_if_it_hurts(cause: Cause) -> Cause:
    """What serves on hurts nobody."""
    return cause if cause.verdict.health in BAD else replace(cause, hurts=())


def _one_for_each_host_fault(found: Sequence[Cause], order: Sequence[str]) -> list[Cause]:
    """A host that is away, or whose root is full, is one cause, not one for each of its services."""
    merged: dict[tuple[str | None, ...], Cause] = {}
    for cause in found:
        verdict = cause.verdict
        alone = verdict.stopped or verdict.host_fault is None
        key = (
            verdict.service.host.alias,
            None if alone else verdict.host_fault,
            verdict.service.name if alone else None,
        )
        merged[key] = _merged(merged[key], cause, order) if key in merged else cause
    return list(merged.values())


def _merged(one: Cause, other: Cause, order: Sequence[str]) -> Cause:
    first = other if _is_namesake_of_lost_host(other.verdict) else one
    names = {one.verdict.service.name, other.verdict.service.name, *one.hurts, *other.hurts}
    hurt = names - {first.verdict.service.name}
    return Cause(first.verdict, tuple(name for name in order if name in hurt))


def _is_namesake_of_lost_host(verdict: Verdict) -> bool:
    """A host that is away is best told of by the service that it is there for: by gitea, not by its database."""
    return verdict.seen.host.away and verdict.service.name == verdict.service.host.alias
