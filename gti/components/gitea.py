"""Gitea: its own health check, with its database and its cache, and whether git can read the repositories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from gti.components.answer import Answer, Login, NoAnswer, in_one_line
from gti.components.http import Response, basic, get, text_of
from gti.components.wire import Deadline
from gti.remote.fanout import fan_out
from gti.remote.reach import Reach

HEALTH = "/api/healthz"
FAILING = 424
REPOSITORIES = "/api/v1/repos/search?limit=50"
AT_ONCE = 6
SHARE = 0.8  # of the time that is left: a repository that hangs must not keep the answers of the others away


@dataclass(frozen=True)
class Repository:
    name: str
    branch: str

    @property
    def page(self) -> str:
        return f"/api/v1/repos/{quote(self.name)}"

    @property
    def everything(self) -> str:
        """Git reads the last commit and all folders of it for this, though one line is wanted. No files."""
        return f"{self.page}/git/trees/{quote(self.branch, safe='')}?recursive=true&per_page=1"

    @property
    def tip(self) -> str:
        return f"{self.page}/branches/{quote(self.branch)}"


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    response = get(at, HEALTH, deadline)
    if response.status not in (200, FAILING):
        return response.trouble()
    checks = _checks(response.json().get("checks"))
    failing = [name for name, passes in checks.items() if not passes]
    says = f"fails: {', '.join(failing)}" if failing else f"passes: {', '.join(checks)}"
    answer = Answer(well=not failing, says=says, version=_version(at, deadline))
    return answer if failing else _with_repositories(at, login, deadline, answer)


def _with_repositories(at: Reach, login: Login, deadline: Deadline, answer: Answer) -> Answer:
    if login.user is None or login.password is None:
        return replace(answer, missing=login.unasked("repositories"))
    headers = basic(login.user, login.password)
    try:
        found = get(at, REPOSITORIES, deadline, headers)
        if found.status != 200:
            return replace(answer, missing=f"repositories not read: {_refusal(found, login.user)}")
        repositories = _repositories(found)
        worries = _unreadable(at, headers, repositories, deadline)
    except NoAnswer as silence:
        return replace(answer, missing=f"repositories not read: {silence.what}")
    read = f"{len(repositories) - len(worries)} of {len(repositories)} repositories can be read"
    return replace(answer, says=f"{answer.says}; {read}", worries=tuple(worries))


def _refusal(response: Response, user: str) -> str:
    return f"refuses the password of {user}" if response.status == 401 else f"HTTP {response.status}"


def _repositories(found: Response) -> list[Repository]:
    """Those that have something in them."""
    data = found.json().get("data")
    if not isinstance(data, list):
        raise NoAnswer("not Gitea's list of repositories")
    filled = [one for one in data if isinstance(one, dict) and not one.get("empty")]
    named = [(text_of(one.get("full_name")), text_of(one.get("default_branch"))) for one in filled]
    return [Repository(name, branch) for name, branch in named if name and branch]


def _unreadable(
    at: Reach, headers: dict[str, str], repositories: list[Repository], deadline: Deadline
) -> list[str]:
    def words(repository: Repository) -> str | None:
        return _what_is_wrong(at, headers, repository, Deadline.after(round(deadline.left * SHARE, 1)))

    outcomes = list(fan_out(repositories, words, AT_ONCE))
    silent = [outcome for outcome in outcomes if outcome.error]
    if silent and len(silent) == len(repositories) > 1:
        raise NoAnswer(silent[0].error.what if silent[0].error else "")
    return [
        in_one_line(f"repository {outcome.item.name} cannot be read: {problem}")
        for outcome in outcomes
        if (problem := outcome.error.what if outcome.error else outcome.value)
    ]


def _what_is_wrong(at: Reach, headers: dict[str, str], repository: Repository, deadline: Deadline) -> str | None:
    response = get(at, repository.everything, deadline, headers)
    if response.status == 200:
        return None
    # A lost branch and a lost repository are the same to it; the page of the branch has git's own words.
    tip = get(at, repository.tip, deadline, headers)
    return _words(response if tip.status == 200 else tip)


def _words(response: Response) -> str:
    """exit status 128 - fatal: not a git repository (or any of the parent directories): .git"""
    try:
        message = text_of(response.json().get("message"))
    except NoAnswer:
        message = None
    return message.rpartition("exit status 128 - ")[2] if message else f"HTTP {response.status}"


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
