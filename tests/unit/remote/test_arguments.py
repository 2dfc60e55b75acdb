"""Arguments reach the remote program unchanged, whatever is in them."""

import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gti.errors import Misused
from gti.remote.command import LONGEST, Command

SAY = "import json, os, sys; json.dump([list(os.fsencode(a)) for a in sys.argv[1:]], sys.stdout)"
SHELL_FOOD = st.sampled_from(
    [
        "",
        " ",
        "-n",
        "--",
        "-rf /",
        "$(id)",
        "`id`",
        "$HOME",
        "a'b",
        'a"b',
        "\\",
        "\\n",
        "*",
        "~",
        "!",
        "a\nb",
        "\t",
        "é",
    ]
)
ARGUMENT = SHELL_FOOD | st.text(st.characters(exclude_characters="\0", exclude_categories=[])).filter(
    lambda text: all(not 0xD800 <= ord(char) < 0xDC80 and not 0xDCFF < ord(char) < 0xE000 for char in text)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ARGUMENT, min_size=1, max_size=40))
def test_arguments_arrive_byte_by_byte(remote, host, arguments):
    result = remote.run(host, Command((sys.executable, "-c", SAY, *arguments)), seconds=30)
    assert result.stderr == b""
    assert [bytes(said) for said in json.loads(result.stdout)] == [
        argument.encode("utf-8", "surrogateescape") for argument in arguments
    ]


def test_a_program_is_run_where_the_shell_has_a_word_of_that_name(remote, host):
    """dash's own echo would turn \\n into a new line."""
    assert remote.run(host, Command(("echo", "a\\nb"))).stdout == b"a\\nb\n"
    assert remote.run(host, Command(("exit", "7"))).code == 127


def test_a_nul_is_refused_before_anything_is_sent():
    with pytest.raises(Misused, match="NUL"):
        Command(("echo", "a\0b"))


def test_a_line_that_no_system_takes_is_refused_with_another_way(remote, host):
    with pytest.raises(Misused, match="bytes long") as refused:
        remote.run(host, Command(("echo", "x" * LONGEST)))
    assert "stdin" in refused.value.next[0]
