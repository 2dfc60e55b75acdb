"""Examines this workstation: Python, libraries, keys, agent, known_hosts, names and the site file."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import paramiko

from gti.doctor.checkup import WORKSTATION, Check, Health
from gti.doctor.libraries import Requirement, required
from gti.remote.fanout import fan_out
from gti.remote.keys import DEFAULT_FILES, Keyring, agent_keys
from gti.remote.resolve import resolver_of
from gti.site import Host, Site
from gti.site.check import check as site_findings
from gti.site.check import readable_by_others
from gti.site.find import builtin, locate
from gti.site.finding import SiteError
from gti.site.known_hosts import KnownHosts

OLDEST_PYTHON = (3, 11)
SOURCE = Path(__file__).resolve().parents[2]


def examine(named: str | None, site: Site | None) -> list[Check]:
    """`site` is None when its file has errors: they are among the findings."""
    files = key_files(site)
    keyring = Keyring(ask=None)
    checks = [python(sys.version_info[:3]), *libraries(), *(key(file, keyring) for file in files)]
    checks.append(agent(is_needed=not any(keyring.key(file, unlock=False) for file in files)))
    if site is not None:
        checks += [*known_hosts(site), *names(site)]
    told = {check.mend for check in checks if check.mend}
    return checks + [check for check in site_file(named) if check.mend not in told]


def python(version: tuple[int, ...]) -> Check:
    what = f"Python {'.'.join(map(str, version))}"
    if version >= OLDEST_PYTHON:
        return _ok("python", what)
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return _check("python", "error", f"{what}, and gti needs {wanted}", f"install Python {wanted} or newer")


def libraries() -> list[Check]:
    try:
        needed = required("gti")
    except metadata.PackageNotFoundError:
        what = "gti is not installed, but runs from its source: what it requires is not on record"
        return [_check("libraries", "unknown", what, f'{sys.executable} -m pip install -e "{SOURCE}"')]
    return [library(requirement) for requirement in needed]


def library(requirement: Requirement) -> Check:
    mend = f'{sys.executable} -m pip install "{requirement}"'
    installed = requirement.installed
    if installed is None:
        return _check("libraries", "error", f"{requirement.name} is not installed", mend)
    if not requirement.allows(installed):
        return _check("libraries", "warning", f"{requirement.name} is {installed}, not {requirement.range}", mend)
    return _ok("libraries", f"{requirement.name} {installed}")


def key_files(site: Site | None) -> list[Path]:
    """Those that the site names; where it names none for a host, the usual ones that exist."""
    hosts = site.hosts if site else ()
    named = [host.key for host in hosts if host.key]
    usual = [Path(name).expanduser() for name in DEFAULT_FILES]
    if len(named) < len(hosts) or not hosts:
        named += [file for file in usual if file.exists()]
    return list(dict.fromkeys(named))


def key(file: Path, keyring: Keyring) -> Check:
    found = keyring.key(file, unlock=False)
    problem = keyring.why_not(file)
    if problem == "not there":
        mend = "correct `key`, or create it: ssh-keygen -t ed25519"
        return _check("keys", "error", f"the key {file} does not exist", mend)
    if problem not in (None, "locked"):
        return _check("keys", "error", f"{file}: {problem}", f"ssh-keygen -y -f {shlex.quote(str(file))}")
    if readable_by_others(file):
        return _check("keys", "error", f"others can read the key {file}", f"chmod 600 {shlex.quote(str(file))}")
    return _ok(
        "keys", f"{file} has a passphrase" if found is None else f"{file} ({found.get_name()}, no passphrase)"
    )


def agent(is_needed: bool) -> Check:
    """Only missed where no key file does without it."""
    try:
        held = len(agent_keys())
    except (paramiko.SSHException, OSError) as error:
        return _check("agent", "warning", f"the agent cannot be asked: {error}", "ssh-add -l")
    if held:
        return _ok("agent", f"the agent holds {held} key{'' if held == 1 else 's'}")
    if is_needed:
        what = "no agent, or an empty one, and no key that needs no passphrase"
        return _check("agent", "warning", what, "ssh-add, or ssh-keygen -t ed25519 for a first key")
    return _ok("agent", "no agent, or an empty one; the key files do without")


def known_hosts(site: Site) -> Iterator[Check]:
    file = site.known_hosts
    try:
        known = KnownHosts.parse(file.read_text(encoding="utf-8", errors="replace"), file)
    except FileNotFoundError:
        known = KnownHosts(file)
    except OSError as error:
        yield _check(
            "known_hosts",
            "error",
            f"{file} cannot be read ({error.strerror})",
            f"chmod u+r {shlex.quote(str(file))}",
        )
        return
    yield from (_known(host, known) for host in site.hosts)


def _known(host: Host, known: KnownHosts) -> Check:
    if known.knows(host):
        return _ok("known_hosts", f"{host.alias} is known")
    return _check(
        "known_hosts", "warning", f"'{host.alias}' is not in {known.file}", f"gti site trust {host.alias}"
    )


def names(site: Site) -> list[Check]:
    resolver = resolver_of(site)
    asked: Sequence[Host] = [replace(host, address=None) for host in site.hosts]  # the name alone, no fallback
    found = [outcome.value or () for outcome in fan_out(asked, lambda host: resolver.addresses(host).candidates)]
    return [name(host, addresses, site.dns) for host, addresses in zip(site.hosts, found, strict=True)]


def name(host: Host, addresses: tuple[str, ...], server: str | None) -> Check:
    resolved = f"{host.name} → {', '.join(addresses)}"
    add = f"ask the name server {server} for it" if server else f"add {host.name} to the hosts file"
    if not addresses and host.address is None:
        return _check("dns", "error", f"{host.name} does not resolve, and the site gives no address", add)
    if not addresses:
        return _check("dns", "warning", f"{host.name} does not resolve: {host.address} is used instead", add)
    if host.address and host.address not in addresses:
        mend = f"correct the record of the name, or `address` of the host '{host.alias}'"
        return _check("dns", "warning", f"{resolved}, and the site says {host.address}", mend)
    return _ok("dns", resolved)


def site_file(named: str | None) -> list[Check]:
    try:
        document, site_name = locate(named)
        findings = site_findings(document, site_name, builtin())
    except SiteError as error:
        return [_check("site file", f.severity, f"{f.place}: {f.what}", f.mend) for f in error.findings]
    if not findings:
        return [_ok("site file", f"{document.file}: the site '{site_name}' is without reproach")]
    return [_check("site file", f.severity, f"{f.place}: {f.what}", f.mend) for f in findings]


def _check(topic: str, health: Health, what: str, mend: str) -> Check:
    return Check(WORKSTATION, topic, health, what, mend)


def _ok(topic: str, what: str) -> Check:
    return Check(WORKSTATION, topic, "ok", what)
