"""The platform within reach: commands on hosts, and addresses for endpoints. Close it when the run is over."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import BinaryIO

import paramiko

from gti.errors import Unreachable
from gti.remote.command import Command
from gti.remote.keys import AskPassphrase
from gti.remote.reach import Reach
from gti.remote.resolve import Addresses, Resolver, resolver_of
from gti.remote.route import dial
from gti.remote.running import ENDING, Result, Running
from gti.remote.ssh import Connections, reason
from gti.remote.tunnel import Tunnel
from gti.site import Endpoint, Host, Site
from gti.site.known_hosts import HostKey

SSH_CONFIG = Path("~/.ssh/config")


class Remote:
    """Safe to use from many threads. Connections and tunnels are made when first needed, and kept."""

    def __init__(self, site: Site, ask: AskPassphrase | None = None, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or resolver_of(site)
        self._connections = Connections(site, self._resolver, ask, SSH_CONFIG.expanduser())
        self._within = site.connect_timeout
        self._running: set[Running] = set()
        self._tunnels: dict[Endpoint, Tunnel] = {}
        self._lock = Lock()

    def run(
        self,
        host: Host,
        command: Command,
        seconds: float | None = None,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        stderr: BinaryIO | None = None,
    ) -> Result:
        """Run to the end. Streams without a sink are kept in the result."""
        transport = self.connect(host, seconds)
        try:
            running = Running(host, transport, command, seconds)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable(
                f"{host.alias} opens no session: {reason(error)}", next=[f"gti status {host.alias}"]
            ) from error
        with self._lock:
            self._running.add(running)
        try:
            return running.finish(stdin, stdout, stderr)
        finally:
            with self._lock:
                self._running.discard(running)

    def connect(self, host: Host, within: float | None = None) -> paramiko.Transport:
        return self._connections.transport(host, within)

    def disconnect(self, host: Host) -> None:
        """For fleets: a host that is done need not be held until all are."""
        self._connections.close_host(host)

    def shown_key(self, host: Host) -> HostKey:
        return self._connections.shown_key(host)

    def reach(self, endpoint: Endpoint, seconds: float | None = None) -> Reach:
        """Where to connect: through a tunnel where the site says so, else the host's own address."""
        host = endpoint.host
        if endpoint.via == "ssh":
            address, port = "127.0.0.1", self._tunnel(endpoint, seconds).port
        else:
            addresses = self._resolver.addresses(host)
            if not addresses.candidates:
                raise Unreachable(f"{host.name} has no address", details=[("tried", addresses.tried)])
            address, port = self._listening(addresses, endpoint.port, seconds), endpoint.port
        return Reach(host.name, endpoint.port, address, port, endpoint.tls, endpoint.ca)

    def _listening(self, addresses: Addresses, port: int, seconds: float | None) -> str:
        """A name that leads astray is found out here: the first address where somebody listens."""
        if len(addresses.candidates) > 1:
            try:
                with dial(addresses, port, time.monotonic() + (seconds or self._within)) as connected:
                    return str(connected.getpeername()[0])
            except OSError:
                pass  # nobody does: the caller's own attempt says so in its own words
        return addresses.candidates[0]

    def refusal(self, endpoint: Endpoint) -> str | None:
        """Why the far end of a tunnel turned a connection away; the near end cannot tell."""
        tunnel = self._tunnels.get(endpoint)
        return tunnel.refusal if tunnel else None

    def _tunnel(self, endpoint: Endpoint, seconds: float | None) -> Tunnel:
        self.connect(endpoint.host, seconds)
        with self._lock:
            if endpoint not in self._tunnels:
                to = ("127.0.0.1", endpoint.port)
                self._tunnels[endpoint] = Tunnel(lambda: self.connect(endpoint.host), to)
            return self._tunnels[endpoint]

    def close(self) -> None:
        """End what still runs on the hosts, side by side and in bounded time, then hang up."""
        with self._lock:
            running = list(self._running)
            tunnels = list(self._tunnels.values())
        threads = [Thread(target=one.end, daemon=True) for one in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(ENDING)
        for tunnel in tunnels:
            tunnel.close()
        self._connections.close()

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
