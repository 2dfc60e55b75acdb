"""Trino: what the coordinator says of itself, and a query that its nodes answer.

The query goes over plain HTTP requests, not through the client library: the library would follow the
addresses that the server names, which do not resolve behind a tunnel, and cannot be held to a deadline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.http import Response, ask, basic, get, text_of, whole
from gti.components.wire import Deadline, Silent
from gti.remote.reach import Reach

STATEMENT = "/v1/statement"
CANCELLING = 0.1  # of the time
FULL = 0.85
ACTIVE_NODES = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    info = get(at, "/v1/info", deadline).facts()
    if isinstance(info, Answer):
        return info
    version = _version(info)
    if info["starting"]:
        return Answer(well=False, says="starting", version=version)
    queries = Queries(at, _headers(at, login), deadline)
    try:
        answer = _nodes(queries, version)
        return answer if answer.missing or not answer.well else _looked_into(queries, login, answer)
    except Silent as silent:
        return Answer(well=False, says=f"answers, but not to a query ({silent.what})", version=version)


def _version(info: dict[str, Any]) -> str | None:
    node = info.get("nodeVersion")
    if not isinstance(node, dict) or not isinstance(info.get("starting"), bool):
        raise NoAnswer("not Trino's answer to /v1/info")
    return text_of(node.get("version"))


class Refused(Exception):
    """No query is answered to this user: the page that says so."""

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.page = page


class Failed(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(in_one_line(str(error.get("message"))))
        self.forbidden = error.get("errorName") == "PERMISSION_DENIED"


@dataclass(frozen=True)
class Queries:
    at: Reach
    headers: dict[str, str]
    whole: Deadline

    @property
    def deadline(self) -> Deadline:
        """Leaves a little time to cancel."""
        return Deadline(self.whole.seconds, self.whole.end - CANCELLING * self.whole.seconds)

    def rows(self, sql: str) -> list[Any]:
        """The server names the next page until there is none; rows and errors come on any of them."""
        page = ask(self.at, "POST", STATEMENT, self.deadline, self.headers, sql.encode())
        rows: list[Any] = []
        while page.status == 200:
            result = page.json()
            if isinstance(result.get("error"), dict):
                raise Failed(result["error"])
            data = result.get("data")
            rows += data if isinstance(data, list) else []
            if "nextUri" not in result:
                return rows
            page = self._next(_path(result["nextUri"]))
        raise Refused(page)

    def _next(self, path: str) -> Response:
        """Who gives up says so, or else the query goes on until the server forgets us."""
        try:
            return get(self.at, path, self.deadline, self.headers)
        except Silent:
            with suppress(NoAnswer):
                ask(self.at, "DELETE", path, self.whole, self.headers)
            raise

    def get(self, path: str) -> Response:
        return get(self.at, path, self.deadline, self.headers)


def _nodes(queries: Queries, version: str | None) -> Answer:
    try:
        return _counted(queries.rows(ACTIVE_NODES), version)
    except Failed as failed:
        return _failed(failed, version)
    except Refused as refused:
        return _refused(refused.page, version)


def _looked_into(queries: Queries, login: Login, answer: Answer) -> Answer:
    """What cannot be seen is not held against it: some of these pages may be forbidden, or gone in a release."""
    worries: list[str] = []
    missing: list[str] = []
    asked: dict[str, Callable[[], list[str]]] = {
        "memory": partial(_memory, queries),
        "failed nodes": partial(_failed_nodes, queries),
    }
    if login.database:
        asked = {"catalogs": partial(_catalogs, queries, login.database), **asked}
    for what, question in asked.items():
        try:
            worries += question()
        except (NoAnswer, Failed, Refused) as silence:
            missing.append(in_one_line(f"{what} not seen{f': {silence}' if str(silence) else ''}"))
    return replace(answer, worries=tuple(worries), missing="; ".join(missing) or None)


def _catalogs(queries: Queries, wanted: str) -> list[str]:
    names = [str(row[0]) for row in queries.rows("SHOW CATALOGS") if isinstance(row, list) and row]
    return [] if wanted in names else [in_one_line(f"catalog {wanted} is missing (has: {', '.join(names)})")]


def _memory(queries: Queries) -> list[str]:
    """Of the coordinator's own pool, which on a platform of one node is all there is."""
    info = queries.get("/v1/status").json().get("memoryInfo")
    pool = info.get("pool") if isinstance(info, dict) else None
    if not isinstance(pool, dict):
        return []
    reserved, most = whole(pool.get("reservedBytes", 0)), whole(pool.get("maxBytes", 0))
    if most == 0 or reserved <= FULL * most:
        return []
    words = f"memory is full to {100 * reserved // most} % of {most >> 20} MiB"
    shares = pool.get("queryMemoryReservations")
    if not isinstance(shares, dict) or not shares:
        return [words]
    biggest = max(shares, key=lambda query: whole(shares[query]))
    running = _running(queries)
    user = next((f" of {user}" for query, user, _ in running if query == biggest), "")
    blocked = sum(is_blocked for _, _, is_blocked in running)
    waits = f", {blocked} blocked" if blocked else ""
    return [in_one_line(f"{words}: query {biggest}{user} has {shares[biggest] >> 20} MiB{waits}")]


def _running(queries: Queries) -> list[tuple[str, str, bool]]:
    """Number, user, and whether it is blocked, of each query that this user may see."""
    page = queries.get("/v1/query?state=RUNNING")
    try:
        return [
            (one["queryId"], one["session"]["user"], one["queryStats"]["fullyBlocked"] is True)
            for one in json.loads(page.body)
        ]
    except (ValueError, LookupError, TypeError, RecursionError):
        return []


def _failed_nodes(queries: Queries) -> list[str]:
    page = queries.get("/v1/node/failed")
    if page.status != 200:
        return []
    try:
        return [in_one_line(f"node {node['uri']} fails its heartbeats") for node in json.loads(page.body)]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoAnswer("not Trino's list of nodes") from None


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


def _counted(rows: list[Any], version: str | None) -> Answer:
    match rows:
        case [[count]]:
            nodes = whole(count)
            return Answer(well=nodes > 0, says=plural(nodes, "active node"), version=version)
    raise NoAnswer("not Trino's answer to a query")


def _failed(failed: Failed, version: str | None) -> Answer:
    if failed.forbidden:
        return Answer(well=True, says="answers", version=version, missing=f"nodes not counted: {failed}")
    return Answer(well=False, says=f"query failed: {failed}", version=version)


def _refused(page: Response, version: str | None) -> Answer:
    if page.status not in (401, 403):
        return page.trouble()
    missing = f"nodes not counted: HTTP {page.status} to a query without credentials"
    return Answer(well=True, says="answers", version=version, missing=missing)
