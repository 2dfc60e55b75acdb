"""Spark standalone: what the master and the worker tell on their web ports."""

from __future__ import annotations

from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, plural
from gti.components.http import get, text_of, version_in, whole
from gti.components.wire import Deadline
from gti.remote.reach import Reach

# Without the slash at its end it is a redirect.
STATE = "/json/"


def probe_master(at: Reach, _login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    state = get(at, STATE, deadline).facts()
    if isinstance(state, Answer):
        return state
    status, alive = text_of(state.get("status")), whole(state.get("aliveworkers"))
    if status is None:
        raise NoAnswer("not a Spark master's answer")
    if status != "ALIVE":
        return Answer(well=False, says=f"the master is {status}", version=_version(at, deadline))
    says = f"{plural(alive, 'worker')} alive{_dead(state, alive)}, {_cores(state)}"
    # The master stays ALIVE when its last worker dies.
    return Answer(well=alive > 0, says=says, version=_version(at, deadline))


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
