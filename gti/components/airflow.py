"""Airflow: the webserver tells of its database, and of the scheduler's heartbeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, plural
from gti.components.clock import server_time
from gti.components.http import Response, basic, get, text_of
from gti.components.wire import Deadline
from gti.remote.reach import Reach

# HTTP 200 whatever it says.
HEALTH = "/health"
DAGS = "/api/v1/dags?limit=1"
IMPORT_ERRORS = "/api/v1/importErrors?limit=1"
STALE = 30


def probe_webserver(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    health = get(at, HEALTH, deadline).facts()
    if isinstance(health, Answer):
        return health
    database = _status(health, "metadatabase")
    version = _version(at, deadline)
    if database != "healthy":
        return Answer(well=False, says=f"its metadata database is {database}", version=version)
    return _with_login(at, login, deadline, version)


def _with_login(at: Reach, login: Login, deadline: Deadline, version: str | None) -> Answer:
    says = "metadata database healthy"
    if login.user is None or login.password is None:
        return Answer(well=True, says=says, version=version, missing=login.unasked("API"))
    answer = get(at, DAGS, deadline, basic(login.user, login.password))
    if answer.status >= 500:
        return Answer(well=False, says=f"HTTP {answer.status} to {DAGS}", version=version)
    if answer.status != 200:
        # 2.9.3 answers 403 to a wrong password and, when basic_auth is not enabled, to the right one.
        missing = f"HTTP {answer.status} to the API: wrong password, or basic_auth is not enabled"
        return Answer(well=True, says=says, version=version, missing=missing)
    says = f"{says}, {plural(_count(answer), 'DAG')}"
    errors = _import_errors(at, basic(login.user, login.password), deadline)
    return Answer(well=True, says=f"{says}, {plural(errors, 'import error')}" if errors else says, version=version)


def probe_scheduler(at: Reach, _login: Login, seconds: float) -> Answer:
    """Asked of the webserver: the scheduler itself listens nowhere."""
    response = get(at, HEALTH, Deadline.after(seconds))
    health = response.facts()
    if isinstance(health, Answer):
        return health
    if _status(health, "metadatabase") != "healthy":
        return Answer(well=False, says="unknown: the metadata database does not answer")
    status = _status(health, "scheduler")
    age = _age(health["scheduler"].get("latest_scheduler_heartbeat"), server_time(response))
    if age is None:
        return Answer(well=False, says="the scheduler has never run")
    return Answer(well=status == "healthy" and age <= STALE, says=f"scheduler heartbeat {age} s ago")


def _status(health: dict[str, Any], part: str) -> str:
    value = health.get(part)
    status = text_of(value.get("status")) if isinstance(value, dict) else None
    if status is None:
        raise NoAnswer("not Airflow's health check")
    return status


def _age(heartbeat: object, now: datetime) -> int | None:
    if heartbeat is None:
        return None
    try:
        beat = datetime.fromisoformat(str(heartbeat))
        return max(0, round((now - beat).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        raise NoAnswer("not a scheduler's heartbeat") from None


def _import_errors(at: Reach, headers: dict[str, str], deadline: Deadline) -> int:
    """Files that are no DAGs at the moment. That is the matter of who writes them: the platform is well."""
    try:
        answer = get(at, IMPORT_ERRORS, deadline, headers)
        return _count(answer) if answer.status == 200 else 0
    except NoAnswer:
        return 0


def _count(answer: Response) -> int:
    total = answer.json().get("total_entries")
    if not isinstance(total, int):
        raise NoAnswer("not one of Airflow's lists")
    return total


def _version(at: Reach, deadline: Deadline) -> str | None:
    try:
        return text_of(get(at, "/api/v1/version", deadline).json().get("version"))
    except NoAnswer:
        return None
