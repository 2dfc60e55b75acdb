"""What Tab offers: commands, hosts, components and sites, at once and without loading what SSH needs."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHELLS = ("bash", "zsh", "fish", "powershell")
HEAVY = {
    "asyncio", "cryptography", "fabric", "invoke", "kafka", "keyring", "mariadb", "minio", "nacl", "paramiko",
    "questionary", "requests", "tabulate", "trino", "yaml",
}  # fmt: skip
AT_START = {
    "gti", "gti.cli", "gti.cli.app", "gti.cli.main", "gti.cli.options", "gti.cli.tree", "gti.errors",
}  # fmt: skip

# Each line, and some of what has to be offered for it.
OFFERED = {
    "gti st": {"status"},
    "gti ": {"status", "doctor", "exec", "site", "completion", "version"},
    "gti exec --on h": {"here"},
    "gti exec --on ": {"here", "there", "dead", "kafka", "minio", "all"},
    "gti exec --on kafka,mi": {"kafka,minio"},
    "gti status k": {"kafka"},
    "gti doctor th": {"there"},
    "gti site trust de": {"dead"},
    "gti site ": {"show", "check", "init", "trust"},
    "gti status --site te": {"test"},
    "gti --site te": {"test"},
    "gti version -o ": {"table", "json", "yaml", "csv"},
    "gti completion ": set(SHELLS),
}

IN_BASH = """
source "$1"
COMP_WORDS=($2) COMP_CWORD=$3
[[ $2 == *" " ]] && COMP_WORDS+=("")
_gti_completion gti
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def operator(gti, tmp_path, site_file):
    """Somebody with `gti` on the PATH, and a site of their own in the folder where gti looks for it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "gti"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(gti.command)} "$@"\n')
    program.chmod(0o755)
    shutil.copy(site_file, gti.home / "gti.toml")
    environment = {key: value for key, value in gti.environment.items() if key != "GTI_SITE"}

    def run(*line, **more):
        ran = subprocess.run(
            line,
            env=environment | {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"} | more,
            cwd=gti.home,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.stderr == ""
        return ran.stdout

    return run


def at(line):
    """The position of the word under the cursor."""
    return len(f"{line}.".split()) - 1


def asked(operator, shell, line, **more):
    """gti, asked as a shell's script asks it."""
    return operator("gti", _GTI_COMPLETE=f"{shell}_complete", COMP_WORDS=line, COMP_CWORD=str(at(line)), **more)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_files_in_completions_are_what_gti_prints(gti, shell):
    assert (ROOT / "completions" / f"gti.{shell}").read_text() == gti("completion", shell).out


@pytest.mark.parametrize("line", OFFERED)
def test_bash_completes(operator, line):
    offered = operator("bash", "-c", IN_BASH, "bash", str(ROOT / "completions/gti.bash"), line, str(at(line)))
    assert OFFERED[line] <= set(offered.split())


def test_bash_offers_nothing_else(operator):
    script = str(ROOT / "completions/gti.bash")
    assert operator("bash", "-c", IN_BASH, "bash", script, "gti exec --on here,th", "3") == "here,there\n"


def test_zsh_is_answered_with_type_word_and_help(operator):
    answer = asked(operator, "zsh", "gti st")
    assert answer.splitlines()[:2] == ["plain", "status"]


def test_fish_is_answered_with_type_and_word(operator):
    # fish passes the word itself where bash and zsh pass its position
    answer = operator("gti", _GTI_COMPLETE="fish_complete", COMP_WORDS="gti exec --on ka", COMP_CWORD="ka")
    assert "plain,kafka" in answer


@pytest.mark.parametrize("line", OFFERED)
def test_powershell_is_answered_with_type_word_and_help(operator, line):
    word = line.rsplit(" ", 1)[1]
    answer = operator("gti", _GTI_COMPLETE="powershell_complete", COMP_WORDS=line, COMP_WORD=word)
    assert OFFERED[line] <= {row.split("\t")[1] for row in answer.splitlines()}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_is_good_for_its_shell(operator, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    assert operator(shell, "-n", str(ROOT / f"completions/gti.{shell}")) == ""


def test_a_broken_site_file_does_not_disturb_who_is_typing(operator, gti):
    (gti.home / "gti.toml").write_text("[sites.test\n")
    assert asked(operator, "bash", "gti exec --on k").strip() == ""


def loaded_by(gti, *arguments, **environment):
    """Every module that a run of gti imports, by Python's own account of it."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gti", *arguments],
        env=gti.environment | environment,
        capture_output=True,
        text=True,
    )
    assert ran.stdout
    return {line.rsplit("|", 1)[1].strip() for line in ran.stderr.splitlines()}


def completion_of(line):
    return {"_GTI_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(at(line))}


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--help"], {}), ([], completion_of("gti st"))], ids=["help", "completion"]
)
def test_help_and_commands_load_nothing_heavy(gti, arguments, environment):
    loaded = loaded_by(gti, *arguments, **environment)
    assert not loaded & (HEAVY | {"dataclasses", "json", "logging", "socket", "ssl", "subprocess", "tomllib"})
    assert {name for name in loaded if name.split(".")[0] == "gti"} <= AT_START


@pytest.mark.parametrize("line", OFFERED)
def test_completion_never_loads_what_ssh_and_the_servers_need(gti, line):
    loaded = loaded_by(gti, **completion_of(line))
    assert not loaded & HEAVY
