"""SSH connections by Fabric, with strict host keys: opened once per host and run, reused, closed together."""

from __future__ import annotations

import logging
import math
import socket
import time
from pathlib import Path
from threading import Lock
from typing import Any, cast

import fabric
import paramiko

from gti.errors import GtiError, Misused, Unreachable
from gti.remote.keys import AskPassphrase, Identities, Keyring
from gti.remote.resolve import Addresses, Resolver
from gti.remote.trust import KeyPolicy, preferring, shown_by
from gti.site import Host, Site
from gti.site.known_hosts import HostKey, KnownHosts, entry_name

KEEPALIVE = 5  # seconds; with the next one, how soon a dead network is noticed
UNACKNOWLEDGED = 15_000  # milliseconds
BACKOFF = (0.1, 0.3, 0.8)  # a busy sshd drops newcomers (MaxStartups): knock again

logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


class CannotConnect(Unreachable):
    """The host did not let us in: no route, no sshd, no answer."""


class LoginRefused(Unreachable):
    """sshd answers, and wants none of our keys."""


class Connections:
    """One Fabric connection per host. Safe to use from many threads; a host's first user opens it."""

    def __init__(self, site: Site, resolver: Resolver, ask: AskPassphrase | None, ssh_config: Path) -> None:
        self._site = site
        self._resolver = resolver
        self._keyring = Keyring(ask)
        self._known = KnownHosts.read(site.known_hosts)
        self._config = _fabric_config(ssh_config)
        self._open: dict[str, fabric.Connection] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def transport(self, host: Host, within: float | None = None) -> paramiko.Transport:
        """An authenticated connection to the host: the one that is open, or a new one."""
        with self._lock:
            lock = self._locks.setdefault(host.alias, Lock())
        with lock:
            connection = self._open.get(host.alias)
            if connection is None or not connection.is_connected:
                connection = self._connect(host, min(within or math.inf, self._site.connect_timeout))
                self._open[host.alias] = connection
            return cast(paramiko.Transport, connection.transport)

    def shown_key(self, host: Host) -> HostKey:
        """The host key as anybody is shown it."""
        connection = self._fabric(host)
        addresses = self._addresses(host, connection)
        seconds = self._site.connect_timeout
        try:
            return shown_by(self._socket(connection, addresses, time.monotonic() + seconds), seconds)
        except Exception as error:  # as below
            raise _cannot(host, connection, addresses, error) from error

    def close_host(self, host: Host) -> None:
        with self._lock:
            connection = self._open.pop(host.alias, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        with self._lock:
            connections = list(self._open.values())
            self._open.clear()
        for connection in connections:
            connection.close()

    def _connect(self, host: Host, within: float) -> fabric.Connection:
        connection = self._fabric(host)
        addresses = self._addresses(host, connection)
        until = time.monotonic() + within
        for wait in (*BACKOFF, None):
            try:
                return self._attempt(host, connection, addresses, until)
            except GtiError:
                raise
            except Exception as error:  # paramiko lets pass whatever a strange server's bytes lead to
                if wait is None or time.monotonic() + wait >= until or not _may_pass(error):
                    raise _cannot(host, connection, addresses, error) from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(
        self, host: Host, connection: fabric.Connection, addresses: Addresses, until: float
    ) -> fabric.Connection:
        identities = self._identities(host, connection)
        self._guard(host, connection)
        if connection.gateway is None:
            connection.connect_kwargs["sock"] = self._socket(connection, addresses, until)
        left = max(0.1, until - time.monotonic())
        connection.connect_kwargs.update(timeout=left, banner_timeout=left, auth_strategy=identities)
        try:
            connection.open()
        except paramiko.AuthenticationException as error:
            connection.client.close()
            raise _login_refused(host, connection.user, identities, error) from error
        except BaseException:
            connection.client.close()
            raise
        connection.transport.set_keepalive(KEEPALIVE)
        return connection

    def _fabric(self, host: Host) -> fabric.Connection:
        try:
            return fabric.Connection(host.name, user=host.user, port=host.port, config=self._config)
        except (ValueError, paramiko.SSHException) as error:
            raise Misused(f"~/.ssh/config makes no sense for {host.name}: {error}") from None

    def _guard(self, host: Host, connection: fabric.Connection) -> None:
        """Fabric accepts any host key. Replace that, for the host and for all it is reached through."""
        addresses = [entry_name(host.address, connection.port)] if host.address else []
        names = (entry_name(host.name, connection.port), *addresses)
        _enforce(connection, KeyPolicy(self._known, host.alias, names, mend=f"gti site trust {host.alias}"))
        gateway = connection.gateway
        while isinstance(gateway, fabric.Connection):
            _enforce(gateway, KeyPolicy(self._known, gateway.host, mend=f"ssh {gateway.user}@{gateway.host}"))
            identities = self._identities(None, gateway)
            gateway.connect_kwargs.update(auth_strategy=identities, timeout=self._site.connect_timeout)
            gateway = gateway.gateway

    def _identities(self, host: Host | None, connection: fabric.Connection) -> Identities:
        config = connection.ssh_config
        files = [host.key] if host and host.key else []
        files += [Path(name).expanduser() for name in config.get("identityfile", [])]
        connection.connect_kwargs.pop("key_filename", None)
        connection.connect_timeout = None  # ours is finer, and two are refused
        others_too = str(config.get("identitiesonly", "no")).lower() != "yes"
        return Identities(connection.user, files, others_too, self._keyring)

    def _addresses(self, host: Host, connection: fabric.Connection) -> Addresses:
        """Behind a jump host, the jump host resolves the name."""
        if connection.gateway is not None:
            return Addresses(connection.host, (), f"{connection.host} through {_gateway_name(connection)}")
        return self._resolver.addresses(host, connection.host)

    def _socket(self, connection: fabric.Connection, addresses: Addresses, until: float) -> Any:
        if connection.gateway is not None:
            return connection.open_gateway()
        return dial(addresses, connection.port, until)


def dial(addresses: Addresses, port: int, until: float) -> socket.socket:
    """Try each address in turn; what is left of the time is shared among those not yet tried."""
    error: OSError = OSError("no such name, and the site gives no address")
    for position, address in enumerate(addresses.candidates):
        left = max(0.1, until - time.monotonic()) / (len(addresses.candidates) - position)
        try:
            connected = socket.create_connection((address, port), timeout=left)
        except OSError as problem:
            error = problem
            continue
        connected.settimeout(None)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
        return connected
    raise error


def _enforce(connection: fabric.Connection, policy: KeyPolicy) -> None:
    connection.client.set_missing_host_key_policy(policy)
    kinds = policy.kinds(entry_name(connection.host, connection.port))
    connection.connect_kwargs["transport_factory"] = preferring(kinds)


def _fabric_config(file: Path) -> fabric.Config:
    """~/.ssh/config, read once. Fabric's own configuration files are left unread: they would surprise."""
    parsed = paramiko.SSHConfig()
    if file.is_file():
        try:
            parsed = paramiko.SSHConfig.from_path(str(file))
        except (OSError, ValueError, paramiko.SSHException) as error:
            raise Misused(f"{file} cannot be read: {error}", next=[f"ssh -G -F '{file}' localhost"]) from None
    return fabric.Config(ssh_config=parsed, lazy=True)


def _may_pass(error: Exception) -> bool:
    """Worth another knock: not a refused connection, nor a jump host that finds no way on."""
    passing = isinstance(error, EOFError | ConnectionResetError | paramiko.SSHException)
    return passing and not isinstance(error, paramiko.ChannelException)


def reason(error: BaseException) -> str:
    """A low-level exception in an operator's words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, EOFError | ConnectionResetError):
        return "the connection was closed at once"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error)
    if "banner" in text or text == "No existing session":  # paramiko's two ways to have waited in vain
        return "it accepts connections, but no SSH server answers"
    return text or type(error).__name__


def _cannot(host: Host, connection: fabric.Connection, addresses: Addresses, error: BaseException) -> GtiError:
    return CannotConnect(
        f"cannot reach {host.alias} ({host.name}:{connection.port}) over SSH: {reason(error)}",
        details=[("tried", addresses.tried)],
        next=[f"gti status {host.alias}", f"ssh -v {host.name}"],
    )


def _login_refused(host: Host, user: str, identities: Identities, error: Exception) -> GtiError:
    why = "" if isinstance(error, paramiko.AuthenticationException) else f" ({reason(error)})"
    return LoginRefused(
        f"{host.alias} does not let {user} in over SSH{why}",
        details=[("tried", "\n".join(identities.tried) or "no key: neither a file nor an agent has one")],
        next=[f"ssh -v {user}@{host.name}", "gti doctor"],
    )


def _gateway_name(connection: fabric.Connection) -> str:
    gateway = connection.gateway
    return gateway.host if isinstance(gateway, fabric.Connection) else "its ProxyCommand"
