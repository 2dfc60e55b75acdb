"""What goes in and out of a remote command, and how it ends."""

import errno
import hashlib
import os
import random
from io import BytesIO
from pathlib import Path

import pytest

from gti.errors import Failed
from gti.remote.command import Command
from gti.remote.running import OutputTooLong


class Counted(BytesIO):
    """A sink that keeps a hash and a length, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self.length = 0

    def write(self, data) -> int:
        self.hash.update(data)
        self.length += len(data)
        return len(data)


class Endless(BytesIO):
    """A source of so many bytes, made as they are read."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.left = length
        self.hash = hashlib.sha256()
        self.random = random.Random(1)

    def read(self, size: int = -1) -> bytes:
        data = self.random.randbytes(min(size, self.left))
        self.left -= len(data)
        self.hash.update(data)
        return data


class Unreadable(BytesIO):
    """As when standard input is a folder."""

    def read(self, size: int | None = -1) -> bytes:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_two_streams_are_kept_apart(remote, host):
    result = remote.run(host, Command(("sh", "-c", "echo out; echo err >&2")))
    assert (result.stdout, result.stderr, result.code) == (b"out\n", b"err\n", 0)


def test_the_exit_code_is_the_programs_own(remote, host):
    assert remote.run(host, Command(("sh", "-c", "exit 42"))).code == 42


def test_a_program_killed_by_a_signal_has_failed(remote, host):
    assert remote.run(host, Command(("sh", "-c", "kill -9 $$"))).code == 137


def test_a_program_that_is_not_there_says_so(remote, host):
    result = remote.run(host, Command(("no-such-program",)))
    assert result.code == 127
    assert b"not found" in result.stderr


def test_what_is_said_after_a_silence_is_heard_on_both_streams(remote, host):
    result = remote.run(host, Command(("sh", "-c", "sleep 1.2; echo late; echo later >&2")), seconds=20)
    assert (result.stdout, result.stderr) == (b"late\n", b"later\n")


def test_a_program_that_pauses_reading_gets_all_of_its_input(remote, host):
    result = remote.run(
        host, Command(("sh", "-c", "sleep 1.2; wc -c")), stdin=BytesIO(b"x" * 8_000_000), seconds=20
    )
    assert result.stdout.strip() == b"8000000"


def test_input_that_cannot_be_read_is_an_error_and_not_an_end(remote, host):
    with pytest.raises(Failed, match="standard input cannot be read: is a directory"):
        remote.run(host, Command(("cat",)), stdin=Unreadable(), seconds=20)


def test_any_bytes_come_back_as_they_went(remote, host):
    every = bytes(range(256)) * 300
    assert remote.run(host, Command(("cat",)), stdin=BytesIO(every)).stdout == every


def test_a_program_without_input_sees_an_empty_one(remote, host):
    assert remote.run(host, Command(("cat",)), seconds=10).stdout == b""


def test_a_program_that_stops_reading_is_no_error(remote, host):
    assert remote.run(host, Command(("head", "-c", "3")), stdin=BytesIO(b"x" * 10**7), seconds=20).stdout == b"xxx"


@pytest.mark.slow
def test_streams_are_not_held_whatever_their_length(remote, host):
    source, sink = Endless(150 * 2**20), Counted()
    remote.run(host, Command(("true",)))
    before = resident()
    remote.run(host, Command(("cat",)), stdin=source, stdout=sink, seconds=120)
    assert (sink.length, sink.hash.digest()) == (150 * 2**20, source.hash.digest())
    assert resident() - before < 30 * 2**20


def test_output_without_a_sink_is_not_held_for_ever(remote, host):
    with pytest.raises(OutputTooLong):
        remote.run(host, Command(("head", "-c", "70000000", "/dev/zero")), seconds=60)


def test_a_daemon_that_keeps_the_streams_does_not_keep_us(remote, host):
    result = remote.run(host, Command(("sh", "-c", "sleep 30 & echo started")), seconds=25)
    assert result.stdout == b"started\n"
    assert result.seconds < 15


def test_one_connection_serves_a_whole_run(remote, host, sshd):
    before = sshd.log.count("Accepted publickey")
    for _ in range(3):
        remote.run(host, Command(("true",)))
    assert sshd.log.count("Accepted publickey") - before <= 1
