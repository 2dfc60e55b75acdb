"""Gitea: its own health check, which includes its database and its cache."""

from __future__ import annotations

from gti.components.answer import Answer, Login, NoAnswer
from gti.components.http import get, text_of
from gti.components.wire import Deadline
from gti.remote.reach import Reach

HEALTH = "/api/healthz"
FAILING = 424


def probe(at: Reach, _login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    response = get(at, HEALTH, deadline)
    if response.status not in (200, FAILING):
        return response.trouble()
    checks = _checks(response.json().get("checks"))
    failing = [name for name, passes in checks.items() if not passes]
    says = f"fails: {', '.join(failing)}" if failing else f"passes: {', '.join(checks)}"
    return Answer(well=not failing, says=says, version=_version(at, deadline))


def _checks(value: object) -> dict[str, bool]:
    """{"database": True, "cache": False} from {"database:ping": [{"status": "pass"}], …}"""
    if not isinstance(value, dict) or not value:
        raise NoAnswer("not Gitea's health check")
    return {(text_of(name) or "?").removesuffix(":ping"): _passes(results) for name, results in value.items()}


def _passes(results: object) -> bool:
    return (
        isinstance(results, list)
        and bool(results)
        and all(isinstance(result, dict) and result.get("status") == "pass" for result in results)
    )


def _version(at: Reach, deadline: Deadline) -> str | None:
    """None where Gitea shows nothing to strangers (REQUIRE_SIGNIN_VIEW)."""
    try:
        return text_of(get(at, "/api/v1/version", deadline).json().get("version"))
    except NoAnswer:
        return None
