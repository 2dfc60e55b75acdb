"""Names to addresses: the name first, the site's address as the fallback, quickly, and once per run."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from gti.site import Host, Site

PATIENCE = 1.0  # seconds for a name server; a dead one would cost ten


@dataclass(frozen=True)
class Addresses:
    """Where to try a host, in this order; `tried` is how an error message tells it."""

    name: str
    candidates: tuple[str, ...]
    tried: str


def look_up(name: str) -> list[str]:
    """What the system's resolver says, the order kept."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _told(name: str, resolved: list[str]) -> str:
    if resolved == [name]:
        return name
    return f"{name} → {', '.join(resolved)}" if resolved else f"{name} (no such name)"


def resolver_of(site: Site) -> Resolver:
    return Resolver(known=hosts_in(site.hosts_file) if site.hosts_file else {})


def hosts_in(file: Path) -> dict[str, list[str]]:
    """Names and addresses of a file like /etc/hosts. One that is not there knows nobody."""
    known: dict[str, list[str]] = {}
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return known
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            known.setdefault(name, []).append(address)
    return known


class Resolver:
    """`known` are names that need not be asked for: those of the site's own hosts file."""

    def __init__(
        self,
        look_up: Callable[[str], list[str]] = look_up,
        patience: float = PATIENCE,
        known: Mapping[str, list[str]] | None = None,
    ) -> None:
        self._look_up = look_up
        self._patience = patience
        self._known: dict[str, list[str]] = dict(known or {})
        self._lock = Lock()

    def addresses(self, host: Host, name: str | None = None) -> Addresses:
        """`name` is another name for the host, as ~/.ssh/config may give it."""
        name = name or host.name
        resolved = self._resolve(name)
        candidates = dict.fromkeys(resolved)
        steps = [_told(name, resolved)]
        if host.address and host.address not in candidates:
            candidates[host.address] = None
            steps.append(host.address)
        return Addresses(name, tuple(candidates), ", then ".join(steps))

    def _resolve(self, name: str) -> list[str]:
        with self._lock:
            if name in self._known:
                return self._known[name]
        resolved = self._in_time(name)
        with self._lock:
            return self._known.setdefault(name, resolved)

    def _in_time(self, name: str) -> list[str]:
        """getaddrinfo takes no time-out, so it is left behind in its thread when it dawdles."""
        answer: SimpleQueue[list[str]] = SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._look_up(name))
            except (OSError, UnicodeError):
                answer.put([])

        Thread(target=ask, daemon=True).start()
        try:
            return answer.get(timeout=self._patience)
        except Empty:
            return []
