"""Whatever a host prints, the doctor goes on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gti.doctor.hosts import examine
from gti.doctor.questions import SCRIPT
from gti.doctor.visit import Visit
from gti.site import Host

HOST = Host("old", "old.gti.local")
NAMES = ("clock-first", "disk", "inodes", "memory", "load", "cores", "failed-units", "user", "modes", "keys",
         "sshd-files", "sshd", "sudo", "clock-last")  # fmt: skip
NEARLY_RIGHT = st.text("0159%/-.: \n\t@MemTotalAvilbkB()NOPSWD,=*●", max_size=60)


def checks_of(output: str):
    return examine(Visit(HOST, output, 0.0, 1.0))


def test_every_question_is_asked():
    assert all(f"ask {name} " in SCRIPT for name in NAMES)


def test_a_login_that_runs_no_command_is_one_unknown():
    (check,) = checks_of("This account is currently not available.\n")
    assert check.health == "unknown"
    assert check.what == "runs no command of ours; it says: This account is currently not available."


def test_an_answer_cut_short_leaves_the_rest_unknown():
    checks = checks_of("\n@@ clock-first\n1763700000.1\n\n@@ exit 0\n\n@@ disk\nFilesystem 1024-blocks  Used Ava")
    healths = {check.topic: check.health for check in checks}
    assert healths.pop("ssh") == "ok"
    assert set(healths.values()) == {"unknown"}


def test_a_system_without_our_tools_is_all_unknown():
    missing = "".join(f"\n@@ {name}\nsh: {name}: not found\n\n@@ exit 127\n" for name in NAMES)
    healths = {check.topic: check.health for check in checks_of(missing)}
    assert healths.pop("ssh") == "ok"
    assert healths.pop("sudo") == "warning"
    assert set(healths.values()) == {"unknown"}


@given(st.lists(st.tuples(st.sampled_from(NAMES), NEARLY_RIGHT, st.integers(0, 255)), max_size=14))
@settings(max_examples=50, deadline=None)
def test_garbage_is_never_more_than_findings(answers):
    output = "".join(f"\n@@ {name}\n{text}\n\n@@ exit {code}\n" for name, text, code in answers)
    assert all(check.subject == "old" for check in checks_of(output))


def test_a_flood_of_spaces_and_slashes_costs_no_time():
    flood = "NOPASSWD: " + "/ " * 100_000 + "\n" + " " * 100_000 + "x\n" + "/" * 100_000
    output = "".join(f"\n@@ {name}\n{flood}\n\n@@ exit 0\n" for name in NAMES)
    assert checks_of(output)
