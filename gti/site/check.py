"""What `gti site check` finds: all that loading refuses, and what only hurts later."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from gti.site.document import Document
from gti.site.finding import Finding, Place, SiteError
from gti.site.known_hosts import KnownHosts
from gti.site.load import Reading, layers_of
from gti.site.model import Host, Site


def check(document: Document, name: str, builtin: Document) -> list[Finding]:
    """Every finding, errors first; an empty list is a site without reproach."""
    try:
        reading = Reading(layers_of(document, name, builtin), name)
        site = reading.site()
    except SiteError as error:
        return error.findings
    findings = list(reading.findings)
    if site is not None:
        findings += [*_twice(reading, site), *_keys(reading, site), *_strangers(reading, site), *_env(site)]
    return sorted(findings, key=lambda finding: finding.severity != "error")


def readable_by_others(file: Path) -> bool:
    """False on Windows, whose access lists these bits do not tell."""
    return os.name != "nt" and bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _twice(reading: Reading, site: Site) -> Iterator[Finding]:
    names: dict[str, Host] = {}
    addresses: dict[tuple[str, int], Host] = {}
    for host in site.hosts:
        if (other := names.setdefault(host.name.lower(), host)) is not host:
            what = f"'{host.alias}' and '{other.alias}' have the same name {host.name}"
            yield _error(reading, ("hosts", host.alias, "name"), what, "give each host its own name")
        if host.address is None:
            continue
        at = (host.address, host.port or 22)
        if (other := addresses.setdefault(at, host)) is not host:
            what = f"'{host.alias}' and '{other.alias}' have the same address {host.address}"
            yield _error(reading, ("hosts", host.alias, "address"), what, "give each host its own address")
    for host in site.hosts:
        yield from _ports_twice(reading, site, host)


def _ports_twice(reading: Reading, site: Site, host: Host) -> Iterator[Finding]:
    claimed: dict[int, str] = {}
    for service in site.services_on(host):
        for key, port in (("port", service.port), ("web_port", service.web_port)):
            if port is None:
                continue
            if port in claimed:
                what = f"port {port} of '{host.alias}' is claimed by '{claimed[port]}' and '{service.name}'"
                yield _error(reading, ("services", service.name, key), what, "correct one of the two")
            claimed.setdefault(port, service.name)


def _keys(reading: Reading, site: Site) -> Iterator[Finding]:
    for host in {host.key: host for host in reversed(site.hosts) if host.key}.values():
        assert host.key is not None  # noqa: S101 - for the type checker: filtered above
        own = ("hosts", host.alias, "key")
        path = own if any(layer.document.has(layer.path(*own)) for layer in reading.layers) else ("key",)
        if wrong := _wrong_with_key(host.key):
            yield _error(reading, path, *wrong)


def _wrong_with_key(key: Path) -> tuple[str, str] | None:
    try:
        if not key.is_file():
            return f"the key {key} does not exist", "correct `key`, or create it: ssh-keygen -t ed25519"
        if readable_by_others(key):
            return f"others can read the key {key}", f"chmod 600 {shlex.quote(str(key))}"
    except OSError as error:
        return f"the key {key} cannot be looked at ({error.strerror})", "check the path and its rights"
    return None


def _strangers(reading: Reading, site: Site) -> Iterator[Finding]:
    known = KnownHosts.read(site.known_hosts)
    for host in site.hosts:
        if not known.knows(host):
            place = reading.place(("hosts", host.alias))
            what = f"'{host.alias}' is not in {site.known_hosts}"
            yield Finding("warning", place, what, f"gti site trust {host.alias}")


def _env(site: Site) -> Iterator[Finding]:
    file = site.file.with_name(".env") if site.file else None
    if file and file.is_file() and readable_by_others(file):
        yield Finding("warning", Place(file), "others can read it", f"chmod 600 {shlex.quote(str(file))}")


def _error(reading: Reading, path: tuple[str, ...], what: str, mend: str) -> Finding:
    return Finding("error", reading.place(path), what, mend)
