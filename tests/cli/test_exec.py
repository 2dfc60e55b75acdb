"""`gti exec`, as typed."""

import os
import re
import shlex
import subprocess
import sys

import pexpect
import pytest

from tests.sshd import keygen


def test_one_host_is_passed_on_as_it_is(gti):
    ran = gti("exec", "--on", "here", "--", "sh", "-c", "echo out; echo err >&2")
    assert (ran.code, ran.out, ran.err) == (0, "out\n", "err\n")


def test_several_hosts_are_told_apart_and_come_in_the_sites_order(gti):
    ran = gti("exec", "--on", "there,here", "--", "sh", "-c", "echo one; printf two")
    assert ran.out == "here: one\nhere: two\nthere: one\nthere: two\n"


def test_one_dead_host_costs_its_own_row(gti):
    ran = gti("exec", "--", "echo", "hi")
    assert (ran.code, ran.out) == (7, "here: hi\nthere: hi\n")
    assert "dead: cannot reach dead (127.0.0.2:1) over SSH: connection refused" in ran.err
    assert "1 of 3 hosts: dead unreachable" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--on", "here", "--", "true"), 0),
        (("--on", "here", "--", "sh", "-c", "exit 42"), 1),
        (("--on", "here,there", "--", "false"), 1),
        (("--on", "here", "--timeout", "300ms", "--", "sleep", "20"), 1),
        (("--on", "nowhere", "--", "true"), 2),
        ((), 2),
        (("--on", "here", "--timeout", "soon", "--", "true"), 2),
        (("--on", "dead", "--", "true"), 4),
        (("--on", "here,dead", "--", "true"), 7),
    ],
)
def test_the_exit_code_tells_how_it_went(gti, arguments, code):
    assert gti("exec", *arguments).code == code


def test_an_unknown_host_key_is_refused(gti, site_file):
    (site_file.parent / "known_hosts").write_text("")
    ran = gti("exec", "--on", "here,there", "--", "true")
    assert ran.code == 5
    assert "gti site trust here" in ran.err


@pytest.mark.parametrize("name", ["here", "kafka", "127.0.0.1,here", "101"])
def test_a_host_goes_by_many_names(gti, name):
    assert gti("exec", "--on", name, "--dry-run", "--", "true").out.startswith("here: true\n")


def test_a_slip_of_the_pen_is_answered_with_a_suggestion(gti):
    assert "did you mean 'kafka'?" in gti("exec", "--on", "kafak", "--", "true").err


@pytest.mark.parametrize("on", ["", "here,", " "])
def test_an_empty_name_never_means_every_host(gti, on):
    ran = gti("exec", "--on", on, "--dry-run", "--", "reboot")
    assert (ran.code, ran.out) == (2, "")
    assert "empty name" in ran.err


def test_identical_answers_are_printed_once(gti):
    ran = gti("exec", "--group", "--", "echo", "same")
    assert ran.out.startswith("---- here,there (2) ----\nsame\n")
    assert "---- dead (1): unreachable ----" in ran.out


def test_standard_input_reaches_every_host(gti):
    assert (
        gti("exec", "--on", "here,there", "--stdin", "--", "cat", input="tea\n").out == "here: tea\nthere: tea\n"
    )


def test_without_being_told_to_standard_input_is_left_alone(gti):
    assert gti("exec", "--on", "here", "--", "cat", input="mine").out == ""


@pytest.fixture
def never_ending():
    """Standard input that nobody writes to, and nobody closes."""
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize(("command", "code"), [(("true",), 0), (("sleep", "20"), 1)])
def test_standard_input_that_stays_open_keeps_nobody(gti, never_ending, command, code):
    line = [*gti.command, "exec", "--on", "here", "--stdin", "--timeout", "2s", "--", *command]
    ran = subprocess.run(line, stdin=never_ending, env=gti.environment, capture_output=True, timeout=30)
    assert (ran.returncode, b"Fatal" in ran.stderr) == (code, False)


def test_what_is_typed_goes_out_before_more_is_typed(gti):
    line = [*gti.command, "exec", "--on", "here", "--stdin", "--", "cat"]
    child = pexpect.spawn(line[0], line[1:], env=gti.environment, echo=False, timeout=10)
    for said in ("one", "two"):
        child.sendline(said)
        child.expect_exact(f"{said}\r\n")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_long_line_stays_one_line(gti):
    ran = gti("exec", "--on", "here,there", "--", "sh", "-c", r"head -c 200000 /dev/zero | tr '\0' x")
    assert ran.out == "".join(f"{host}: {'x' * 200_000}\n" for host in ("here", "there"))


