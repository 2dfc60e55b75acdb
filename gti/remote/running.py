"""One command on one SSH channel: streams in and out, one deadline, and nothing left running."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from threading import Event, Thread
from typing import BinaryIO

import paramiko

from gti.errors import Failed, Interrupted, Unreachable
from gti.remote.command import Command
from gti.site import Host

LOG = logging.getLogger(__name__)  # what --verbose tells

CHUNK = 32 * 1024
SLICE = 0.5  # seconds between looks at the clock while nothing arrives
AFTER_EXIT = 1.0  # seconds of silence granted to a daemon that keeps the streams of its parent open
ENDING = 4.0  # seconds to end a process group: two of kindness, then force
MOST_KEPT = 64 * 1024 * 1024  # bytes of output held for a caller that gave no sink


class TimedOut(Failed):
    """The deadline passed. What ran on the host was ended."""


class ConnectionLost(Unreachable):
    """The connection broke while the command ran. The host ends what it was running by itself."""


class OutputTooLong(Failed):
    """A command printed more than anybody should hold in memory."""


@dataclass(frozen=True)
class Result:
    """What a command left: `code` is its exit status, -1 when a signal ended it."""

    host: Host
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float


class Kept(BytesIO):
    """Output held in memory, up to a limit."""

    def write(self, data: object) -> int:
        written = super().write(data)  # type: ignore[arg-type]
        if self.tell() > MOST_KEPT:
            raise OutputTooLong(f"more than {MOST_KEPT // 2**20} MiB of output")
        return written


class Running:
    """A command under way. `end` may be called from any thread."""

    def __init__(self, host: Host, transport: paramiko.Transport, command: Command, seconds: float | None) -> None:
        self.host = host
        self.command = command
        self._transport = transport
        self._started = time.monotonic()
        self._seconds = seconds
        self._group: int | None = None
        self._ended = Event()
        line = command.line(seconds)
        self._channel = transport.open_session(timeout=seconds or 30)
        LOG.info("%s: %s", host.alias, command)
        self._channel.exec_command(line)  # bytes keep any argument as it is
        self._channel.settimeout(SLICE)  # counts for both of its streams, and for sending

    def finish(self, stdin: BinaryIO | None, stdout: BinaryIO | None, stderr: BinaryIO | None) -> Result:
        """Pump until the end. Raises when the deadline passes, the connection breaks or `end` is called."""
        out, err = stdout or Kept(), stderr or Kept()
        errors: list[BaseException] = []
        helpers = [Thread(target=self._read_stderr, args=(err, errors), daemon=True)]
        if stdin is not None:
            helpers.append(Thread(target=self._feed, args=(stdin, errors), daemon=True))
        else:
            self._channel.shutdown_write()
        for helper in helpers:
            helper.start()
        try:
            self._read_stdout(out, errors)
            helpers[0].join(self._left() if self._seconds else None)
            code = self._exit_status(errors)
        except BaseException:
            self.end()
            raise
        finally:
            self._channel.close()
        return Result(self.host, code, _kept(out), _kept(err), time.monotonic() - self._started)

    def end(self) -> None:
        """End the remote process group, gently and then by force, and close the channel."""
        if self._ended.is_set():
            return
        self._ended.set()
        try:
            if self._group is None or self._channel.exit_status_ready() or not self._transport.is_active():
                return
            ending = self._transport.open_session(timeout=ENDING)
            ending.settimeout(ENDING)
            ending.exec_command(self.command.ending(self._group))
            ending.recv(1)  # nothing is printed: this waits for the end
            ending.close()
        except (OSError, EOFError, paramiko.SSHException):
            self._transport.close()  # the watch beside the command sees that, and ends it
        finally:
            self._channel.close()

    def _read_stdout(self, sink: BinaryIO, errors: list[BaseException]) -> None:
        for data in self._arriving(self._channel.recv):
            self._check(errors)
            sink.write(data)

    def _arriving(self, receive: Callable[[int], bytes]) -> Iterator[bytes]:
        """What a stream brings until its end, and b"" now and then while it is silent."""
        silent_since = time.monotonic()
        while True:
            try:
                data = receive(CHUNK)
            except TimeoutError:
                if self._is_over(silent_since):
                    return
                yield b""
                continue
            if not data:
                return
            silent_since = time.monotonic()
            yield data

    def _is_over(self, silent_since: float) -> bool:
        return self._channel.exit_status_ready() and time.monotonic() - silent_since > AFTER_EXIT

    def _read_stderr(self, sink: BinaryIO, errors: list[BaseException]) -> None:
        """The wrapper's own line is taken out; all else goes to the sink."""
        pending: bytes | None = b""
        try:
            for data in self._arriving(self._channel.recv_stderr):
                if pending is not None:
                    pending, data = self._without_marker(pending + data)
                sink.write(data)
            if pending:
                sink.write(pending)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            errors.append(error)

    def _without_marker(self, data: bytes) -> tuple[bytes | None, bytes]:
        """(what to wait for more of, what to pass on); None once the marker was seen or cannot come."""
        start = data.find(self.command.marker)
        if start < 0:
            return (data, b"") if len(data) < CHUNK else (None, data)
        line, newline, rest = data[start:].partition(b"\n")
        if not newline:
            return data, b""
        number = line[len(self.command.marker) :]
        self._group = int(number) if number.isdigit() and len(number) < 12 else None
        return None, data[:start] + rest

    def _feed(self, source: BinaryIO, errors: list[BaseException]) -> None:
        try:
            while data := source.read(CHUNK):
                if not self._sent(data):
                    return
        except OSError as error:
            errors.append(Failed(f"standard input cannot be read: {str(error.strerror or error).lower()}"))
            return
        except ValueError:  # closed: the command has ended without reading it all
            return
        with suppress(OSError, EOFError):
            self._channel.shutdown_write()

    def _sent(self, data: bytes) -> bool:
        """False when the command has stopped reading: its own affair, as in any pipe."""
        while data:
            try:
                data = data[self._channel.send(data) :]
            except TimeoutError:  # it pauses
                continue
            except (OSError, EOFError):
                return False
        return True

    def _check(self, errors: list[BaseException]) -> None:
        if errors:
            raise errors[0]
        if self._ended.is_set():
            raise Interrupted(f"ended on {self.host.alias} before it had finished")
        if self._seconds is not None and self._left() <= 0:
            raise TimedOut(
                f"no end after {self._seconds:g} s on {self.host.alias}: {self.command}",
                details=[("then", "what it had started there was ended")],
                next=["allow more time: --timeout 10m"],
            )

    def _left(self) -> float:
        return max(0.0, (self._seconds or 0) - (time.monotonic() - self._started))

    def _exit_status(self, errors: list[BaseException]) -> int:
        while not self._channel.status_event.wait(SLICE):
            self._check(errors)
        self._check(errors)
        if self._channel.exit_status == -1 and not self._transport.is_active():
            raise ConnectionLost(
                f"lost the connection to {self.host.alias}",
                details=[("during", str(self.command)), ("then", f"{self.host.alias} ends it by itself")],
                next=[f"gti status {self.host.alias}"],
            )
        return self._channel.exit_status


def _kept(sink: BinaryIO) -> bytes:
    return sink.getvalue() if isinstance(sink, Kept) else b""
