"""`gti lab`: a platform to practise on."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gti.cli.app import App, pass_app
from gti.cli.options import common_options, split_words, yes_option
from gti.cli.output import Column, output_option, show
from gti.errors import Misused, Unhealthy

if TYPE_CHECKING:
    from gti.lab.real.lab import RealLab


@click.group("lab")
@common_options
def command() -> None:
    """A platform to practise on: start it, break it, heal it, throw it away."""


@command.command("up")
@click.option("--real", is_flag=True, help="The real servers, in containers. Needs root and Debian 12.")
@click.option(
    "--only",
    metavar="COMPONENT|HOST,…",
    multiple=True,
    shell_complete=lambda *asked: _complete_words(*asked),
    help="Only these, with what they need.",
)
@common_options
@pass_app
def up(app: App, real: bool, only: tuple[str, ...]) -> None:
    """Build the lab where it is not built yet, and start it. Ends when every service is well."""
    if not real:
        raise Misused(
            "this version has no embedded lab yet, only the real one",
            details=[("needs", "root, Debian 12, 6 GiB of memory and 16 GB of disk")],
            next=["gti lab up --real"],
        )
    seconds = _lab(app).up(split_words(only))
    _tell(app)(f"the lab is well after {seconds:.0f} s")
    app.note('use it: gti --site lab-real status, or eval "$(gti lab env)" and then gti as ever')


@command.command("down")
@common_options
@pass_app
def down(app: App) -> None:
    """Stop the lab. What is in it stays."""
    seconds = _lab(app).down()
    _tell(app)(f"the lab is down after {seconds:.0f} s")


@command.command("destroy")
@yes_option
@common_options
@pass_app
def destroy(app: App, yes: bool) -> None:
    """Throw the lab away, and all that was written in it. The next `up` is quick: what was built is kept."""
    app.confirm("Throw the lab away, with all that was written in it?", yes)
    _lab(app).destroy()
    _tell(app)("nothing is left of the lab but its cache")


COLUMNS = [
    Column("HOST", "host"),
    Column("ADDRESS", "address"),
    Column("STATE", "state", colored=True),
    Column("MEMORY", "memory"),
    Column("SERVERS", "servers"),
]


@command.command("status")
@output_option
@common_options
@pass_app
def status(app: App, form: str) -> None:
    """Which containers run, what is in them, and what is broken on purpose. Exit code 3 when the lab is not up."""
    from gti.lab.real.survey import survey

    seen = survey(_place())
    rows = [
        {
            "host": host.name,
            "address": host.address,
            "state": host.state,
            "memory": f"{host.memory / 2**20:.0f} MiB" if host.memory is not None else None,
            "servers": host.servers,
        }
        for host in seen.hosts
    ]
    whole = {
        "lab": "real",
        "state": seen.state,
        "memory": seen.memory,
        "home": seen.home,
        "cache": seen.cache,
        "site": seen.site,
        "current": seen.current,
        "differs": seen.differs,
        "broken": seen.broken,
        "hosts": [vars(host) for host in seen.hosts],
    }
    show(app, form, rows, COLUMNS, whole=whole)
    for difference in seen.differs:
        app.note(difference)
    if seen.state != "not made" and not seen.current:
        app.note("another version of gti made this lab; gti lab destroy, and the next up makes a new one")
    if seen.broken:
        app.note(f"broken on purpose: {', '.join(seen.broken)}; gti lab heal")
    if seen.state != "up":
        raise Unhealthy(f"the real lab is {seen.state}", next=["gti lab up --real"])


def _complete_words(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from gti.lab.real.hosts import HOSTS
    from gti.site.model import COMPONENTS

    words = dict.fromkeys([*COMPONENTS, *(host.alias for host in HOSTS)])
    return [word for word in words if word.startswith(incomplete)]


def _complete_hosts(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from gti.lab.real.hosts import HOSTS

    return [host.alias for host in HOSTS if host.alias.startswith(incomplete)]


@command.command("ssh")
@click.argument("host", shell_complete=_complete_hosts)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
@common_options
def ssh(host: str, words: tuple[str, ...]) -> None:
    """A shell on a host of the lab, or one command there, as the user datalake."""
    from gti.lab.real.visit import ssh_arguments

    _become(ssh_arguments(_place(), host, words))


@command.command("logs")
@click.argument("service", shell_complete=lambda *asked: _complete_services(*asked))
@click.option("--follow", "-f", is_flag=True, help="Go on as more is written.")
@click.option("--lines", "-n", type=click.IntRange(1), default=50, show_default=True, help="How many of the last.")
@common_options
def logs(service: str, follow: bool, lines: int) -> None:
    """What a service of the lab has written, as root in its container: it need not answer SSH."""
    from gti.lab.real.visit import log_arguments

    _become(log_arguments(_place(), service, lines, follow))


def _complete_services(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from gti.site.find import platform

    return [service.name for service in platform().services if service.name.startswith(incomplete)]


FAULT_COLUMNS = [
    Column("FAULT", "name"),
    Column("COMPONENT", "component"),
    Column("SERVICE", "service"),
    Column("BROKEN", "broken"),
    Column("WHAT AN OPERATOR SEES", "symptom"),
]


@command.command("faults")
@output_option
@common_options
@pass_app
def faults(app: App, form: str) -> None:
    """Everything that can be broken, with what an operator would see of it."""
    from gti.lab.real.faults.catalogue import FAULTS, Breakage, component_of

    broken = Breakage(_place(), _tell(app)).broken()
    rows = [
        {
            "name": fault.name,
            "component": component_of(fault),
            "service": fault.service,
            "on": fault.on,
            "broken": fault.name in broken,
            "symptom": fault.symptom,
        }
        for fault in FAULTS.values()
    ]
    show(app, form, rows, FAULT_COLUMNS)


def _complete_faults(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from gti.lab.real.faults.catalogue import FAULTS

    return [name for name in FAULTS if name.startswith(incomplete)]


@command.command("break")
@click.argument("name", shell_complete=_complete_faults)
@click.option(
    "--on",
    metavar="SERVICE|HOST",
    shell_complete=lambda *asked: _complete_services(*asked),
    help="Whom it hits, where the fault can hit several.",
)
@common_options
@pass_app
def break_(app: App, name: str, on: str | None) -> None:
    """Break something in the lab, on purpose. `gti lab faults` lists what can be broken."""
    from gti.lab.real.faults.catalogue import FAULTS, Breakage

    service = Breakage(_place(), _tell(app)).harm(name, on)
    _tell(app)(f"broken on {service.host.alias}: {FAULTS[name].symptom}")
    app.note(f"heal it: gti lab heal {name}")


@command.command("heal")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=_complete_faults)
@common_options
@pass_app
def heal(app: App, names: tuple[str, ...]) -> None:
    """Undo what was broken: those named, or all. When nothing is broken any more, it waits until all is well."""
    from gti.lab.real.faults.catalogue import Breakage

    breakage = Breakage(_place(), _tell(app))
    for name in breakage.mend(list(names)):
        _tell(app)(f"healed: {name}")
    if not breakage.broken():
        _lab(app).wait_until_well()


@command.command("env")
@common_options
def env() -> None:
    """Assignments for the shell: eval "$(gti lab env)", and every gti works on the lab."""
    from gti.lab.real.visit import environment

    for name, value in environment(_place()).items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _become(argv: list[str]) -> None:
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606 - there is no shell


def _lab(app: App) -> RealLab:
    from gti.lab.real.lab import RealLab

    return RealLab(_place(), _tell(app))


def _place() -> Any:
    from gti.lab.real.place import Place

    return Place.of_this_machine()


def _tell(app: App) -> Callable[[str], None]:
    """Progress, on stderr, unless --quiet."""

    def tell(line: str) -> None:
        if not app.quiet:
            app.say("lab", "cyan", line)

    return tell
