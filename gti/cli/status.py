"""`gti status`: one look at the platform."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gti.cli import complete
from gti.cli.app import App, pass_app
from gti.cli.options import common_options, split_words, watch_option
from gti.cli.output import Column, as_csv, as_json, as_table, as_yaml, output_option, write
from gti.cli.terminal import harmless
from gti.cli.watch import watching
from gti.errors import GtiError, Unhealthy, Unreachable

if TYPE_CHECKING:
    from gti.status.causes import Cause
    from gti.status.health import HostSeen, ServiceSeen, Verdict
    from gti.status.look import Platform

COLUMNS = [
    Column("COMPONENT", "component"),
    Column("SERVICE", "service"),
    Column("HOST", "host"),
    Column("HEALTH", "health", colored=True),
    Column("SSH", "ssh"),
    Column("UNIT", "unit", colored=True),
    Column("ANSWER", "answer"),
    Column("VERSION", "version"),
]


@click.command("status")
@click.argument("words", nargs=-1, metavar="[COMPONENT|HOST|SERVICE]...", shell_complete=complete.services)
@watch_option
@output_option
@common_options
@pass_app
def command(app: App, words: tuple[str, ...], watch: float | None, form: str) -> None:
    """Is the platform well? If not: what is the cause?

    Three layers of every service: its host answers SSH, its unit runs, and it answers in its own protocol.
    Exit code 0: all well; 3: something is unhealthy; 4: a host or service could not be reached or judged.
    """
    from gti.status.look import look

    with app.remote() as remote:
        for _ in watching(watch, form):
            platform = look(app.site, remote, app.secrets, split_words(words))
            write(_printed(app, platform, form, compact=watch is not None))
            if form == "table":
                _tell_what_was_not_seen(app, platform)
    if error := _conclusion(platform):
        raise error


def _printed(app: App, platform: Platform, form: str, compact: bool) -> str:
    if form == "json":
        return as_json(app, _whole(platform), compact=compact)
    if form == "yaml":
        return as_yaml(app, _whole(platform))
    if form == "csv":
        return as_csv(app, [_service(verdict) for verdict in platform.verdicts])
    rows = [_row(verdict) for verdict in platform.verdicts]
    below = "".join(_cause_lines(cause) for cause in platform.causes) + _worry_lines(platform)
    return as_table(app, rows, COLUMNS) + app.masked(harmless(below))


def _row(verdict: Verdict) -> dict[str, Any]:
    """One line of the table: short, for eyes."""
    service, seen = verdict.service, verdict.seen
    return {
        "component": service.component,
        "service": service.name,
        "host": service.host.alias,
        "health": verdict.health + (f" ← {verdict.chain[1]}" if len(verdict.chain) > 1 else ""),
        "ssh": _ssh(seen.host),
        "unit": _unit_words(verdict),
        "answer": _answer_words(verdict),
        "version": _version(verdict),
    }


def _ssh(host: HostSeen) -> str:
    from gti.remote.trust import ChangedHostKey

    if host.error is None:
        return "ok"
    if isinstance(host.error, ChangedHostKey):
        return "other key"
    return "no answer" if host.away else "no login"


def _unit_words(verdict: Verdict) -> str:
    unit = verdict.seen.unit
    words = [unit.state, "crash-looping"] if unit.looping else [unit.state]
    if unit.since:
        words.append(_age((datetime.now(UTC) - unit.since).total_seconds()))
    if unit.why and unit.state != "unknown":
        words.append(f"({unit.why})")
    if unit.restarts:
        words.append(f"{unit.restarts} restarts")
    return " ".join(words)


def _age(seconds: float) -> str:
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{letter}"
    return f"{max(0, int(seconds))}s"


def _answer_words(verdict: Verdict) -> str | None:
    seen = verdict.seen
    return seen.answer.says if seen.answer else seen.silence


def _version(verdict: Verdict) -> str | None:
    version, lock = _version_of(verdict), verdict.service.version
    if version is None or lock is None or same_version(version, lock):
        return version
    return f"{version} (lock: {lock})"


def _version_of(verdict: Verdict) -> str | None:
    return verdict.seen.answer.version if verdict.seen.answer else None


def same_version(one: str, other: str) -> bool:
    """As far as both tell: 10.11 is 10.11.6, and Kafka says 3.9 for 3.9.0."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return all(mine == theirs for mine, theirs in pairs)


