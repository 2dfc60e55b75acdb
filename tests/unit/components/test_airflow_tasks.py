"""Tasks whose process is gone. What Airflow 2.9 tells of a task is shortened to what is read."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from gti.components.airflow_tasks import RUNNING, RunningTask, lost, running_tasks
from gti.components.answer import Login, NoAnswer

from .servers import Page, Web, as_json

ADMIN = Login("admin", "secret")
DATE = {"Date": format_datetime(datetime(2026, 11, 21, 9, 43, 48, tzinfo=UTC), usegmt=True)}
SLEEPS = {
    "dag_id": "exp_sleep",
    "dag_run_id": "manual-1",
    "task_id": "sleeps",
    "hostname": "airflow",
    "pid": 25581,
    "start_date": "2026-11-21T09:42:28+00:00",
    "state": "running",
}
SLEEPING = RunningTask("exp_sleep", "manual-1", "sleeps", 25581, "airflow", 80.0)


def asked(serve, page: Page, login: Login = ADMIN):
    return running_tasks(serve(Web({f"GET {RUNNING}": page})), login, 1)


def test_running_tasks_are_those_that_have_a_process(serve):
    soon = [{**SLEEPS, "pid": None}, {**SLEEPS, "start_date": None}]
    assert asked(serve, as_json({"task_instances": [SLEEPS, *soon]}, headers=DATE)) == [SLEEPING]


def test_who_may_not_ask_hears_of_no_task(serve):
    assert asked(serve, as_json({"title": "Forbidden"}, 403)) == []
    assert asked(serve, Page(), Login("admin")) == []


@pytest.mark.parametrize(
    "tasks", [None, ["x"], [{**SLEEPS, "start_date": "yesterday"}], [{**SLEEPS, "pid": "many"}]]
)
def test_a_strange_list_of_tasks_is_no_answer(serve, tasks):
    with pytest.raises(NoAnswer):
        asked(serve, as_json({"task_instances": tasks}))


def test_a_task_without_its_process_is_a_worry():
    words = "task exp_sleep.sleeps (run manual-1) is running in the database, but its process 25581 is gone"
    assert lost([SLEEPING], {1, 4711}) == [words]
    assert lost([SLEEPING], {1, 25581}) == []


def test_a_task_that_began_a_moment_ago_is_left_alone():
    assert lost([RunningTask("d", "r", "t", 25581, "airflow", 3.0)], {1}) == []
