"""Looks at everything at once, and comes back in time whoever does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from gti.components import probe_of
from gti.components.answer import Answer, Login
from gti.errors import GtiError, Unreachable
from gti.remote.fanout import Late, within
from gti.remote.reach import Reach
from gti.remote.remote import Remote
from gti.secrets import SecretError, Secrets
from gti.site import Endpoint, Host, Service, Site
from gti.status.causes import Cause, causes
from gti.status.health import HostSeen, ServiceSeen, Verdict, is_asked_elsewhere, is_away, verdicts
from gti.status.host import CONNECTING, HostLook, look_at_host
from gti.status.lakehouse import TablesSeen, look_at_tables
from gti.status.tasks import TasksSeen, look_at_tasks
from gti.status.unit import Unit

WHOLE_LOOK = 4.0  # seconds for everything: with the start of the program, five
ASKING = 2.5

Told = HostLook | Answer | TablesSeen | TasksSeen


@dataclass(frozen=True)
class Platform:
    """The result of one look."""

    site: Site
    at: datetime
    seconds: float
    verdicts: tuple[Verdict, ...]
    causes: tuple[Cause, ...]


def look(site: Site, remote: Remote, secrets: Secrets, words: Sequence[str] = ()) -> Platform:
    """All services that `words` name, and what those need: a cause may lie outside of what was asked for."""
    started = time.monotonic()
    services = with_needs(site, site.select_services(words))
    hosts = [host for host in site.hosts if any(service.host == host for service in services)]
    tasks: dict[str, Callable[[], Told]] = {}
    for host in hosts:
        here = [service for service in services if service.host == host]
        tasks[f"host {host.alias}"] = partial(look_at_host, remote, site, host, here, started + WHOLE_LOOK)
    for service in services:
        if service.protocol:
            tasks[f"service {service.name}"] = _service_task(site, remote, secrets, service, started)
    if {"hive-metastore", "minio"} <= {service.protocol for service in services}:
        tasks["tables"] = _tables_task(site, remote, secrets, started)
    for scheduler in (service for service in services if service.protocol == "airflow-scheduler"):
        tasks["tasks"] = _tasks_task(site, remote, secrets, scheduler, started)
    results = within(WHOLE_LOOK - (time.monotonic() - started), tasks)
    host_looks = {host.alias: _host_look(host, results[f"host {host.alias}"]) for host in hosts}
    seen = [_seen(remote, site, one, host_looks[one.host.alias], _with_more(one, results)) for one in services]
    judged = verdicts(seen)
    return Platform(
        site, datetime.now(UTC), time.monotonic() - started, tuple(judged), tuple(causes(site, judged))
    )


def with_needs(site: Site, chosen: Sequence[Service]) -> list[Service]:
    wanted = {service.name for service in chosen}
    for service in reversed(site.services):  # dependents come after what they need
        if service.name in wanted:
            wanted.update(service.needs)
    return [service for service in site.services if service.name in wanted]


def _service_task(
    site: Site, remote: Remote, secrets: Secrets, service: Service, started: float
) -> Callable[[], Told]:
    def task() -> Answer:
        reach = _reach(site, remote, service)
        left = WHOLE_LOOK - (time.monotonic() - started) - 0.3
        return probe_of(service.protocol or "")(reach, login_of(service, secrets), max(0.3, min(ASKING, left)))

    return task


def _tables_task(site: Site, remote: Remote, secrets: Secrets, started: float) -> Callable[[], Told]:
    def task() -> TablesSeen:
        left = WHOLE_LOOK - (time.monotonic() - started) - 0.4
        reach = partial(_reach, site, remote)
        return look_at_tables(site, reach, lambda service: login_of(service, secrets), min(ASKING, left))

    return task


def _tasks_task(
    site: Site, remote: Remote, secrets: Secrets, scheduler: Service, started: float
) -> Callable[[], Told]:
    def task() -> TasksSeen:
        left = WHOLE_LOOK - (time.monotonic() - started) - 0.4
        login = login_of(scheduler, secrets)
        return look_at_tasks(scheduler, remote, partial(_reach, site, remote), login, min(ASKING, left))

    return task


def _reach(site: Site, remote: Remote, service: Service) -> Reach:
    endpoint = asked_at(site, service)
    if endpoint is None:
        raise Unreachable("it has no port to ask at")
    return remote.reach(endpoint, CONNECTING)


def _with_more(service: Service, results: Mapping[str, Told | GtiError | Late]) -> Told | GtiError | Late | None:
    """What the service said of itself, and what was found of it in the tables and among the tasks."""
    result = results.get(f"service {service.name}")
    for more in (results.get("tables"), results.get("tasks")):
        if isinstance(result, Answer) and isinstance(more, TablesSeen | TasksSeen):
            result = more.onto(service.protocol, result)
    return result


def asked_at(site: Site, service: Service) -> Endpoint | None:
    """Spark answers on its web port; a scheduler speaks through its webserver."""
    if service.protocol in ("spark-master", "spark-worker"):
        return service.web_endpoint
    if service.protocol == "airflow-scheduler":
        web = [
            one
            for one in site.services
            if one.protocol == "airflow-webserver" and one.component == service.component
        ]
        return web[0].endpoint if web else None
    return service.endpoint


def login_of(service: Service, secrets: Secrets) -> Login:
    """With what can be looked up; what cannot makes the question less deep, not impossible."""
    user = password = wanting = None
    try:
        user = secrets.text(service.user) if service.user else None
        password = secrets.look_up(service.password) if service.password else None
    except SecretError as error:
        wanting = error.what
    return Login(user, password, wanting, service.database, service.bucket)


def _host_look(host: Host, result: Told | GtiError | Late) -> HostLook:
    if isinstance(result, HostLook):
        return result
    if isinstance(result, GtiError):
        return HostLook(HostSeen(host, result, is_away(result)), {})
    late = Unreachable(f"no answer from {host.alias} over SSH in {WHOLE_LOOK:g} s", next=[f"ssh -v {host.name}"])
    return HostLook(HostSeen(host, late, away=True), {})


def _seen(
    remote: Remote,
    site: Site,
    service: Service,
    host: HostLook,
    result: Told | GtiError | Late | None,
) -> ServiceSeen:
    name = service.unit or service.name
    unit = host.units.get(name, Unit("unknown", why=host.seen.error.what if host.seen.error else None))
    if isinstance(result, Answer):
        return ServiceSeen(service, host.seen, unit, result)
    if result is None:
        return ServiceSeen(service, host.seen, unit, None)
    if service.via == "ssh" and host.seen.error:
        return ServiceSeen(service, host.seen, unit, None, unasked=f"not asked: {host.seen.error.what}")
    if is_asked_elsewhere(service):
        return ServiceSeen(service, host.seen, unit, None, unasked="not asked: the webserver does not answer")
    endpoint = asked_at(site, service)
    refusal = remote.refusal(endpoint) if endpoint else None
    silence = refusal or (result.what if isinstance(result, GtiError) else f"no answer in {WHOLE_LOOK:g} s")
    return ServiceSeen(
        service, host.seen, unit, None, silence=f"{silence} on port {endpoint.port}" if endpoint else silence
    )
