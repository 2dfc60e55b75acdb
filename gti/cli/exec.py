"""`gti exec`: one command on many hosts."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from gti.cli.app import App, duration, pass_app
from gti.cli.options import common_options, on_option, parallel_option, split_words
from gti.cli.output import output_option, show, write
from gti.cli.stream import prefixed, straight
from gti.errors import Exit, Failed, GtiError, Partly
from gti.remote.command import Command
from gti.remote.fanout import fan_out
from gti.site import Host

if TYPE_CHECKING:
    from gti.remote.remote import Remote
    from gti.remote.running import Result

IN_MEMORY = 1024 * 1024  # bytes of one host's output; what is longer waits its turn in a temporary file


@dataclass(frozen=True)
class Answer:
    """What one host printed and how it ended; `error` when it did not come to an end of its own."""

    host: Host
    stdout: BinaryIO
    stderr: BinaryIO
    code: int | None = None
    seconds: float | None = None
    error: GtiError | None = None

    @property
    def state(self) -> str:
        if self.error is not None:
            return {Exit.UNREACHABLE: "unreachable", Exit.REFUSED: "refused"}.get(self.error.exit, "failed")
        return "ok" if self.code == 0 else "failed"

    @property
    def exit(self) -> Exit:
        if self.error is not None:
            return self.error.exit
        return Exit.DONE if self.code == 0 else Exit.FAILED

    @property
    def headline(self) -> str:
        if self.error is not None:
            return self.error.what
        return "ended by a signal" if self.code == -1 else f"exit {self.code}"


@click.command("exec")
@on_option
@click.option("--sudo", is_flag=True, help="As root, by `sudo -n`: never asks for a password.")
@click.option(
    "--timeout", default="5m", show_default=True, callback=duration, metavar="DURATION",
    help="End the command on every host after this long; 0: never.",
)  # fmt: skip
@parallel_option
@click.option("--group", is_flag=True, help="Print identical answers once, under the names of their hosts.")
@click.option("--stdin", is_flag=True, help="Pass standard input on, to every host.")
@click.option("--dry-run", is_flag=True, help="Say what would run where, and run nothing.")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
@output_option
@common_options
@pass_app
def command(
    app: App,
    on: tuple[str, ...],
    sudo: bool,
    timeout: float | None,
    parallel: int,
    group: bool,
    stdin: bool,
    dry_run: bool,
    arguments: tuple[str, ...],
    form: str,
) -> None:
    """Run one command on many hosts.

    The arguments reach the program unchanged: nothing is expanded on the way. For pipes and wildcards ask for a
    shell: gti exec --on kafka -- sh -c 'df -h | tail -1'
    """
    what = Command(arguments, sudo=sudo)
    hosts = app.site.select_hosts(split_words(on))
    if dry_run:
        write("".join(f"{host.alias}: {what}\n" for host in hosts))
        return
    with app.remote() as remote:
        if form == "table" and len(hosts) == 1 and not group:
            answers = [_straight(app, remote, hosts[0], what, timeout, stdin)]
        else:
            with _copied(stdin) as source:
                work = _worker(remote, what, timeout, source, keep=len(hosts) <= parallel)
                answers = _print(app, form, group, (outcome.value for outcome in fan_out(hosts, work, parallel)))
    _conclude(app, answers)


def _straight(app: App, remote: Remote, host: Host, what: Command, timeout: float | None, stdin: bool) -> Answer:
    """One host: its streams are ours, byte by byte as they come."""
    # Unbuffered: what is typed goes out at once, and no waiting thread holds a lock over which Python would abort.
    source = FileIO(sys.stdin.fileno(), closefd=False) if stdin else None
    with straight(app, sys.stdout) as out, straight(app, sys.stderr) as err:
        result = remote.run(host, what, timeout, source, out, err)
    return _answer(result, out, err)


@contextmanager
def _copied(stdin: bool) -> Iterator[Path | None]:
    """Our standard input in a file, for every host reads it at its own pace."""
    if not stdin:
        yield None
        return
    with TemporaryDirectory(prefix="gti-") as folder:
        copy = Path(folder) / "stdin"
        with copy.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        yield copy


def _worker(
    remote: Remote, what: Command, timeout: float | None, source: Path | None, keep: bool
) -> Callable[[Host], Answer]:
    def work(host: Host) -> Answer:
        out, err = _spool(), _spool()
        try:
            with source.open("rb") if source else nullcontext() as stdin:
                return _answer(remote.run(host, what, timeout, stdin, out, err), out, err)
        except GtiError as error:
            return Answer(host, out, err, error=error)
        finally:
            if not keep:
                remote.disconnect(host)

    return work


def _spool() -> BinaryIO:
    return SpooledTemporaryFile(max_size=IN_MEMORY)  # type: ignore[return-value]


def _answer(result: Result, out: BinaryIO, err: BinaryIO) -> Answer:
    return Answer(result.host, out, err, result.code, result.seconds)


def _print(app: App, form: str, group: bool, answers: Iterator[Answer | None]) -> list[Answer]:
    """Prints each as it comes, or all together where the form needs that; returns them."""
    if form != "table":
        done = [answer for answer in answers if answer]
        show(app, form, [_row(answer) for answer in done], [])
        return done
    if group:
        done = [answer for answer in answers if answer]
        for alike in _alike(done):
            _print_group(app, alike)
        return done
    done = []
    for answer in answers:
        if answer:
            prefixed(app, answer.stdout, sys.stdout, f"{answer.host.alias}: ")
            prefixed(app, answer.stderr, sys.stderr, f"{answer.host.alias}: ")
            done.append(answer)
    return done


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "host": answer.host.alias,
        "state": answer.state,
        "code": answer.code,
        "seconds": None if answer.seconds is None else round(answer.seconds, 3),
        "stdout": _text(answer.stdout),
        "stderr": _text(answer.stderr),
        "error": None if answer.error is None else answer.error.what,
    }


def _text(stream: BinaryIO) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "backslashreplace")


def _alike(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Hosts whose state and both streams are the same, the largest group first."""
    groups: dict[tuple[str, ...], list[Answer]] = {}
    for answer in answers:
        key = (answer.headline, _digest(answer.stdout), _digest(answer.stderr))
        groups.setdefault(key, []).append(answer)
    return sorted(groups.values(), key=len, reverse=True)


