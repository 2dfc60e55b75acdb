"""Spark standalone: what the master and the worker tell on their web ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, plural
from gti.components.clock import server_time
from gti.components.http import get, text_of, version_in, whole
from gti.components.wire import Deadline
from gti.remote.reach import Reach

# Without the slash at its end it is a redirect.
STATE = "/json/"
# Seconds. A heartbeat comes every 15; after 60 without one the master calls the worker dead.
STALE = 30
LATELY = 3600


@dataclass(frozen=True)
class Worker:
    """As its master sees it; `heartbeat` in seconds since 1970, by the master's clock."""

    host: str
    state: str
    heartbeat: float


def probe_master(at: Reach, _login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    response = get(at, STATE, deadline)
    state = response.facts()
    if isinstance(state, Answer):
        return state
    status, alive = text_of(state.get("status")), whole(state.get("aliveworkers"))
    if status is None:
        raise NoAnswer("not a Spark master's answer")
    if status != "ALIVE":
        return Answer(well=False, says=f"the master is {status}", version=_version(at, deadline))
    says = f"{plural(alive, 'worker')} alive{_dead(state, alive)}, {_cores(state)}"
    worries = tuple(_worker_worries(_workers(state), server_time(response).timestamp()))
    if not alive:  # the master itself serves: the worker has a probe of its own, and is to blame
        worries = ("no worker is alive", *worries)
    return Answer(well=True, says=says, version=_version(at, deadline), worries=worries)


def probe_worker(at: Reach, _login: Login, seconds: float) -> Answer:
    """Its own word only: a worker that has lost its master answers as before. Ask the master too."""
    deadline = Deadline.after(seconds)
    state = get(at, STATE, deadline).facts()
    if isinstance(state, Answer):
        return state
    if not (isinstance(state.get("executors"), list) and isinstance(state.get("masterurl"), str)):
        raise NoAnswer("not a Spark worker's answer")
    says = f"{_cores(state)}, {plural(len(state['executors']), 'executor')}"
    if not state["masterurl"]:
        return Answer(well=False, says="never registered with a master", version=_version(at, deadline))
    return Answer(well=True, says=says, version=_version(at, deadline))


def _workers(state: dict[str, Any]) -> list[Worker]:
    workers = state.get("workers")
    if not isinstance(workers, list) or not all(isinstance(one, dict) for one in workers):
        return []
    return [
        Worker(
            text_of(one.get("host")) or "?", text_of(one.get("state")) or "?", whole(one["lastheartbeat"]) / 1000
        )
        for one in workers
        if "lastheartbeat" in one
    ]


def _worker_worries(workers: Sequence[Worker], now: float) -> Iterator[str]:
    """A worker that was started again is a new one on the same host: the old one stays dead in the list."""
    at_work = {one.host for one in workers if one.state == "ALIVE"}
    for one in workers:
        age = round(now - one.heartbeat)
        if one.state == "DEAD" and age < LATELY and one.host not in at_work:
            yield f"the worker on {one.host} is lost: its last heartbeat was {age} s ago"
        elif one.state == "ALIVE" and age > STALE:
            yield f"the worker on {one.host} is silent: its last heartbeat was {age} s ago"


def _dead(state: dict[str, Any], alive: int) -> str:
    workers = state.get("workers")
    dead = len(workers) - alive if isinstance(workers, list) else 0
    return f" ({dead} lost)" if dead > 0 else ""


def _cores(state: dict[str, Any]) -> str:
    return f"{whole(state.get('coresused'))}/{whole(state.get('cores'))} cores used"


def _version(at: Reach, deadline: Deadline) -> str | None:
    """It stands on the page for people only."""
    try:
        return version_in(r'class="version"[^>]*>([\w.-]+)<', get(at, "/", deadline).text)
    except NoAnswer:
        return None
