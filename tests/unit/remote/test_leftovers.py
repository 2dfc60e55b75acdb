"""Nothing is left running on a host: by a deadline, Ctrl-C, a killed gti or a broken connection."""

import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gti.remote.command import Command
from gti.remote.running import TimedOut

GRACE = 8.0  # seconds: the watch looks every second, asks gently, and forces after two


def marked(script: str) -> tuple[str, tuple[str, ...]]:
    """A number of seconds that nobody else sleeps, and a script all of whose processes show it."""
    mark = f"300.{secrets.randbelow(10**9):09}"
    return mark, ("sh", "-c", script.replace("SECONDS", mark))


def left(mark: str) -> list[str]:
    """What runs on the host and shows the mark; our own client, which does too, is not of it."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if mark in line and "gti exec" not in line:
                found.append(line)
    return found


def wait_until(condition, seconds: float = GRACE) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


WAITS = "sleep SECONDS & sleep SECONDS; wait"
STUBBORN = "trap '' TERM HUP INT; sleep SECONDS; sleep SECONDS"


@pytest.mark.parametrize("script", [WAITS, STUBBORN], ids=["patient", "ignoring TERM"])
def test_a_deadline_ends_the_whole_group(remote, host, script):
    mark, command = marked(script)
    with pytest.raises(TimedOut, match=r"no end after 0\.5 s on here"):
        remote.run(host, Command(command), seconds=0.5)
    assert wait_until(lambda: not left(mark)), left(mark)


@pytest.fixture
def exec_(gti):
    """`gti exec` under way in a process of its own; the mark of what it runs."""
    started = []

    def start(script: str, *options: str) -> tuple[subprocess.Popen, str]:
        mark, command = marked(script)
        line = [*gti.command, "exec", "--on", "here", *options, "--", *command]
        process = subprocess.Popen(line, env=gti.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        assert wait_until(lambda: left(mark), 20)
        return process, mark

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("script", [WAITS, STUBBORN], ids=["patient", "ignoring TERM"])
def test_ctrl_c_ends_the_whole_group_and_exits_130(exec_, script):
    process, mark = exec_(script)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert wait_until(lambda: not left(mark)), left(mark)


def test_when_gti_is_killed_the_host_ends_the_group_by_itself(exec_):
    process, mark = exec_(STUBBORN)
    process.kill()
    assert wait_until(lambda: not left(mark)), left(mark)


def test_when_the_connection_breaks_the_host_ends_the_group_by_itself(exec_, sshd):
    process, mark = exec_(WAITS)
    for pid in sshd.sessions():
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else b""
        if command.startswith(b"sshd"):
            os.kill(pid, signal.SIGKILL)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 4
    assert b"lost the connection" in error
    assert wait_until(lambda: not left(mark)), left(mark)


def test_the_watch_goes_when_the_command_has_ended(remote, host):
    remote.run(host, Command(("true",)))
    command = Command(("true",))
    remote.run(host, command)
    assert wait_until(lambda: not left(command.nonce), 2), left(command.nonce)
