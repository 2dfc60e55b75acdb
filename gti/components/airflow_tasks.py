"""Tasks that run in Airflow's database, and whether they run on their host, too."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gti.components.answer import Login, NoAnswer, in_one_line
from gti.components.clock import server_time
from gti.components.http import basic, get, text_of, whole
from gti.components.wire import Deadline
from gti.remote.reach import Reach

RUNNING = "/api/v1/dags/~/dagRuns/~/taskInstances?state=running&limit=100"
NAMES = ("dag_id", "dag_run_id", "task_id", "hostname")
YOUNG = 10  # seconds: its process may not have been there yet when the processes were counted


@dataclass(frozen=True)
class RunningTask:
    """`pid` is a process on `hostname`, as that host calls itself. `age` is in seconds, by Airflow's clock."""

    dag: str
    run: str
    task: str
    pid: int
    hostname: str
    age: float

    def __str__(self) -> str:
        return f"{self.dag}.{self.task} (run {self.run})"


def running_tasks(at: Reach, login: Login, seconds: float) -> list[RunningTask]:
    """Asked of the webserver. Those that have a process by now; nothing when nobody may ask."""
    if login.user is None or login.password is None:
        return []
    answer = get(at, RUNNING, Deadline.after(seconds), basic(login.user, login.password))
    if answer.status != 200:
        return []
    tasks = answer.json().get("task_instances")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise NoAnswer("not Airflow's list of tasks")
    now = server_time(answer)
    return [_running(task, now) for task in tasks if task.get("pid") and task.get("start_date")]


def lost(tasks: Iterable[RunningTask], alive: Collection[int]) -> list[str]:
    """Worries: tasks whose process is gone. Airflow itself needs five minutes to find out.

    `alive` are the processes of their host, counted *before* Airflow was asked: a task that ends in between is
    no longer in its list. A process ends only after it has written down how it ended.
    """
    return [
        in_one_line(f"task {task} is running in the database, but its process {task.pid} is gone")
        for task in tasks
        if task.age > YOUNG and task.pid not in alive
    ]


def _running(task: dict[str, Any], now: datetime) -> RunningTask:
    dag, run, name, host = (text_of(task.get(key)) or "?" for key in NAMES)
    try:
        age = (now - datetime.fromisoformat(task["start_date"])).total_seconds()
    except (ValueError, TypeError, OverflowError):
        raise NoAnswer("not the start of a task") from None
    return RunningTask(dag, run, name, whole(task["pid"]), host, age)
