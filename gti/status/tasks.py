"""What neither Airflow nor its host can tell alone: tasks that run in the database and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gti.components.airflow_tasks import lost, running_tasks
from gti.components.answer import Answer, Login
from gti.errors import GtiError
from gti.remote.command import Command
from gti.remote.reach import Reach
from gti.remote.remote import Remote
from gti.site import Service
from gti.site.model import names_of


@dataclass(frozen=True)
class TasksSeen:
    worries: tuple[str, ...] = ()

    def onto(self, protocol: str | None, answer: Answer) -> Answer:
        """The scheduler's own answer, with the tasks that it lost."""
        if protocol != "airflow-scheduler":
            return answer
        return replace(answer, worries=(*answer.worries, *self.worries))


def look_at_tasks(
    scheduler: Service, remote: Remote, reach: Callable[[Service], Reach], login: Login, seconds: float
) -> TasksSeen:
    """The processes first: a task that ends between the two questions is then no longer in Airflow's list."""
    try:
        told = remote.run(scheduler.host, Command(("ps", "-e", "-o", "pid=")), seconds=seconds)
        if told.code != 0:
            return TasksSeen()
        alive = {int(word) for word in told.stdout.split() if word.isdigit()}
        tasks = running_tasks(reach(scheduler), login, seconds)
    except GtiError:  # the host and the webserver have rows of their own
        return TasksSeen()
    here = names_of(scheduler.host)
    return TasksSeen(tuple(lost((task for task in tasks if task.hostname in here), alive)))
