"""The look at one host: everything in one command, and its worries."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from gti.components.answer import in_one_line
from gti.remote.command import Command
from gti.remote.remote import Remote
from gti.remote.running import Kept, TimedOut
from gti.site import Host, Service, Site
from gti.status.disks import disk_worries, folders_of
from gti.status.health import HostSeen
from gti.status.question import Answers, Questions, taken_apart
from gti.status.surroundings import clock_worry, door_of, door_worries, name_of, name_worries, needed_elsewhere
from gti.status.unit import PROPERTIES, Unit, full_name, units
from gti.status.worry import Worry

CONNECTING = 2.5
ASKING = 2.5
EACH_QUESTION = 2  # seconds; they are asked side by side


@dataclass(frozen=True)
class HostLook:
    """`units` by the unit's name, or by that of the service that is three commands."""

    seen: HostSeen
    units: dict[str, Unit]


def look_at_host(remote: Remote, site: Site, host: Host, services: Sequence[Service], until: float) -> HostLook:
    remote.connect(host, CONNECTING)
    asked = questions(site, host, services)
    left = min(ASKING, until - time.monotonic() - 0.3)
    began = time.time()
    told, complaint = _asked(remote, host, asked, left)
    if told.by_name:
        worries = host_worries(site, host, services, asked, told, (began, time.time()))
    else:
        worries = [_mute(host, complaint)] if complaint else []
    found = units(told, unit_names(services), complaint)
    for service in services:
        if service.commands:
            found[service.name] = _by_command(remote, host, service.commands.status)
    return HostLook(HostSeen(host, worries=tuple(worries)), found)


def unit_names(services: Sequence[Service]) -> list[str]:
    return list(dict.fromkeys(service.unit for service in services if service.unit))


def questions(site: Site, host: Host, services: Sequence[Service]) -> Questions:
    """Of the disks all is asked, for whoever has its data there is concerned, and nobody else."""
    needs = [need for _, need in needed_elsewhere(site, services)]
    return Questions(
        tuple(full_name(unit) for unit in unit_names(services)),
        folders_of(site.services_on(host)),
        tuple(dict.fromkeys(name for need in needs if (name := name_of(need.host)))),
        tuple(dict.fromkeys(str(door) for need in needs if (door := door_of(need)))),
    )


def host_worries(
    site: Site,
    host: Host,
    services: Sequence[Service],
    asked: Questions,
    told: Answers,
    during: tuple[float, float],
) -> list[Worry]:
    """The graver first; among them, what explains most."""
    needs = needed_elsewhere(site, services)
    names = name_worries(host, needs, asked, told)
    misled = {worry.at for worry in names}
    found = [service for service in needs if service[1].host.name not in misled]
    worries = [
        *disk_worries(host.alias, site.services_on(host), asked, told),
        *clock_worry(host.alias, told["clock"], *during),
        *names,
        *door_worries(host, found, asked, told),
    ]
    return sorted(worries, key=lambda worry: not worry.is_trouble)


def _asked(remote: Remote, host: Host, asked: Questions, seconds: float) -> tuple[Answers, str]:
    """What was answered in time counts, whatever else was not; and what the host said instead, if anything."""
    output, errors = Kept(), Kept()
    each = EACH_QUESTION if seconds > EACH_QUESTION else 1
    try:
        remote.run(host, asked.command(PROPERTIES, each), max(0.5, seconds), stdout=output, stderr=errors)
    except TimedOut:
        return taken_apart(output.getvalue()), f"no answer in {seconds:.1f} s"
    words = errors.getvalue().decode("utf-8", "replace").strip().splitlines()
    return taken_apart(output.getvalue()), in_one_line(words[-1]) if words else ""


def _mute(host: Host, complaint: str) -> Worry:
    """It lets us in, and then answers nothing: so slow, or no shell for us."""
    return Worry(f"{host.alias} lets us in, but tells nothing of itself: {complaint}", "worry", "ssh")


def _by_command(remote: Remote, host: Host, status: tuple[str, ...]) -> Unit:
    result = remote.run(host, Command(status), seconds=ASKING)
    if result.code == 0:
        return Unit("active")
    return Unit("inactive", why=f"{status[0]}: exit {result.code}")