def _cause_lines(cause: Cause) -> str:
    service = cause.verdict.service
    also = [f"\n         also  {worry}" for worry in _untold_worries(cause.verdict)]
    hurts = f"\n         hurts {', '.join(cause.hurts)}" if cause.hurts else ""
    return f"\ncause    {service.name} on {service.host.alias}: {cause.verdict.what}{''.join(also)}{hurts}\n"


def _untold_worries(verdict: Verdict) -> list[str]:
    return [worry for worry in verdict.worries if worry not in (verdict.what or "")]


def _worry_lines(platform: Platform) -> str:
    """The worries that no cause has told of: each once, with all whom it concerns."""
    told = {worry for cause in platform.causes for worry in cause.verdict.worries}
    concerned: dict[str, list[str]] = {}
    for verdict in platform.verdicts:
        for worry in verdict.worries:
            if worry not in told:
                concerned.setdefault(worry, []).append(verdict.service.name)
    lines = [f"worry    {', '.join(names)}: {worry}\n" for worry, names in concerned.items()]
    return "".join(["\n", *lines]) if lines else ""


def _whole(platform: Platform) -> dict[str, Any]:
    """The document of -o json and -o yaml: see docs/output.md."""
    causes = [_cause(cause) for cause in platform.causes]
    return {
        "site": platform.site.name,
        "at": platform.at,
        "seconds": round(platform.seconds, 3),
        "health": _overall(platform),
        "first_cause": causes[0]["service"] if causes else None,
        "causes": causes,
        "services": [_service(verdict) for verdict in platform.verdicts],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    service = cause.verdict.service
    return {
        "service": service.name,
        "component": service.component,
        "host": service.host.alias,
        "health": cause.verdict.health,
        "what": cause.verdict.what,
        "worries": cause.verdict.worries,
        "hurts": cause.hurts,
    }


def _service(verdict: Verdict) -> dict[str, Any]:
    from gti.status.health import describe_unit

    service, seen = verdict.service, verdict.seen
    version = _version_of(verdict)
    return {
        "service": service.name,
        "component": service.component,
        "host": service.host.alias,
        "health": verdict.health,
        "what": verdict.what,
        "cause": verdict.chain[-1] if verdict.health != "ok" else None,
        "chain": verdict.chain,
        "ssh": _ssh(seen.host),
        "unit": seen.unit.state,
        "unit_since": seen.unit.since,
        "unit_restarts": seen.unit.restarts,
        "unit_detail": describe_unit(seen.unit),
        "unit_boot": seen.unit.boot,
        "worries": verdict.worries,
        "answers": None
        if seen.answer is None and seen.silence is None
        else seen.answer is not None and seen.answer.well,
        "answer": _answer_words(verdict),
        "not_asked": seen.answer.missing if seen.answer else seen.unasked,
        "version": version,
        "version_locked": service.version,
        "version_ok": None
        if version is None or service.version is None
        else same_version(version, service.version),
    }


def _overall(platform: Platform) -> str:
    healths = {verdict.health for verdict in platform.verdicts}
    return next((bad for bad in ("unreachable", "unhealthy", "unknown", "degraded") if bad in healths), "ok")


def _tell_what_was_not_seen(app: App, platform: Platform) -> None:
    """What was less deep than it could be: one line for each reason, not for each service."""
    reasons: dict[str, list[str]] = {}
    for verdict in platform.verdicts:
        seen = verdict.seen
        if seen.answer and seen.answer.missing:
            app.note(f"{verdict.service.name}: {seen.answer.missing}")
        if seen.unit.state == "unknown" and not seen.host.away:
            reasons.setdefault(_why_unit_unseen(seen), []).append(seen.host.host.alias)
    for reason, hosts in reasons.items():
        app.note(f"units not seen on {', '.join(dict.fromkeys(hosts))}: {reason}")


def _why_unit_unseen(seen: ServiceSeen) -> str:
    from gti.remote.trust import UnknownHostKey

    if isinstance(seen.host.error, UnknownHostKey):
        return "their host keys are unknown; gti site trust"
    return seen.unit.why or "no answer in time"


def _conclusion(platform: Platform) -> GtiError | None:
    overall = _overall(platform)
    if overall == "ok":
        return None
    names = [cause.verdict.service.name for cause in platform.causes]
    kind = Unreachable if overall in ("unreachable", "unknown") else Unhealthy
    first = platform.causes[0].verdict.service if platform.causes else None
    return kind(
        f"the platform is {overall}: {', '.join(names)}",
        next=[f"gti doctor {first.host.alias}"] if first else [],
    )
