"""`gti doctor`."""

from __future__ import annotations

from dataclasses import asdict

import click

from gti.cli.app import App, duration, pass_app
from gti.cli.complete import hosts as complete_hosts
from gti.cli.options import common_options, parallel_option, split_words
from gti.cli.output import Column, output_option, show
from gti.doctor.checkup import WORKSTATION, Check, Checkup, shortened
from gti.errors import Unhealthy, Unreachable
from gti.site import Site
from gti.site.finding import SiteError

COLUMNS = [
    Column("WHERE", "subject"),
    Column("TOPIC", "topic"),
    Column("HEALTH", "health", colored=True),
    Column("FINDING, AND WHAT MENDS IT", "finding"),
]


@click.command("doctor")
@click.argument("words", nargs=-1, metavar="[workstation|HOST|COMPONENT]...", shell_complete=complete_hosts)
@click.option("--all", "everything", is_flag=True, help="Show in the table what is well, too.")
@click.option(
    "--timeout", default="15s", show_default=True, callback=duration, metavar="DURATION",
    help="For each host to answer all questions; 0: as long as it takes.",
)  # fmt: skip
@parallel_option
@output_option
@common_options
@pass_app
def command(
    app: App, words: tuple[str, ...], everything: bool, timeout: float | None, parallel: int, form: str
) -> None:
    """Look over this workstation and the hosts, and say what to mend.

    With no word: everything. The table shows findings only; JSON, YAML and CSV list every check.
    """
    named = split_words(words) or ["all"]
    checkup = _workstation(app, named) + _hosts(app, named, timeout, parallel)
    shown = checkup.checks if everything or form != "table" else checkup.findings
    show(app, form, [_line(check) if form == "table" else asdict(check) for check in shown], COLUMNS)
    app.note(checkup.summary)
    _conclude(checkup)


def _workstation(app: App, named: list[str]) -> Checkup:
    from gti.doctor.workstation import examine

    if not {WORKSTATION, "all"}.intersection(named):
        return Checkup(())
    return Checkup(tuple(examine(app.site_named, _readable_site(app))))


def _hosts(app: App, named: list[str], timeout: float | None, parallel: int) -> Checkup:
    from gti.doctor.hosts import examine_all

    words = [word for word in named if word != WORKSTATION]
    site = _readable_site(app)
    if not words or (site is None and "all" in words):
        return Checkup(())
    with app.remote() as remote:
        return examine_all(remote, app.site, app.site.select_hosts(words), timeout, parallel)


def _readable_site(app: App) -> Site | None:
    """A site file with errors is a finding, no reason to stop."""
    try:
        return app.site
    except SiteError:
        return None


def _line(check: Check) -> dict[str, str]:
    """The mend stands below its finding: beside it, no terminal is wide enough for a command to be copied."""
    return asdict(check) | {"finding": check.what + (f"\n→ {check.mend}" if check.mend else "")}


def _conclude(checkup: Checkup) -> None:
    if checkup.unreachable:
        raise Unreachable(f"no answer from {shortened(', '.join(checkup.unreachable))}")
    if checkup.sick:
        raise Unhealthy(f"there is something to mend on {shortened(', '.join(checkup.sick))}")
