"""Examines the hosts: one command on each, all at the same time, and the certificates of their services."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from gti.doctor.certificates import certificate
from gti.doctor.checkup import Check, Checkup, shortened
from gti.doctor.hardening import hardening
from gti.doctor.keys import public_half
from gti.doctor.questions import SCRIPT
from gti.doctor.visit import Visit
from gti.doctor.vitals import vitals
from gti.errors import Exit, GtiError
from gti.remote.command import Command
from gti.remote.fanout import Outcome, fan_out
from gti.remote.remote import Remote
from gti.remote.running import Kept, TimedOut
from gti.remote.ssh import CannotConnect, reason
from gti.site import Host, Site


def examine_all(
    remote: Remote, site: Site, hosts: Sequence[Host], seconds: float | None, parallel: int
) -> Checkup:
    def examined(host: Host) -> list[Check]:
        try:
            return [*_visited(remote, site, host, seconds), *_certificates(remote, site, host)]
        finally:
            remote.disconnect(host)

    return sum((_checkup(outcome) for outcome in fan_out(hosts, examined, parallel)), Checkup(()))


def examine(visit: Visit) -> list[Check]:
    """Whatever the host printed, it becomes checks: those that it did not answer are unknown."""
    if not visit.answers:
        said = shortened(visit.output) or "nothing"
        what = f"runs no command of ours; it says: {said}"
        return [visit.graded("ssh", "unknown", what, f"look for yourself: ssh {visit.login}")]
    return [visit.ok("ssh", "answers"), *vitals(visit), *hardening(visit)]


def _visited(remote: Remote, site: Site, host: Host, seconds: float | None) -> Iterator[Check]:
    remote.connect(host)  # in the site's own time, and before the clocks are compared
    answers, late = Kept(), False
    asked = time.time()
    try:
        remote.run(host, Command(("sh", "-c", SCRIPT)), seconds, stdout=answers)
    except TimedOut:
        late = True
    visit = Visit(
        host,
        answers.getvalue().decode("utf-8", "backslashreplace"),
        asked,
        time.time(),
        frozenset(service.unit.removesuffix(".service") for service in site.services_on(host) if service.unit),
        public_half(host.key) if host.key else None,
    )
    if late:
        what = f"had not answered every question after {seconds:g} s"
        yield visit.graded("ssh", "error", what, f"gti doctor {host.alias} --timeout 1m")
    if visit.answers or not late:
        yield from examine(visit)


def _certificates(remote: Remote, site: Site, host: Host) -> Iterator[Check]:
    for service in site.services_on(host):
        for endpoint in (service.endpoint, service.web_endpoint):
            if endpoint and endpoint.tls:
                yield certificate(service, endpoint, remote.reach, site.connect_timeout)


def _checkup(outcome: Outcome[Host, list[Check]]) -> Checkup:
    if outcome.error is None:
        return Checkup(tuple(outcome.value or ()))
    alias = outcome.item.alias
    unreachable = (alias,) if outcome.error.exit == Exit.UNREACHABLE else ()
    return Checkup((_unvisited(alias, outcome.error),), unreachable)


def _unvisited(alias: str, error: GtiError) -> Check:
    what = error.what
    if isinstance(error, CannotConnect):
        what = f"does not answer SSH: {reason(error.__cause__ or error)}"
    tried = [text for label, text in error.details if label == "tried"]
    if tried:
        what += f" (tried {', '.join(tried[0].splitlines())})"
    mend = "  or  ".join(step for step in error.next if step != "gti doctor")
    return Check(alias, "ssh", "error", what, mend)
