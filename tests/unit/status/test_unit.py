"""What `systemctl show` prints, as an operator would put it. The texts are those of Debian 12's systemd 252."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gti.status.health import describe_unit
from gti.status.question import KILLED, Answers, Told
from gti.status.unit import Unit, units

RUNNING = """\
LoadState=loaded
ActiveState=active
SubState=running
Result=success
NRestarts=2
ExecMainCode=0
ExecMainStatus=0
ActiveEnterTimestamp=Sat 2026-11-21 05:10:20 UTC
StateChangeTimestamp=Sat 2026-11-21 05:10:20 UTC
UnitFileState=enabled
MemoryMax=infinity
ExecMainExitTimestampMonotonic=0
"""
CRASHED = """\
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
NRestarts=5
ExecMainCode=1
ExecMainStatus=3
ActiveEnterTimestamp=Sat 2026-11-21 05:11:00 UTC
StateChangeTimestamp=Sat 2026-11-21 05:11:02 UTC
UnitFileState=enabled
MemoryMax=infinity
ExecMainExitTimestampMonotonic=5664900000
"""
NEVER_HEARD_OF = """\
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success
NRestarts=0
ExecMainStatus=0
ActiveEnterTimestamp=
StateChangeTimestamp=
"""
KILLED_BY_9 = CRASHED.replace("exit-code", "signal").replace("ExecMainStatus=3", "ExecMainStatus=9")
RESTARTING = CRASHED.replace("=failed\nSub", "=activating\nSub").replace("State=failed", "State=auto-restart")

OOM = (
    "[ 5664.848984] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=ns,mems_allowed=0,"
    "oom_memcg=/lxc/kafka/ns/system.slice/kafka.service,task_memcg=/lxc/kafka/ns/system.slice/kafka.service,"
    "task=java,pid=7902,uid=0"
)


def told(text: str, **others: str) -> Answers:
    answers = {name: Told(tuple(said.split("\n")), 0) for name, said in others.items()}
    return Answers({"units": Told(tuple(text.split("\n")), 0), **answers})


def one(text: str, **others: str) -> Unit:
    return units(told(text, **others), ["kafka"])["kafka"]


def seconds(clock: str) -> str:
    return str(int(datetime.fromisoformat(f"2026-11-21T{clock}+00:00").timestamp()))


def test_a_running_unit_tells_since_when_and_how_often_it_was_restarted():
    unit = one(RUNNING)
    assert unit.runs
    assert (unit.state, unit.restarts, unit.why, unit.looping) == ("active", 2, None, False)
    assert unit.since == datetime(2026, 11, 21, 5, 10, 20, tzinfo=UTC)


def test_a_failed_unit_tells_its_exit_code_and_when_it_failed():
    unit = one(CRASHED)
    assert not unit.runs
    assert not unit.is_stopped
    assert (unit.state, unit.why) == ("failed", "exit 3")
    assert unit.since == datetime(2026, 11, 21, 5, 11, 2, tzinfo=UTC)


def test_a_unit_killed_for_memory_says_so():
    assert one(CRASHED.replace("exit-code", "oom-kill")).why == "out of memory"


def test_the_kernels_log_proves_that_signal_9_was_for_want_of_memory():
    assert one(KILLED_BY_9, kernel=OOM).why == "out of memory"
    assert one(CRASHED.replace("ExecMainStatus=3", "ExecMainStatus=137"), kernel=OOM).why == "out of memory"


@pytest.mark.parametrize(
    "log", ["", OOM.replace("5664.8", "1234.8"), OOM.replace("kafka.service,task=", "minio,task=")]
)
def test_signal_9_is_not_blamed_on_memory_without_a_proof(log):
    assert one(KILLED_BY_9, kernel=log).why == "killed by signal 9"


def test_a_limit_on_its_memory_makes_signal_9_suspicious():
    why = one(KILLED_BY_9.replace("infinity", "62914560")).why
    assert why == "killed by signal 9, perhaps out of memory: its limit is 60 MiB"


@pytest.mark.parametrize("counter", ["low 0\nhigh 0\nmax 4\noom 4\noom_kill 3", "oom_kill_disable 0\noom_kill 3"])
def test_a_unit_that_goes_on_without_one_of_its_processes_tells_how_many_were_killed(counter):
    assert one(RUNNING, **{"oom:kafka.service": counter}).killed == 3


def test_a_unit_that_waits_for_yet_another_start_is_crash_looping():
    unit = one(RESTARTING)
    assert not unit.runs
    assert unit.looping
    assert not unit.is_stopped
    assert describe_unit(unit) == "unit is crash-looping (5 restarts, exit 3)"


def test_a_first_restart_is_no_loop():
    unit = one(RESTARTING.replace("NRestarts=5", "NRestarts=0"))
    assert not unit.looping
    assert (unit.state, unit.why) == ("activating", "exit 3")


def test_a_unit_that_has_just_had_one_of_many_starts_is_crash_looping():
    many = RUNNING.replace("NRestarts=2", "NRestarts=7")
    assert one(many, clock=seconds("05:10:25")).looping
    assert not one(many, clock=seconds("05:20:25")).looping
    assert not one(RUNNING, clock=seconds("05:10:25")).looping


def test_a_unit_that_does_not_exist_is_not_merely_inactive():
    assert one(NEVER_HEARD_OF).state == "not-found"
    assert one(NEVER_HEARD_OF.replace("not-found", "masked")).state == "masked"


def test_a_unit_that_runs_but_is_masked_is_told_apart():
    unit = one(RUNNING.replace("LoadState=loaded", "LoadState=masked"))
    assert unit.runs
    assert unit.is_masked


def test_a_stopped_unit_that_is_disabled_says_so():
    text = CRASHED.replace("=failed", "=inactive").replace("exit-code", "success").replace("enabled", "disabled")
    assert describe_unit(one(text)) == "unit is inactive (disabled) since 2026-11-21 05:11:02 UTC"


def test_units_are_told_apart_by_the_order_of_the_question():
    found = units(told(RUNNING + "\n" + CRASHED), ["minio", "kafka"])
    assert found["minio"].runs
    assert not found["kafka"].runs


def test_debians_postgresql_is_judged_by_the_unit_that_does_the_work():
    shell = RUNNING.replace("running", "exited")
    dead = "Id=postgresql@15-main.service\n" + CRASHED
    other = "Id=postgresql@13-main.service\n" + NEVER_HEARD_OF

    def postgresql(instances: str) -> Unit:
        return units(told(shell, instances=instances), ["postgresql"])["postgresql"]

    assert postgresql("").runs
    assert describe_unit(postgresql(dead)).startswith("unit is failed (postgresql@15-main, exit 3)")
    assert postgresql(other + "\n" + dead.replace("=failed", "=active")).instance == "postgresql@15-main"


@pytest.mark.parametrize("garbage", ["", "\ufffd\ufffd", "one\n\ntwo\n\nthree", "ActiveState", "=\n=\n\n="])
def test_an_answer_that_makes_no_sense_is_unknown_and_no_accident(garbage):
    assert {unit.state for unit in units(told(garbage), ["a", "b"]).values()} == {"unknown"}


def test_a_systemctl_that_gives_no_answer_is_quoted():
    def why(answer: Told | None, complaint: str = "") -> str | None:
        answers = Answers({} if answer is None else {"units": answer})
        return units(answers, ["kafka"], complaint)["kafka"].why

    assert why(Told(("Failed to connect to bus: Host is down", ""), 1)) == "Failed to connect to bus: Host is down"
    assert why(Told(("Killed", ""), KILLED)) == "systemctl does not answer in time"
    assert why(None, "This account is not available.") == "This account is not available."
