"""What holds for every command: exit codes, the two streams, colours, terminals of any width, and ways to end."""

import csv
import io
import json
import re
import shlex
import subprocess

import pexpect
import pytest
import yaml
from wcwidth import wcswidth

from tests.sshd import site_text
from tests.unit.components.servers import greets, listening

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def in_shell(gti):
    """A line of bash in which `gti` is gti; the exit code is that of the first program of a pipe that failed."""

    def run(line):
        script = f'set -o pipefail\ngti() {{ {shlex.join(gti.command)} "$@"; }}\n{line}'
        return subprocess.run(
            ["bash", "-c", script], env=gti.environment, cwd=gti.home, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.fixture
def on_terminal(gti):
    """gti on a terminal of so many columns."""

    def run(*arguments, columns=100, **environment):
        known = {key: value for key, value in gti.environment.items() if key != "COLUMNS"}
        return pexpect.spawn(
            gti.command[0], [*gti.command[1:], *arguments], env=known | environment, cwd=gti.home,
            dimensions=(24, columns), encoding="utf-8", timeout=30,
        )  # fmt: skip

    return run


# usage


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("stauts", "status"),
        ("exce", "exec"),
        ("site shwo", "show"),
        ("status --wach", "--watch"),
        ("exec --stdn -- cat", "--stdin"),
        ("exec --on kafak -- true", "kafka"),
        ("status mino", "minio"),
        ("site show --site gtti", "gti"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(gti, line, meant):
    ran = gti(*line.split())
    assert (ran.code, ran.out) == (2, "")
    assert re.search(f"[Dd]id you mean .*'{meant}'", ran.err), ran.err


@pytest.mark.parametrize(
    "line", ["", "site", "exec", "nonsense", "site nonsense", "version --nonsense", "status -o xml"]
)
def test_misuse_is_exit_code_2_and_told_on_stderr(gti, line):
    ran = gti(*line.split())
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: gti" in ran.err


@pytest.mark.parametrize("line", ["--help", "-h", "status --help", "site trust -h", "doctor --help"])
def test_help_that_was_asked_for_is_data(gti, line):
    ran = gti(*line.split())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: gti")


# the two streams


READINGS = {
    "version": 0,
    "site show": 0,
    "site check": 0,
    "site trust --dry-run": 7,
    "status": 3,
    "exec --on here,dead -- echo hi": 7,
}


@pytest.mark.parametrize("line", READINGS)
def test_stdout_is_nothing_but_data(gti, line):
    command, dashes, rest = line.partition(" -- ")

    def printed(form):
        ran = gti(*shlex.split(f"{command} -o {form}{dashes}{rest}"))
        assert ran.code == READINGS[line], ran.err
        return ran.out

    assert json.loads(printed("json"))
    assert yaml.safe_load(printed("yaml"))
    assert list(csv.DictReader(io.StringIO(printed("csv")), strict=True))


def test_notes_are_on_stderr_and_quiet_silences_them(gti):
    told, quiet = gti("site", "show"), gti("site", "show", "--quiet")
    assert told.err.startswith("note: ")
    assert (quiet.err, quiet.out) == ("", told.out)


def test_quiet_does_not_silence_errors(gti):
    assert "cannot reach dead" in gti("--quiet", "exec", "--on", "dead", "--", "true").err


def test_verbose_tells_on_stderr_what_is_being_done(gti):
    plain, verbose = (gti(*more, "exec", "--on", "here", "--", "echo", "hi") for more in ([], ["--verbose"]))
    assert (plain.out, plain.err) == ("hi\n", "")
    assert (verbose.code, verbose.out) == (0, plain.out)
    assert "here: logged in as" in verbose.err
    assert "here: echo hi" in verbose.err


@pytest.mark.parametrize(
    "line", ["exec --on dead -- true", "site show --site ./gone.toml", "exec --on kafak -- true"]
)
def test_a_traceback_is_shown_to_who_asks_for_it_and_to_nobody_else(gti, line):
    assert "Traceback" not in gti(*line.split()).err
    debug = gti("--debug", *line.split())
    assert "Traceback (most recent call last)" in debug.err
    assert debug.out == ""


@pytest.mark.parametrize(
    "line",
    ["--quiet --no-color site show -o json", "site show -o json --no-color --quiet", "site --quiet show -o json"],
)
def test_global_options_are_understood_everywhere_on_the_line(gti, line):
    ran = gti(*line.split())
    assert (ran.code, ran.err) == (0, "")
    assert ran.json()["site"] == "test"


@pytest.mark.parametrize("line", ["--site {} site show", "site --site {} show", "site show --site {}"])
def test_site_on_the_line_goes_before_the_environment(gti, site_file, line):
    other = site_file.with_name("other.toml")
    other.write_text(site_file.read_text().replace("sites.test", "sites.other"))
    assert gti(*line.format(other).split(), "-o", "json").json()["site"] == "other"


# colours


@pytest.mark.parametrize("line", ["status", "site check", "exec --on dead -- true"])
def test_a_pipe_is_never_coloured(gti, line):
    ran = gti(*line.split())
    assert "\x1b" not in ran.out + ran.err


def test_a_terminal_is_coloured(on_terminal):
    assert "\x1b[31munhealthy\x1b[0m" in on_terminal("status", "kafka").read()


@pytest.mark.parametrize(("option", "environment"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_a_terminal_is_not_coloured_against_the_operators_will(on_terminal, option, environment):
    shown = on_terminal("status", "kafka", *option, **environment).read()
    assert "unhealthy" in shown
    assert "\x1b" not in shown


# terminals


@pytest.mark.parametrize("columns", [24, 40, 60, 80, 100, 300])
@pytest.mark.parametrize(
    "line", ["site show --quiet", "site check --quiet", "version", "site trust here --dry-run"]
)
def test_tables_fit_the_terminal(on_terminal, line, columns):
    shown = on_terminal(*line.split(), columns=columns).read()
    assert shown
    assert max(wcswidth(ESCAPE.sub("", row)) for row in shown.splitlines()) <= columns


def test_on_a_wide_terminal_a_row_is_a_line(on_terminal):
    shown = on_terminal("site", "show", "--quiet", columns=300).read().splitlines()
    assert len(shown) == 3


def test_on_a_terminal_too_narrow_for_columns_each_value_has_its_line(on_terminal):
    shown = on_terminal("site", "show", "--quiet", columns=40).read().splitlines()
    assert [row.split() for row in shown[:3]] == [["COMPONENT", "kafka"], ["SERVICE", "kafka"], ["HOST", "here"]]


def test_a_pipe_is_as_wide_as_it_needs_to_be(gti):
    assert len(gti("site", "show", env={"COLUMNS": "20"}).out.splitlines()) == 3


@pytest.mark.parametrize("columns", [60, 90, 300])
def test_wide_characters_do_not_move_the_columns_beside_them(on_terminal, site_file, columns):
    """Findings that repeat a key in Chinese, with what mends them beside it."""
    site_file.write_text("[sites.test]\n'版本一二三四五六' = 1\n'é🐘' = 1\nplain = 1\n")
    shown = on_terminal("site", "check", "--quiet", columns=columns).read()
    head, *rows = ESCAPE.sub("", shown).splitlines()
    beside = [wcswidth(row[: row.index("remove it")]) for row in rows if "remove it" in row]
    assert beside == [head.index("MEND")] * 3


# ways to end


def test_a_reader_that_has_seen_enough_ends_it_in_silence(in_shell, site_file, sshd):
    many = {f"host-{number}": 'name = "127.0.0.1"' for number in range(3000)}
    site_file.write_text(site_text(site_file.parent / "known", sshd.client_key, many))
    ran = in_shell("gti --quiet site show -o yaml | head -1")
    assert (ran.stdout, ran.stderr, ran.returncode) == ("site: test\n", "", 130)


@pytest.mark.parametrize(
    "line", ["gti version", "gti --help", "gti site show -o json", "gti completion bash", "gti stauts"]
)
def test_a_reader_that_never_was_there_makes_no_noise(in_shell, line):
    ran = in_shell(f"({line} 3>&2 2>&1 1>&3) 2>/dev/null | true; {line} 2>/dev/null | true")
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    assert "defect" not in ran.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("gti site show >&-", 0),
        ("gti site show 2>&-", 0),
        ("gti site show <&- >&- 2>&-", 0),
        ("gti exec --on here -- true <&-", 0),
        ("gti exec --on dead -- true 2>&-", 4),
        ("gti site trust here <&-", 0),
        ("gti --nonsense <&- >&- 2>&-", 2),
        ("gti site show 2>/dev/full", 0),
        ("gti --nonsense 2>/dev/full", 2),
    ],
)
def test_closed_streams_change_nothing_but_what_is_seen(in_shell, line, code):
    ran = in_shell(line)
    assert ran.returncode == code
    assert "defect" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("line", ["gti version", "gti site show -o csv", "gti exec --on here -- echo hi"])
def test_a_full_disk_is_said_to_be_full(in_shell, line):
    ran = in_shell(f"{line} >/dev/full")
    assert ran.returncode == 1
    assert "gti: the output cannot be written: no space left on device\n" in ran.stderr


def test_ctrl_c_ends_the_command_and_is_no_error(on_terminal):
    child = on_terminal("exec", "--on", "here", "--", "sh", "-c", "echo began; sleep 60")
    child.expect("began")
    child.sendintr()
    shown = child.read()
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in shown


def test_ctrl_c_ends_watching(on_terminal):
    child = on_terminal("status", "kafka", "--watch", "1s")
    child.expect("cause")
    child.sendintr()
    child.read()
    child.close()
    assert child.exitstatus == 130


# secrets


@pytest.fixture
def indiscreet(site_file, sshd):
    """A database that repeats the password to everyone whom it turns away."""
    denial = b"\xff\x10\x04who says open-sesame-42 to me?"
    with listening(greets(len(denial).to_bytes(3, "little") + b"\x00" + denial)) as at:
        service = (
            'mariadb = { component = "metastore", host = "here", unit = "mariadb", user = "hive", '
            f'password = "cmd:echo open-sesame-42", port = {at.port} }}'
        )
        here = {"here": f'name = "127.0.0.1", port = {sshd.port}'}
        site_file.write_text(site_text(site_file.parent / "known_hosts", sshd.client_key, here, [service]))
        yield


@pytest.mark.parametrize("form", ["table", "json", "yaml", "csv"])
@pytest.mark.parametrize("option", [[], ["--debug"]])
def test_a_password_is_shown_nowhere_whoever_repeats_it(gti, indiscreet, form, option):
    ran = gti(*option, "status", "mariadb", "-o", form)
    assert "who says ******** to me?" in ran.out
    assert "open-sesame-42" not in ran.out + ran.err
