"""What `systemctl show` prints, as an operator would put it. The texts are those of Debian 12's systemd 252."""

from datetime import UTC, datetime

from gti.status.unit import answers, question

RUNNING = b"""\
LoadState=loaded
ActiveState=active
SubState=running
Result=success
NRestarts=2
ExecMainStatus=0
ActiveEnterTimestamp=Sat 2026-11-21 05:10:20 UTC
StateChangeTimestamp=Sat 2026-11-21 05:10:20 UTC
"""
CRASHED = b"""\
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
NRestarts=5
ExecMainStatus=3
ActiveEnterTimestamp=Sat 2026-11-21 05:11:00 UTC
StateChangeTimestamp=Sat 2026-11-21 05:11:02 UTC
"""
NEVER_HEARD_OF = b"""\
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success
NRestarts=0
ExecMainStatus=0
ActiveEnterTimestamp=
StateChangeTimestamp=
"""
MASKED = NEVER_HEARD_OF.replace(b"not-found", b"masked")
OUT_OF_MEMORY = CRASHED.replace(b"Result=exit-code", b"Result=oom-kill")
RESTARTING = (
    CRASHED.replace(b"ActiveState=failed", b"ActiveState=activating")
    .replace(b"SubState=failed", b"SubState=auto-restart")
    .replace(b"Result=exit-code", b"Result=success")
)


def one(text: bytes):
    return answers(text, ["kafka"])["kafka"]


def test_a_running_unit_tells_since_when_and_how_often_it_was_restarted():
    unit = one(RUNNING)
    assert unit.runs
    assert (unit.state, unit.restarts, unit.why) == ("active", 2, None)
    assert unit.since == datetime(2026, 11, 21, 5, 10, 20, tzinfo=UTC)


def test_a_failed_unit_tells_its_exit_code_and_when_it_failed():
    unit = one(CRASHED)
    assert not unit.runs
    assert (unit.state, unit.why) == ("failed", "exit 3")
    assert unit.since == datetime(2026, 11, 21, 5, 11, 2, tzinfo=UTC)


def test_a_unit_killed_for_memory_says_so():
    assert one(OUT_OF_MEMORY).why == "oom-kill"


def test_a_unit_that_waits_for_its_restart_is_not_running():
    unit = one(RESTARTING)
    assert not unit.runs
    assert (unit.state, unit.why) == ("activating", "auto-restart")


def test_a_unit_that_does_not_exist_is_not_merely_inactive():
    assert one(NEVER_HEARD_OF).state == "not-found"
    assert one(MASKED).state == "masked"


def test_units_are_told_apart_by_the_order_of_the_question():
    found = answers(RUNNING + b"\n" + CRASHED, ["minio", "kafka"])
    assert found["minio"].runs and not found["kafka"].runs


def test_an_answer_that_makes_no_sense_is_unknown_and_no_accident():
    for garbage in (b"", b"\xff\xfe", b"one\n\ntwo\n\nthree", b"ActiveState", b"=\n=\n\n="):
        assert {unit.state for unit in answers(garbage, ["a", "b"]).values()} == {"unknown"}


def test_the_question_asks_for_dates_in_utc_whatever_the_host_is_set_to():
    assert question(["kafka"]).arguments[:3] == ("env", "TZ=UTC", "LC_ALL=C")
    assert question(["kafka"]).arguments[-1] == "kafka.service"
