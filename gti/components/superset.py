"""Superset: its web server, and the database behind it."""

from __future__ import annotations

from gti.components.answer import Answer, Login, NoAnswer
from gti.components.http import get, post_json, text_of
from gti.components.wire import Deadline, Silent
from gti.remote.reach import Reach

# Says OK without a look at the database.
ALIVE = "/health"
# 401 to strangers, after a look at their permissions in the database; 500 without one.
PERMISSIONS = "/api/v1/database/"
LOGIN = "/api/v1/security/login"
DATABASE = "its metadata database (PostgreSQL)"


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    alive = get(at, ALIVE, deadline)
    if alive.status != 200:
        return alive.trouble()
    if alive.body.strip() != b"OK":
        raise NoAnswer(f"not Superset's answer to {ALIVE}")
    version = _version(at, deadline)
    try:
        return _with_database(at, login, deadline, version)
    except Silent:
        return Answer(well=False, says=f"answers, but {DATABASE} does not", version=version)


def _with_database(at: Reach, login: Login, deadline: Deadline, version: str | None) -> Answer:
    if login.user is None or login.password is None:
        return _as_stranger(at, login, deadline, version)
    credentials = {"username": login.user, "password": login.password, "provider": "db", "refresh": False}
    answer = post_json(at, LOGIN, credentials, deadline)
    if answer.status == 401:
        return Answer(well=False, says=f"refuses the password of {login.user}", version=version)
    if answer.status >= 500:
        why = f": {DATABASE} does not answer" if get(at, PERMISSIONS, deadline).status >= 500 else ""
        return Answer(well=False, says=f"HTTP {answer.status} to the login{why}", version=version)
    if answer.status != 200 or not answer.json().get("access_token"):
        raise NoAnswer(f"HTTP {answer.status} to {LOGIN}: not Superset's answer")
    return Answer(well=True, says=f"{login.user} can log in", version=version)


def _as_stranger(at: Reach, login: Login, deadline: Deadline, version: str | None) -> Answer:
    missing = login.unasked("API")
    answer = get(at, PERMISSIONS, deadline)
    if answer.status >= 500:
        says = f"HTTP {answer.status} to {PERMISSIONS}: {DATABASE} does not answer"
        return Answer(well=False, says=says, version=version, missing=missing)
    if not answer.json().keys() & {"msg", "message", "result"}:
        raise NoAnswer(f"not Superset's answer to {PERMISSIONS}")
    return Answer(well=True, says="its database answers", version=version, missing=missing)


def _version(at: Reach, deadline: Deadline) -> str | None:
    try:
        return text_of(get(at, "/static/version_info.json", deadline).json().get("version"))
    except NoAnswer:
        return None
