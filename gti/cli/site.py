"""`gti site`: show, check, init and trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gti.cli import complete
from gti.cli.app import App, pass_app
from gti.cli.options import common_options, parallel_option, split_words, yes_option
from gti.cli.output import Column, counted, output_option, show
from gti.errors import Failed, GtiError, Misused, Partly, Refused, Unhealthy
from gti.site import Host, Service, Site
from gti.site.known_hosts import HostKey, KnownHosts, entry_name


@click.group("site")
@common_options
def command() -> None:
    """Show, check, begin and trust the site: its hosts and services."""


@command.command("show")
@output_option
@common_options
@pass_app
def show_site(app: App, form: str) -> None:
    """The hosts and services, in the order in which they start."""
    site = app.site
    rows = [_service_row(service) for service in site.services]
    app.note(f"site '{site.name}' from {site.file}")
    columns = [Column(heading.upper().replace("_", " "), heading) for heading in _SHOWN]
    show(app, form, rows, columns, whole=_whole(site))


_SHOWN = ("component", "service", "host", "name", "address", "container", "unit", "ports", "needs", "version")


def _service_row(service: Service) -> dict[str, Any]:
    host = service.host
    runs = service.unit or (" ".join(service.commands.start) if service.commands else None)
    return {
        "component": service.component,
        "service": service.name,
        "host": host.alias,
        "name": host.name,
        "address": host.address,
        "container": host.container,
        "unit": runs,
        "ports": service.ports,
        "needs": service.needs,
        "version": service.version,
    }


def _whole(site: Site) -> dict[str, Any]:
    return {
        "site": site.name,
        "description": site.description,
        "file": site.file,
        "known_hosts": site.known_hosts,
        "hosts": [_host(host) for host in site.hosts],
        "services": [
            _service_row(service) | {"via": service.via, "wants": service.wants, "protocol": service.protocol}
            for service in site.services
        ],
    }


def _host(host: Host) -> dict[str, Any]:
    return {
        "host": host.alias,
        "name": host.name,
        "address": host.address,
        "container": host.container,
        "user": host.user,
        "port": host.port or 22,
        "key": host.key,
    }


@command.command("check")
@output_option
@common_options
@pass_app
def check_site(app: App, form: str) -> None:
    """Everything that is wrong with the site file, each with file, line and mend.

    Exit code 0 without errors (there may be warnings), 3 with errors.
    """
    from gti.site.check import check
    from gti.site.find import builtin, locate
    from gti.site.finding import SiteError

    try:
        document, name = locate(app.site_named)
        findings = check(document, name, builtin())
    except SiteError as error:
        findings = error.findings
    rows = [
        {
            "severity": finding.severity,
            "file": finding.place.file,
            "line": finding.place.line or None,
            "what": finding.what,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    columns = [
        Column(heading.upper(), heading, heading == "severity")
        for heading in ("severity", "file", "line", "what", "mend")
    ]
    show(app, form, rows, columns)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise Unhealthy(f"{counted(len(errors), 'error')} in the site file")
    if form == "table":
        app.note(counted(len(findings), "warning") if findings else "nothing to mend")


@command.command("init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("gti.toml"))
@common_options
@pass_app
def init_site(app: App, file: Path) -> None:
    """Write a commented site file to begin with: a copy of the built-in one."""
    from gti.site.find import BUILTIN

    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(BUILTIN.read_text(encoding="utf-8"))
    except FileExistsError:
        raise Refused(
            f"{file} exists already", next=["gti site check", f"gti site init other-{file.name}"]
        ) from None
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}") from None
    app.note(f"wrote {file}: change what differs at your place, then: gti site check")


@command.command("trust")
@click.argument("words", nargs=-1, metavar="[HOST]...", shell_complete=complete.hosts)
@click.option(
    "--expect",
    multiple=True,
    metavar="[HOST=]SHA256:…",
    help="The fingerprint you were told by other means; another one is refused.",
)
@click.option("--replace", is_flag=True, help="Also where another key is on record: the old one is removed.")
@click.option("--dry-run", is_flag=True, help="Show the keys, write nothing.")
@yes_option
@parallel_option
@output_option
@common_options
@pass_app
def trust(
    app: App,
    words: tuple[str, ...],
    expect: tuple[str, ...],
    replace: bool,
    dry_run: bool,
    yes: bool,
    parallel: int,
    form: str,
) -> None:
    """Fetch host keys, show their fingerprints, ask, and write them to known_hosts.

    Compare the fingerprints with what the host itself says on its console:
    ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    from gti.remote.fanout import fan_out

    hosts = app.site.select_hosts(split_words(words))
    expected = _expected(hosts, expect)
    with app.remote() as remote:
        outcomes = list(fan_out(hosts, remote.shown_key, parallel))
    known = KnownHosts.read(app.site.known_hosts)
    shown = [(outcome.item, outcome.value) for outcome in outcomes if outcome.value is not None]
    verdicts = {host.alias: _verdict(host, key, known, expected.get(host.alias)) for host, key in shown}
    rows = [_trust_row(host, key, known, expected.get(host.alias), verdicts[host.alias]) for host, key in shown]
    columns = [
        Column(name.upper(), name) for name in ("host", "kind", "fingerprint", "expected", "on_record", "verdict")
    ]
    show(app, form, rows, columns)
    failures = [outcome.error for outcome in outcomes if outcome.error]
    for failure in failures if shown else failures[1:]:  # with no key at all, the first one is how it ends
        app.complain(failure.lines())
    new = [
        (host, key) for host, key in shown if verdicts[host.alias] in ("new", *(["changed"] if replace else []))
    ]
    if new and not dry_run:
        _write(app, new, replace, yes)
    _conclude(verdicts, failures, replace)


