"""Host keys: only what known_hosts holds is accepted, and nothing here ever adds to it but `remember`."""

from __future__ import annotations

import base64
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import paramiko

from gti.errors import Refused
from gti.site.known_hosts import HostKey, KnownHosts, entry_name, fingerprint


class UnknownHostKey(Refused):
    """Nobody has ever vouched for this host's key."""


class ChangedHostKey(Refused):
    """The host shows another key than the one that was vouched for: reinstalled, or not the host at all."""


@dataclass(frozen=True)
class KeyPolicy(paramiko.MissingHostKeyPolicy):
    """Decides on every host key shown. `also` are other names of the host; the last two are what to type then."""

    known: KnownHosts
    alias: str
    also: tuple[str, ...] = ()
    when_unknown: str = ""
    when_changed: str = ""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        blob = key.asbytes()
        recorded = self._recorded(hostname)
        if any(entry.revoked and entry.blob == blob for entry in recorded):
            raise ChangedHostKey(
                f"the key of {self.alias} is revoked",
                details=[("shown", fingerprint(blob)), ("file", str(self.known.file))],
            )
        good = [entry for entry in recorded if not entry.revoked]
        if any(entry.blob == blob for entry in good):
            return
        if good:
            raise self._changed(key.get_name(), blob, good)
        raise UnknownHostKey(
            f"the host key of {self.alias} is unknown",
            details=[("shown", f"{key.get_name()} {fingerprint(blob)}"), ("file", str(self.known.file))],
            next=[self.when_unknown],
        )

    def kinds(self, hostname: str) -> list[str]:
        """The kinds of key on record, so that the server is asked for one that we can compare."""
        return [entry.kind for entry in self._recorded(hostname) if not entry.revoked]

    def _recorded(self, hostname: str) -> list[HostKey]:
        return self.known.first_of((hostname, *self.also))

    def _changed(self, kind: str, blob: bytes, good: list[HostKey]) -> ChangedHostKey:
        return ChangedHostKey(
            f"the host key of {self.alias} has changed",
            details=[
                ("expected", "\n".join(f"{entry.kind} {entry.fingerprint}" for entry in good)),
                ("shown", f"{kind} {fingerprint(blob)}"),
                ("file", str(self.known.file)),
            ],
            next=[f"{self.when_changed}    # only if you know why it changed"],
        )


def preferring(kinds: list[str]) -> type[paramiko.Transport]:
    """A Transport that asks for the kinds of host key that are on record."""

    class Preferring(paramiko.Transport):
        def start_client(self, event: object = None, timeout: float | None = None) -> None:
            wanted = {"rsa-sha2-512", "rsa-sha2-256", *kinds} if "ssh-rsa" in kinds else set(kinds)
            options = self.get_security_options()
            first = [kind for kind in options.key_types if kind in wanted]
            options.key_types = (*first, *(kind for kind in options.key_types if kind not in wanted))
            super().start_client(event=event, timeout=timeout)  # type: ignore[arg-type]

    return Preferring


def shown_by(connected: socket.socket, seconds: float) -> HostKey:
    """The key that a server shows to anybody, without logging in."""
    transport = paramiko.Transport(connected)
    try:
        transport.banner_timeout = seconds
        transport.start_client(timeout=seconds)
        key = transport.get_remote_server_key()
        return HostKey(key.get_name(), key.asbytes())
    finally:
        transport.close()


def remember(file: Path, names: list[str], key: HostKey, port: int | None, replace: bool) -> None:
    """Write a key to known_hosts, in one step: a crash leaves the old file or the new one."""
    file = file.resolve()  # it may be a link to somewhere else, and is to remain one
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else ""
    entries = [entry_name(name, port) for name in names]
    kept = [_without(line, entries) if replace else line for line in old.removesuffix("\n").split("\n")]
    added = f"{','.join(entries)} {key.kind} {base64.b64encode(key.blob).decode()}"
    new = file.with_name(f"{file.name}.gti-{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write("".join(f"{line}\n" for line in [*kept, added] if line).encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def _without(line: str, entries: list[str]) -> str:
    """A line of known_hosts without these names; empty when it names nobody else. Revocations stay."""
    names, space, rest = line.partition(" ")
    if names.startswith("@") or not any(KnownHosts.parse(line).keys_of(entry) for entry in entries):
        return line
    others = [name for name in names.split(",") if name.lower() not in entries and not name.startswith("|")]
    return f"{','.join(others)}{space}{rest}" if others else ""
