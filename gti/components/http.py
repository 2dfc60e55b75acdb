"""The one way to ask HTTP: bounded in time and size, redirects not followed, nothing escapes but NoAnswer."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, RemoteDisconnected
from typing import Any, cast

from gti.components.answer import Answer, NoAnswer, in_one_line
from gti.components.wire import CLOSED, Deadline, connect
from gti.remote.reach import Reach

LARGEST = 1 << 20  # of a body; what is longer is cut
HEAD = 1 << 17


@dataclass(frozen=True)
class Response:
    path: str
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswer(f"no JSON in the answer to {self.path}") from None
        if not isinstance(value, dict):
            raise NoAnswer(f"no JSON object in the answer to {self.path}")
        return value

    def facts(self) -> dict[str, Any] | Answer:
        """The JSON object of a good answer; an Answer when the server says that it has a problem."""
        if self.status == 200:
            return self.json()
        return self.trouble()

    def trouble(self) -> Answer:
        """A server that fails is known to be unwell; one that knows no such page is another server."""
        if self.status < 500:
            raise NoAnswer(f"HTTP {self.status} to {self.path}: another server?")
        return Answer(well=False, says=f"HTTP {self.status} to {self.path}")


def get(at: Reach, path: str, deadline: Deadline, headers: Mapping[str, str] | None = None) -> Response:
    return ask(at, "GET", path, deadline, headers)


def post_json(at: Reach, path: str, content: object, deadline: Deadline) -> Response:
    body = json.dumps(content).encode()
    return ask(at, "POST", path, deadline, {"Content-Type": "application/json"}, body)


def ask(
    at: Reach,
    method: str,
    path: str,
    deadline: Deadline,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Response:
    everything = {"Host": _host(at), "User-Agent": "gti", "Connection": "close", **(headers or {})}
    with connect(at, deadline, at_most=LARGEST + HEAD) as wire:
        connection = HTTPConnection(at.name, at.service_port)
        connection.sock = cast(Any, wire)
        try:
            connection.request(method, path, body, everything)
            # Not getresponse(): it closes the connection under an answer that says Connection: close.
            response = HTTPResponse(connection.sock, method=method)
            response.begin()
            return Response(path, response.status, response.headers, response.read(LARGEST))
        except RemoteDisconnected:
            raise NoAnswer(CLOSED) from None
        except (HTTPException, OSError, ValueError) as error:
            raise NoAnswer(f"no HTTP in its answer to {path}") from error


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def version_in(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return in_one_line(found[1]) if found else None


def text_of(value: object) -> str | None:
    """A string out of a stranger's JSON, or None for any other thing."""
    return in_one_line(value) if isinstance(value, str) and value.strip() else None


def whole(value: object) -> int:
    """A count out of a stranger's JSON."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53:
        return value
    raise NoAnswer("an answer of another shape")


def _host(at: Reach) -> str:
    name = f"[{at.name}]" if ":" in at.name else at.name
    usual = 443 if at.tls else 80
    return name if at.service_port == usual else f"{name}:{at.service_port}"
