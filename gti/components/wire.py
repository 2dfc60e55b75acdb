"""One conversation over TCP, bounded in time and in bytes, whatever the other side does."""

from __future__ import annotations

import io
import socket
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Self

from gti.components.answer import NoAnswer, in_one_line
from gti.remote.reach import Reach

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CLOSED = "closed the connection at once"


class Silent(NoAnswer):
    """Time ran out before the (whole) answer came."""


@dataclass(frozen=True)
class Deadline:
    """One limit for all the questions of a probe."""

    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(seconds, monotonic() + seconds)

    @property
    def left(self) -> float:
        left = self.end - monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> Silent:
        return Silent(f"no answer in {self.seconds:g} s")


class Wire:
    """What is sent and received. `read` knows exactly how much it wants; numbers are big-endian.

    It also offers what `http.client` and the MariaDB connector ask of a socket.
    """

    def __init__(self, incoming: _Incoming) -> None:
        self._incoming = incoming
        self._stream = io.BufferedReader(incoming)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()

    def sendall(self, data: ReadableBuffer) -> None:
        self._incoming.send(data)

    def recv_into(self, buffer: WriteableBuffer) -> int:
        return self._stream.readinto1(buffer)

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        return self._stream

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._incoming.at_most:
            raise NoAnswer("answers in another protocol")
        data = self._stream.read(size)
        if len(data) < size:
            raise NoAnswer("broke off in the middle of its answer" if self._incoming.received else CLOSED)
        return data

    def number(self, size: int) -> int:
        return int.from_bytes(self.read(size), "big", signed=True)

    def text(self, size: int) -> str:
        return self.read(size).decode(errors="replace")


class _Incoming(io.RawIOBase):
    """The socket, read against the clock and up to a number of bytes."""

    def __init__(self, connected: socket.socket, deadline: Deadline, at_most: int) -> None:
        self._socket = connected
        self._deadline = deadline
        self.at_most = at_most
        self.received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self.received > self.at_most:
            raise NoAnswer("answers without end")
        self._socket.settimeout(self._deadline.left)
        try:
            count = self._socket.recv_into(buffer)
        except TimeoutError:
            raise self._deadline.passed() from None
        except ConnectionError:
            count = 0
        except OSError as error:
            raise NoAnswer(reason(error)) from error
        self.received += count
        return count

    def send(self, data: ReadableBuffer) -> None:
        self._socket.settimeout(self._deadline.left)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            raise NoAnswer(CLOSED if isinstance(error, ConnectionError) else reason(error)) from error

    def close(self) -> None:
        self._socket.close()
        super().close()


def connect(at: Reach, deadline: Deadline, at_most: int = 1 << 20) -> Wire:
    try:
        connected = socket.create_connection((at.address, at.port), timeout=deadline.left)
    except TimeoutError:
        raise NoAnswer(f"no connection in {deadline.seconds:g} s") from None
    except (OSError, ValueError) as error:  # ValueError: no name of the internet is written like this
        raise NoAnswer(reason(error)) from error
    if at.tls:
        connected = _encrypted(connected, at)
    return Wire(_Incoming(connected, deadline, at_most))


def _encrypted(connected: socket.socket, at: Reach) -> socket.socket:
    import ssl

    try:
        context = ssl.create_default_context(cafile=at.ca)
        return context.wrap_socket(connected, server_hostname=at.name)
    except TimeoutError:
        problem = NoAnswer("no TLS handshake in time")
    except ssl.SSLCertVerificationError as error:
        problem = NoAnswer(f"its certificate is not trusted: {in_one_line(error.verify_message)}")
    except ssl.SSLError as error:
        problem = NoAnswer(f"no TLS: {in_one_line(error.reason or 'broken off').replace('_', ' ').lower()}")
    except (OSError, ValueError) as error:
        problem = NoAnswer(f"no TLS: {reason(error)}")
    connected.close()
    raise problem


def reason(error: Exception) -> str:
    """In the operating system's words: connection refused, no route to host."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return in_one_line(str(words)).lower()
