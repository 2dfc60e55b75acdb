"""What one run of gti knows: its options, its site, its connections, and how to speak to the operator."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

import click

from gti.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gti.remote.remote import Remote
    from gti.secrets import Masker, Secrets
    from gti.site import Site


class App:
    """Made once per command line. What is heavy is loaded when it is first asked for."""

    def __init__(self) -> None:
        self.site_named: str | None = None
        self.color = True
        self.quiet = False
        self.verbose = False
        self.debug = False
        self._warned: set[str] = set()
        self._asking = False

    @cached_property
    def site(self) -> Site:
        from gti.site.find import find

        return find(self.site_named)

    @cached_property
    def masker(self) -> Masker:
        from gti.secrets import Masker

        return Masker()

    @cached_property
    def secrets(self) -> Secrets:
        from gti.secrets import Secrets

        beside = self.site.file.with_name(".env") if self.site.file else None
        return Secrets(self.masker, beside, self.note)

    @contextmanager
    def remote(self) -> Iterator[Remote]:
        """Connections for one run, ended and closed whatever happens."""
        from gti.remote.remote import Remote

        self._listen_to_logs()
        with Remote(self.site, ask=self._ask_passphrase if self.has_terminal else None) as remote:
            try:
                yield remote
            finally:
                if self._asking:
                    show_typing()

    @property
    def has_terminal(self) -> bool:
        """Whether there is somebody to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, yes: bool) -> None:
        """Go on, or raise: refused where nobody can be asked."""
        if yes:
            return
        if not self.has_terminal:
            raise Refused(f"not without being asked: {question}", next=["the same command with --yes"])
        import questionary

        if not questionary.confirm(question, default=False).unsafe_ask():
            raise Refused("nothing was changed")

    def _ask_passphrase(self, file: Path) -> str | None:
        from getpass import getpass

        self._asking = True
        passphrase = getpass(f"Passphrase of {file}: ", stream=sys.stderr)
        self._asking = False
        self.masker.add(passphrase)
        return passphrase

    def note(self, text: str) -> None:
        """Something the operator should know; said once, on stderr, unless --quiet."""
        if not self.quiet and text not in self._warned:
            self._warned.add(text)
            self.say("note", "yellow", text)

    def complain(self, lines: list[str]) -> None:
        """An error: always said, quiet or not."""
        self.say("gti", "red", "\n".join(lines))

    def say(self, label: str, color: str, text: str) -> None:
        """One message on stderr."""
        from gti.cli.terminal import harmless

        self._write_error(f"{self.styled(label, color, sys.stderr)}: {self.masked(harmless(text))}")

    def _write_error(self, text: str) -> None:
        try:
            click.echo(text, err=True, color=True)
        except OSError:  # its reader left, or its disk is full: there is nobody to tell
            nobody_reads(sys.stderr)

    def masked(self, text: str) -> str:
        """With every secret that was looked up so far taken out."""
        return self.masker.mask(text) if "masker" in self.__dict__ else text

    def styled(self, text: str, color: str, stream: TextIO) -> str:
        return click.style(text, fg=color) if self._colors(stream) else text

    def _colors(self, stream: TextIO) -> bool:
        return self.color and not os.environ.get("NO_COLOR") and stream.isatty()

    def show_traceback(self, error: BaseException) -> None:
        from traceback import format_exception

        self._write_error(self.masked("".join(format_exception(error))).rstrip())

    def _listen_to_logs(self) -> None:
        """--verbose tells what gti does; --debug also what the SSH library does."""
        if not (self.verbose or self.debug):
            return
        import logging

        handler = logging.Handler()
        handler.emit = lambda record: self.say(record.name, "cyan", record.getMessage())  # type: ignore[method-assign]
        for name in ("gti", *(["paramiko"] if self.debug else [])):
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.DEBUG)


def nobody_reads(stream: TextIO) -> None:
    """From now on it leads nowhere, or Python would complain when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_typing() -> None:
    """After Ctrl-C at a passphrase, which is asked for in another thread: what is typed is seen again."""
    import subprocess

    if os.name != "nt":
        subprocess.run(["stty", "echo"], stdin=sys.stdin, stderr=subprocess.DEVNULL, check=False)
        click.echo(err=True)


def duration(_: object, __: object, value: str | None) -> float | None:
    """A click callback for options such as --timeout: "30s", "5m"; "0" means no limit."""
    if value is None or value == "0":
        return None
    from gti.site import schema

    try:
        return schema.duration(value)
    except schema.Wrong as wrong:
        raise click.BadParameter(f"{wrong.what}: {wrong.mend}") from None


pass_app = click.make_pass_decorator(App)
