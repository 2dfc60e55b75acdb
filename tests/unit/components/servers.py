"""Small servers on loopback that say what the real ones were heard to say."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread

from gti.remote.reach import Reach

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[Reach]:
    """A server that has this talk with everyone who connects, until the test is over."""
    server = _Server(talk)
    try:
        yield Reach("server.gti.test", 4711, "127.0.0.1", server.port)
    finally:
        server.stop()


class _Server:
    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._talks: list[tuple[socket.socket, Thread]] = []
        self._door = Thread(target=self._accept, daemon=True)
        self._door.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = Thread(target=self._serve, args=[connection], daemon=True)
                self._talks.append((connection, thread))
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._talk(connection)

    def stop(self) -> None:
        """First the door, so that nobody comes in while the talks are ended."""
        _hang_up(self._listener)
        self._listener.close()
        self._end(self._door)
        for connection, thread in self._talks:
            _hang_up(connection)
            self._end(thread)

    @staticmethod
    def _end(thread: Thread) -> None:
        thread.join(timeout=5)
        assert not thread.is_alive(), "a server of this test does not end"


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def answers(*lines: bytes) -> Talk:
    """Says the next line each time it is asked something, and then nothing more."""
    return greets(b"", *lines)


def greets(greeting: bytes, *lines: bytes) -> Talk:
    """Speaks first, as MariaDB does."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)
        for line in lines:
            connection.recv(65536)
            connection.sendall(line)
        hear_out(connection)

    return talk


def hear_out(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@dataclass(frozen=True)
class Page:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] | None = None

    @property
    def head(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), "Connection": "close", **(self.headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Words\r\n{lines}\r\n".encode()


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    return Page(status, json.dumps(value).encode(), headers)


class Web:
    """Pages by "METHOD /path"; `asked` keeps what was asked, head and body, as it came."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        question = _question(connection)
        if not _complete(question):
            return
        self.asked.append(question.decode("latin-1"))
        method, target, _ = question.decode("latin-1").split(" ", 2)
        page = self.pages.get(f"{method} {target}", Page(404, b"<!doctype html>nothing here"))
        connection.sendall(page.head if method == "HEAD" else page.head + page.body)


def _question(connection: socket.socket) -> bytes:
    question = b""
    while not _complete(question) and (more := connection.recv(65536)):
        question += more
    return question


def _complete(question: bytes) -> bool:
    head, end, body = question.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and len(body) >= sum(int(line.partition(b":")[2]) for line in length)
