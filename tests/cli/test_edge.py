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


@pytest.fixture
def strangers(gti, site_file):
    """The site of most tests, in which nothing can be reached but what is said does not depend on it."""
    return gti


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
        ("site show --site tset", "test"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(gti, line, meant):
    ran = gti(*line.split(), env={"GTI_SITE": ""} if "--site" in line else {})
    assert ran.code == 2
    assert re.search(f"[Dd]id you mean '{meant}'", ran.err), ran.err
