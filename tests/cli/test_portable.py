"""Operators' workstations are Linux, macOS and Windows: nothing of gti but the lab needs what only POSIX has."""

import os
import subprocess
import sys
from getpass import getuser
from pathlib import Path

import pytest

# Loads gti with all its libraries, forgets gti, takes away what Windows does not have, and loads gti again.
LIKE_WINDOWS = """
import builtins, importlib, os, pkgutil, select, signal, socket, sys, time
import gti

def all_of_gti():
    found = pkgutil.walk_packages(gti.__path__, "gti.")
    return [module.name for module in found if not module.name.startswith("gti.lab")]

modules = all_of_gti()
for name in modules:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "gti"]:
    del sys.modules[name]

POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
anything = builtins.__import__

def refuse(name, globals=None, locals=None, fromlist=(), level=0):
    if name in POSIX_ONLY and (globals or {}).get("__name__", "").split(".")[0] == "gti":
        raise ModuleNotFoundError(f"there is no {name} on Windows")
    return anything(name, globals, locals, fromlist, level)

builtins.__import__ = refuse
ABSENT = {
    os: "getuid geteuid getgid getegid getgroups fork forkpty killpg getpgid getpgrp setsid setpgid chown lchown "
        "fchmod fchown mkfifo mknod openpty ttyname uname wait3 wait4 WNOHANG getloadavg sysconf statvfs nice "
        "sched_getaffinity O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC O_SYNC",
    signal: "SIGKILL SIGPIPE SIGHUP SIGALRM SIGCHLD SIGQUIT SIGUSR1 SIGWINCH SIGTSTP alarm setitimer pthread_kill",
    select: "poll epoll",
    socket: "AF_UNIX TCP_USER_TIMEOUT SO_REUSEPORT",
    time: "tzset",
}
for module, names in ABSENT.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""

LOAD_ALL = """
for name in modules:
    importlib.import_module(name)
print(len(modules))
"""

RUN = """
from gti.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def like_windows(script: str, *arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    known = {"HOME": str(cwd), "PATH": os.environ["PATH"], "PYTHONPATH": root, "USERNAME": getuser()}
    return subprocess.run(
        [sys.executable, "-c", LIKE_WINDOWS + script, *arguments],
        cwd=cwd,
        env=known | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_trap_of_these_tests_closes(tmp_path: Path) -> None:
    trapped = like_windows('exec("import fcntl", {"__name__": "gti.remote.lock"})', cwd=tmp_path)
    assert "there is no fcntl on Windows" in trapped.stderr


def test_every_module_loads_where_nothing_is_posix(tmp_path: Path) -> None:
    done = like_windows(LOAD_ALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


@pytest.mark.parametrize(
    "line", ["--help", "site show", "site show -o yaml", "site check -o json", "version", "completion powershell"]
)
def test_commands_run_where_nothing_is_posix(line: str, tmp_path: Path) -> None:
    done = like_windows(RUN, *line.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("exec --on here,there -- echo hi", 0),
        ("exec --on dead -- echo hi", 4),
        ("site trust here --dry-run", 0),
        ("status kafka", 3),
    ],
)
def test_hosts_are_reached_where_nothing_is_posix(line: str, code: int, site_file: Path, tmp_path: Path) -> None:
    done = like_windows(RUN, *line.split(), cwd=tmp_path, GTI_SITE=str(site_file))
    assert done.returncode == code, done.stderr
    assert "defect" not in done.stderr
