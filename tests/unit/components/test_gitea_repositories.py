"""Whether git can read what is in Gitea 1.24; the words are those of repositories that were damaged for it."""

from __future__ import annotations

import pytest

from gti.components.answer import Login
from gti.components.gitea import probe

from .servers import Page, Web, as_json

ADMIN = Login("admin", "secret")
CHECKS = {"cache:ping": [{"status": "pass"}], "database:ping": [{"status": "pass"}]}
DAGS = {"full_name": "datalake/airflow-dags", "empty": False, "default_branch": "main"}
JOBS = {"full_name": "datalake/pipelines-spark", "empty": False, "default_branch": "release/1"}
EMPTY = {"full_name": "datalake/new", "empty": True, "default_branch": "main"}
SEARCH = "GET /api/v1/repos/search?limit=50"
ALL_DAGS = "GET /api/v1/repos/datalake/airflow-dags/git/trees/main?recursive=true&per_page=1"
ALL_JOBS = "GET /api/v1/repos/datalake/pipelines-spark/git/trees/release%2F1?recursive=true&per_page=1"
TIP = "GET /api/v1/repos/datalake/airflow-dags/branches/main"
READ = as_json({"sha": "09025301"})
NOT_FOUND = as_json({"message": "sha not found [main]"}, 400)
NO_REPOSITORY = "fatal: not a git repository (or any of the parent directories): .git"
HEALTHY = {
    "GET /api/healthz": as_json({"status": "pass", "checks": CHECKS}),
    "GET /api/v1/version": as_json({"version": "1.24.0"}),
    SEARCH: as_json({"ok": True, "data": [DAGS, JOBS, EMPTY]}),
    ALL_DAGS: READ,
    ALL_JOBS: READ,
}


def asked(serve, **pages):
    return probe(serve(Web({**HEALTHY, **pages})), ADMIN, 1)


def test_repositories_are_read_but_for_empty_ones(serve):
    answer = asked(serve)
    assert (answer.well, answer.worries, answer.missing) == (True, (), None)
    assert answer.says == "passes: cache, database; 2 of 2 repositories can be read"


@pytest.mark.parametrize(
    ("everything", "tip", "words"),
    [
        (NOT_FOUND, as_json({"message": f"exit status 128 - {NO_REPOSITORY}\n"}, 500), NO_REPOSITORY),
        (
            as_json({"message": "exit status 128 - fatal: not a tree object\n"}, 400),
            READ,
            "fatal: not a tree object",
        ),
        (Page(500), Page(500, b"<!doctype html>"), "HTTP 500"),
    ],
    ids=["no objects", "a lost folder", "no words"],
)
def test_a_repository_that_cannot_be_read_is_told_in_gits_words(serve, everything, tip, words):
    answer = asked(serve, **{ALL_DAGS: everything, TIP: tip})
    assert (answer.well, answer.worries) == (
        True,
        (f"repository datalake/airflow-dags cannot be read: {words}",),
    )
    assert answer.says == "passes: cache, database; 1 of 2 repositories can be read"


class HangsAt(Web):
    """Half a commit, and git reads for ever."""

    def __init__(self, *questions: str) -> None:
        super().__init__(HEALTHY)
        self._questions = questions

    def __call__(self, connection):
        head = connection.recv(65536).decode()
        if not head.startswith(self._questions):
            page = self.pages[" ".join(head.split(" ")[:2])]
            connection.sendall(page.head + page.body)
        else:
            connection.recv(1)


def test_a_repository_that_hangs_does_not_keep_the_others_away(serve):
    answer = probe(serve(HangsAt(ALL_DAGS)), ADMIN, 0.5)
    assert answer.well
    assert len(answer.worries) == 1
    assert answer.worries[0].startswith("repository datalake/airflow-dags cannot be read: no answer in 0.")


def test_when_all_of_them_hang_it_is_not_the_repositories(serve):
    answer = probe(serve(HangsAt(ALL_DAGS, ALL_JOBS)), ADMIN, 0.5)
    assert (answer.well, answer.worries) == (True, ())
    assert answer.missing.startswith("repositories not read: no answer in 0.")


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (as_json({"message": "invalid username, password or token"}, 401), "refuses the password of admin"),
        (Page(503), "HTTP 503"),
        (as_json({"ok": True, "data": None}), "not Gitea's list of repositories"),
    ],
)
def test_repositories_that_may_not_be_listed_are_missing(serve, page, why):
    answer = asked(serve, **{SEARCH: page})
    assert (answer.well, answer.missing) == (True, f"repositories not read: {why}")


def test_without_a_password_repositories_are_not_asked_for(serve):
    answer = probe(serve(Web(HEALTHY)), Login("admin", wanting="env:GITEA_PASSWORD is not set"), 1)
    assert answer.missing == "no password (env:GITEA_PASSWORD is not set): repositories not asked"