def test_bytes_pass_through_a_pipe_unchanged(gti):
    every = bytes(range(256)) * 5000
    ran = gti.run_bytes(["exec", "--on", "here", "--stdin", "--", "cat"], input=every)
    assert ran.stdout == every


def test_json_has_a_row_for_every_host(gti):
    rows = gti("exec", "-o", "json", "--", "sh", "-c", r"printf '\377'; exit 3").json()
    assert [(row["host"], row["state"], row["code"]) for row in rows] == [
        ("here", "failed", 3),
        ("there", "failed", 3),
        ("dead", "unreachable", None),
    ]
    assert rows[0]["stdout"] == "\\xff"


def test_a_dry_run_runs_nothing(gti, tmp_path):
    witness = tmp_path / "witness"
    ran = gti("exec", "--on", "here", "--dry-run", "--", "touch", str(witness))
    assert ran.out == f"here: touch {witness}\n"
    assert not witness.exists()


def test_a_terminal_is_shown_what_hosts_print_and_does_not_obey_it(gti):
    evil = r"printf 'a\033]0;owned\007b\233c\377d\r\n'"
    child = pexpect.spawn(gti.command[0], [*gti.command[1:], "exec", "--on", "here", "--", "sh", "-c", evil],
                          env=gti.environment, timeout=20)  # fmt: skip
    shown = child.read()
    assert b"\x1b]" not in shown
    assert rb"a\x1b]0;owned\x07b\x9bc\xffd" in shown


def test_a_terminal_that_speaks_no_utf8_is_shown_what_it_can_write(gti):
    line = [*gti.command[1:], "exec", "--on", "here", "--", "printf", r"caf\303\251 \303"]
    plain = gti.environment | {"PYTHONIOENCODING": "ascii"}
    shown = pexpect.spawn(gti.command[0], line, env=plain, timeout=20).read()
    assert shown == rb"caf\xe9 \xc3"


@pytest.mark.parametrize(
    ("form", "said"), [("yaml", "  stdout: a,b"), ("csv", "here,ok,0,"), ("csv", '"a,b",,\n')]
)
def test_programs_get_their_own_forms(gti, form, said):
    assert said in gti("exec", "--on", "here", "-o", form, "--", "printf", "a,b").out


def test_sudo_is_asked_for_and_never_asks_back(gti):
    assert gti("exec", "--on", "here", "--sudo", "--dry-run", "--", "id").out == "here: sudo -n -- id\n"


def test_a_reader_that_has_seen_enough_ends_the_command_in_silence(gti):
    line = f"{shlex.join(gti.command)} exec --on here -- yes | head -1"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], env=gti.environment, capture_output=True, timeout=30
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == (b"y\n", b"", 130)


MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("on", ["here", "here,there"])
def test_a_hundred_megabytes_are_not_held(gti, on):
    """MiB at the most, of which Python and the SSH library take some 60."""
    line = [*gti.command, "exec", "--on", on, "--", "head", "-c", "100000000", "/dev/zero"]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *line], env=gti.environment, capture_output=True, text=True, timeout=120
    )
    assert int(ran.stdout) < 110, ran.stderr


def test_a_passphrase_is_asked_for_on_a_terminal(gti, sshd, site_file, tmp_path):
    locked = keygen(tmp_path / "locked", passphrase="open sesame")
    before = sshd.authorized_keys.read_text()
    sshd.authorized_keys.write_text(before + locked.with_suffix(".pub").read_text())
    site_file.write_text(site_file.read_text().replace(str(sshd.client_key), str(locked)))
    line = [*gti.command, "exec", "--on", "here,there", "--", "echo", "in"]
    child = pexpect.spawn(line[0], line[1:], env=gti.environment, timeout=20)
    child.expect("Passphrase of .*locked:")
    child.sendline("open sesame")
    child.expect("there: in")
    child.close()
    sshd.authorized_keys.write_text(before)


def test_ctrl_c_at_a_passphrase_leaves_a_terminal_that_shows_what_is_typed(gti, sshd, site_file, tmp_path):
    locked = keygen(tmp_path / "locked", passphrase="open sesame")
    site_file.write_text(site_file.read_text().replace(str(sshd.client_key), str(locked)))
    line = f"{shlex.join(gti.command)} exec --on here -- true; echo left with $?; stty -a"
    shell = pexpect.spawn("/bin/bash", ["--norc", "-c", line], env=gti.environment, timeout=20)
    shell.expect("Passphrase of .*locked:")
    shell.sendintr()
    shell.expect("left with 130")
    assert re.search(rb"[^-]echo\b", shell.read())
