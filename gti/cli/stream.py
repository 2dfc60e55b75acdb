"""Bytes from hosts to our own streams: exact into files and pipes, harmless on terminals."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, TextIO, cast

from gti.cli.app import App
from gti.cli.output import unwritable
from gti.cli.terminal import harmless

CHUNK = 64 * 1024


class Screen(BytesIO):
    """Takes bytes, shows text: what a terminal must not obey is made visible."""

    def __init__(self, app: App, stream: TextIO) -> None:
        super().__init__()
        self._app = app
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode

    def write(self, data: object) -> int:
        whole = bytes(cast(bytes, data))
        self._show(self._decode(whole))
        return len(whole)

    def finish(self) -> None:
        """Show a character that was begun and never ended."""
        self._show(self._decode(b"", final=True))

    def _show(self, text: str) -> None:
        shown = self._app.masked(harmless(text.replace("\r\n", "\n")))
        alphabet = self._stream.encoding  # not every terminal speaks UTF-8
        self._stream.write(shown.encode(alphabet, "backslashreplace").decode(alphabet))
        self._stream.flush()


class Pipe(BytesIO):
    """Takes bytes, passes them on unchanged."""

    def __init__(self, app: App, stream: TextIO) -> None:
        super().__init__()
        self._app = app
        self._stream = stream

    def write(self, data: object) -> int:
        try:
            written = self._stream.buffer.write(cast(bytes, data))
            self._stream.flush()
            return written
        except OSError as error:
            raise unwritable(self._stream, error) from None


@contextmanager
def straight(app: App, stream: TextIO) -> Iterator[BinaryIO]:
    """A sink for one host's output."""
    stream.flush()
    if not stream.isatty():
        yield Pipe(app, stream)
        return
    screen = Screen(app, stream)
    yield screen
    screen.finish()


def prefixed(app: App, source: BinaryIO, stream: TextIO, prefix: str) -> None:
    """Print what a host said, each line under its name, however long; the last one is ended if it is not."""
    source.seek(0)
    ended = True
    with straight(app, stream) as sink:
        for piece in iter(lambda: source.readline(CHUNK), b""):
            sink.write(prefix.encode() + piece if ended else piece)
            ended = piece.endswith(b"\n")
        if not ended:
            sink.write(b"\n")
