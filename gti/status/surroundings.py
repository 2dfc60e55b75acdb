"""A host's clock, and whether it finds and reaches the hosts that its services need."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from gti.components.answer import in_one_line
from gti.site import Endpoint, Host, Service, Site
from gti.status.question import Answers, Questions, Told
from gti.status.worry import Severity, Worry

CLOCK_OFF = 30  # seconds
CLOCK_WRONG = 120  # tokens, heartbeats and time-outs go wrong; from 15 minutes on MinIO refuses signatures

_CLOCK = re.compile(r"\d{9,11}")
NOT_THERE = 2  # getent's exit code for a name that it does not find


def clock_worry(alias: str, told: Told, asked: float, answered: float) -> Iterator[Worry]:
    """`asked` and `answered` are the workstation's clock: only what lies outside of them is off for certain."""
    if not _CLOCK.fullmatch(told.words):
        return
    clock = int(told.words)
    off = clock - answered if clock > answered else min(0.0, clock + 1 - asked)  # date tells whole seconds
    if abs(off) > CLOCK_OFF:
        way = "ahead" if off > 0 else "behind"
        severity: Severity = "trouble" if abs(off) > CLOCK_WRONG else "worry"
        yield Worry(f"the clock of {alias} is {duration(abs(off))} {way}", severity, "clock")


def duration(seconds: float) -> str:
    """The two largest parts: 10 min 3 s."""
    parts, left = [], round(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or "0 s"


def needed_elsewhere(site: Site, services: Sequence[Service]) -> list[tuple[Service, Service]]:
    """Pairs of a service and one that it needs on another host."""
    needs = [(service, site.service(need)) for service in services for need in service.needs]
    return [(service, need) for service, need in needs if need.host != service.host]


def name_of(host: Host) -> str | None:
    """What is to be resolved; an address needs no resolving."""
    try:
        ipaddress.ip_address(host.name)
    except ValueError:
        return host.name
    return None


def door_of(service: Service) -> Endpoint | None:
    """Where others come in; what listens for its own host only (`via` ssh) has none."""
    return service.endpoint if service.via == "direct" else None


def name_worries(
    host: Host, needs: Sequence[tuple[Service, Service]], asked: Questions, told: Answers
) -> list[Worry]:
    worries = []
    for there in dict.fromkeys(need.host for _, need in needs):
        name = name_of(there)
        if name is None or not (what := _misled(there, told[asked.key("name", "name", name)])):
            continue
        concerned = dict.fromkeys(service.name for service, need in needs if need.host == there)
        worries.append(Worry(f"{host.alias} {what}", "trouble", name, tuple(concerned)))
    return worries


def _misled(there: Host, told: Told) -> str | None:
    found = list(dict.fromkeys(line.split()[0] for line in told.lines if line.strip()))
    if told.code == NOT_THERE:
        return f"cannot resolve {there.name}"
    if told.hangs:
        return f"cannot resolve {there.name}: no answer in time"
    if told.code == 0 and found and there.address and there.address not in found:
        return f"resolves {there.name} to {in_one_line(', '.join(found))}, not to {there.address}"
    return None


def door_worries(
    host: Host, needs: Sequence[tuple[Service, Service]], asked: Questions, told: Answers
) -> list[Worry]:
    """Ports that do not open from there. The service behind is to blame when it answers nobody else either."""
    worries = []
    for need in dict.fromkeys(need for _, need in needs):
        endpoint = door_of(need)
        if endpoint is None or not (why := _closed(told[asked.key("door", "door", str(endpoint))])):
            continue
        concerned = tuple(service.name for service, other in needs if other == need)
        what = f"{host.alias} cannot reach {endpoint} ({why})"
        worries.append(Worry(what, "trouble", str(endpoint), concerned, unless=need.name))
    return worries


def _closed(told: Told) -> str | None:
    if told.hangs:
        return "no answer in time"
    for words in ("Connection refused", "No route to host", "Network is unreachable", "Connection timed out"):
        if told.code and words in told.text:
            return words.lower()
    return None
