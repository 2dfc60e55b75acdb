"""Trino: what the coordinator says of itself, and a query that its nodes answer.

The query goes over plain HTTP requests, not through the client library: the library would follow the
addresses that the server names, which do not resolve behind a tunnel, and cannot be held to a deadline.
"""

from __future__ import annotations

import re
from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.http import Response, ask, basic, get, text_of, whole
from gti.components.wire import Deadline, Silent
from gti.remote.reach import Reach

STATEMENT = "/v1/statement"
ACTIVE_NODES = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    info = get(at, "/v1/info", deadline).facts()
    if isinstance(info, Answer):
        return info
    version = _version(info)
    if info["starting"]:
        return Answer(well=False, says="starting", version=version)
    try:
        return _nodes(at, login, deadline, version)
    except Silent as silent:
        return Answer(well=False, says=f"answers, but not to a query ({silent.what})", version=version)


def _version(info: dict[str, Any]) -> str | None:
    node = info.get("nodeVersion")
    if not isinstance(node, dict) or not isinstance(info.get("starting"), bool):
        raise NoAnswer("not Trino's answer to /v1/info")
    return text_of(node.get("version"))


def _nodes(at: Reach, login: Login, deadline: Deadline, version: str | None) -> Answer:
    """The server names the next page until there is none; rows and errors come on any of them."""
    headers = _headers(at, login)
    page = ask(at, "POST", STATEMENT, deadline, headers, ACTIVE_NODES.encode())
    rows: object = None
    while page.status == 200:
        result = page.json()
        if isinstance(result.get("error"), dict):
            return _failed(result["error"], version)
        rows = result.get("data") or rows
        if "nextUri" not in result:
            return _counted(rows, version)
        page = get(at, _path(result["nextUri"]), deadline, headers)
    return _refused(page, version)


def _headers(at: Reach, login: Login) -> dict[str, str]:
    """A password never goes over plain HTTP; Trino itself would refuse it there."""
    user = login.user or "gti"
    headers = {"X-Trino-User": user, "X-Trino-Source": "gti"}
    return {**headers, **basic(user, login.password)} if at.tls and login.password else headers


def _path(address: object) -> str:
    """On the connection we have: the host in the address may be unknown here, or not Trino at all."""
    found = re.match(r"https?://[^/]+(/v1/statement/[\w/.-]+)", str(address))
    if not found:
        raise NoAnswer("not Trino's answer to a query")
    return found[1]


def _counted(rows: object, version: str | None) -> Answer:
    match rows:
        case [[count]]:
            nodes = whole(count)
            return Answer(well=nodes > 0, says=plural(nodes, "active node"), version=version)
    raise NoAnswer("not Trino's answer to a query")


def _failed(error: dict[str, Any], version: str | None) -> Answer:
    words = in_one_line(str(error.get("message")))
    if error.get("errorName") == "PERMISSION_DENIED":
        return Answer(well=True, says="answers", version=version, missing=f"nodes not counted: {words}")
    return Answer(well=False, says=f"query failed: {words}", version=version)


def _refused(page: Response, version: str | None) -> Answer:
    if page.status not in (401, 403):
        return page.trouble()
    missing = f"nodes not counted: HTTP {page.status} to a query without credentials"
    return Answer(well=True, says="answers", version=version, missing=missing)