def _digest(stream: BinaryIO) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _print_group(app: App, alike: list[Answer]) -> None:
    names = ",".join(answer.host.alias for answer in alike)
    ending = "" if alike[0].state == "ok" else f": {alike[0].state}"
    write(f"---- {names} ({len(alike)}){ending} ----\n")
    prefixed(app, alike[0].stdout, sys.stdout, "")
    prefixed(app, alike[0].stderr, sys.stderr, "")


def _conclude(app: App, answers: Sequence[Answer]) -> None:
    """Say what went wrong where; the exit code is that of all failures, or 7 where they differ."""
    bad = [answer for answer in answers if answer.exit != Exit.DONE]
    if not bad:
        return
    if len(answers) == 1:
        raise bad[0].error or _failed(bad[0])
    for answer in bad:
        app.say(answer.host.alias, "red", "\n".join(answer.error.lines()) if answer.error else answer.headline)
    what = f"{len(bad)} of {len(answers)} hosts: " + ", ".join(
        f"{answer.host.alias} {answer.state}" for answer in bad
    )
    exits = {answer.exit for answer in bad}
    error = Partly(what) if len(bad) < len(answers) else Failed(what)
    if len(bad) == len(answers) and len(exits) == 1:
        error.exit = exits.pop()
    raise error


def _failed(answer: Answer) -> GtiError:
    return Failed(f"{answer.host.alias}: {answer.headline}")
