"""Where a command line comes in and an exit code goes out."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from gti.cli.app import App, nobody_reads
from gti.cli.options import global_options
from gti.cli.tree import LazyGroup
from gti.errors import Exit, GtiError

COMPLETION_VARIABLE = "_GTI_COMPLETE"


@click.group(
    cls=LazyGroup,
    commands_in={
        "status": ("gti.cli.status", "Is the platform well? If not: what is the cause?"),
        "doctor": ("gti.cli.doctor", "Look over this workstation and the hosts, and say what to mend."),
        "exec": ("gti.cli.exec", "Run one command on many hosts."),
        "site": ("gti.cli.site", "Show, check, begin and trust the site: its hosts and services."),
        "lab": ("gti.cli.lab", "A platform to practise on: start it, break it, heal it, throw it away."),
        "completion": ("gti.cli.completion", "Print the completion script of a shell."),
        "version": ("gti.cli.version", "The versions of gti and of the libraries it uses."),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@global_options
def gti() -> None:
    """Operate the GTI lakehouse.

    Exit codes: 0 done, 1 failed, 2 usage, 3 unhealthy, 4 unreachable, 5 refused, 6 locked, 7 partly done,
    130 interrupted.
    """


def main() -> NoReturn:
    _open_closed_streams()
    sys.exit(run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """`gti … <&- 2>&-`: what the caller closed leads nowhere, but is there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def run(arguments: list[str]) -> int:
    """One command line. Every way out is one of gti.errors.Exit."""
    app = App()
    if os.environ.get(COMPLETION_VARIABLE, "").startswith("powershell"):
        import_module("gti.cli.powershell")  # it makes itself known to click
    try:
        code = gti.main(arguments, prog_name="gti", standalone_mode=False, obj=app)
        return int(code or Exit.DONE)
    except click.UsageError as error:
        _show_usage(error)
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: an operator is not shown a traceback
        return _told(app, error)


def _show_usage(error: click.UsageError) -> None:
    try:
        error.show()
    except OSError:
        nobody_reads(sys.stderr)


def _told(app: App, error: Exception) -> int:
    if app.debug:
        app.show_traceback(error)
    if not isinstance(error, GtiError):
        error = _defect(error)
    if error.what:
        app.complain(error.lines())
    return error.exit


def _defect(bug: Exception) -> GtiError:
    what = f"{type(bug).__name__}: {bug}".splitlines()[0]
    return GtiError(f"this is a defect of gti: {what}", next=["the same command with --debug shows where"])