def _expected(hosts: list[Host], expect: tuple[str, ...]) -> dict[str, str]:
    """The site file's fingerprints, and those of the command line over them."""
    expected = {host.alias: host.fingerprint for host in hosts if host.fingerprint}
    for item in expect:
        alias, separator, fingerprint = item.partition("=SHA256:")
        if separator and any(host.alias == alias for host in hosts):
            expected[alias] = "SHA256:" + fingerprint
        elif item.startswith("SHA256:") and len(hosts) == 1:
            expected[hosts[0].alias] = item
        else:
            raise Misused(f"--expect {item} fits no host", next=["--expect HOST=SHA256:…"])
    return {alias: fingerprint.rstrip("=") for alias, fingerprint in expected.items()}


def _on_record(host: Host, known: KnownHosts) -> list[HostKey]:
    return known.first_of(entry_name(name, host.port) for name in host.known_as)


def _verdict(host: Host, key: HostKey, known: KnownHosts, expected: str | None) -> str:
    recorded = _on_record(host, known)
    if expected is not None and key.fingerprint != expected:
        return "not as expected"
    if any(entry.blob == key.blob and not entry.revoked for entry in recorded):
        return "trusted already"
    return "changed" if recorded else "new"


def _trust_row(host: Host, key: HostKey, known: KnownHosts, expected: str | None, verdict: str) -> dict[str, Any]:
    return {
        "host": host.alias,
        "kind": key.kind,
        "fingerprint": key.fingerprint,
        "expected": expected,
        "on_record": [entry.fingerprint for entry in _on_record(host, known)],
        "verdict": verdict,
    }


def _write(app: App, new: list[tuple[Host, HostKey]], replace: bool, yes: bool) -> None:
    from gti.remote.trust import remember

    names = ", ".join(host.alias for host, _ in new)
    app.confirm(f"Are these the keys of {names}? Write them to {app.site.known_hosts}?", yes)
    for host, key in new:
        remember(app.site.known_hosts, list(host.known_as), key, host.port, replace)
    app.note(f"wrote {counted(len(new), 'key')} to {app.site.known_hosts}")


def _conclude(verdicts: dict[str, str], failures: list[GtiError], replace: bool) -> None:
    wrong = [alias for alias, verdict in verdicts.items() if verdict == "not as expected"]
    if not replace:
        wrong += [alias for alias, verdict in verdicts.items() if verdict == "changed"]
    if wrong:
        raise Refused(
            f"not trusted: {', '.join(wrong)}",
            details=[("why", "the key is not the one that is expected or on record")],
            next=[f"gti site trust {wrong[0]} --replace    # only if you know why it changed"],
        )
    if failures:
        raise Partly(f"{counted(len(failures), 'host')} showed no key") if verdicts else failures[0]
