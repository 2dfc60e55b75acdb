"""SSH connections by Fabric, with strict host keys: opened once per host and run, reused, closed together."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, cast

import fabric
import paramiko

from gti.errors import GtiError, Misused, Unreachable
from gti.remote.keys import AskPassphrase, Identities, Keyring
from gti.remote.resolve import Addresses, Resolver
from gti.remote.route import dial, through
from gti.remote.trust import KeyPolicy, preferring, shown_by
from gti.site import Host, Site
from gti.site.known_hosts import HostKey, KnownHosts, entry_name

KEEPALIVE = 5  # seconds; with the next one, how soon a dead network is noticed
BACKOFF = (0.1, 0.3, 0.8)  # a busy sshd drops newcomers (MaxStartups): knock again

LOG = logging.getLogger(__name__)  # what --verbose tells

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
        self._ssh_config = _read(ssh_config)
        self._parsed = _parsed(self._ssh_config)
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
        way = self._way(host)
        seconds = self._site.connect_timeout
        try:
            return shown_by(way.socket(time.monotonic() + seconds), seconds)
        except GtiError:
            raise
        except Exception as error:  # as below
            raise _cannot(host, way, error) from error

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
        way = self._way(host)
        until = time.monotonic() + within
        for wait in (*BACKOFF, None):
            try:
                return self._attempt(host, way, until)
            except GtiError:
                raise
            except Exception as error:  # paramiko lets pass whatever a strange server's bytes lead to
                if wait is None or time.monotonic() + wait >= until or not _may_pass(error):
                    raise _cannot(host, way, error) from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, host: Host, way: _Way, until: float) -> fabric.Connection:
        connection = way.connection
        identities = self._identities(host, connection)
        if connection.gateway is None:
            connection.connect_kwargs["sock"] = way.socket(until)
        left = max(0.1, until - time.monotonic())
        connection.connect_kwargs.update(timeout=left, banner_timeout=left, auth_strategy=identities)
        for jump_host in _jump_hosts(connection):
            jump_host.connect_kwargs.update(_bounds(left))
        try:
            connection.open()
        except paramiko.AuthenticationException as error:
            connection.client.close()
            raise _login_refused(host, connection) from error
        except BaseException:
            connection.client.close()
            raise
        connection.transport.set_keepalive(KEEPALIVE)
        LOG.info("%s: logged in as %s (%s)", host.alias, connection.user, way.addresses.tried)
        return connection

    def _way(self, host: Host) -> _Way:
        """Fabric's connection, not yet open, with every host key on the way guarded."""
        try:
            # A configuration of its own: Fabric writes into it, which empties it for a moment and would hand one
            # host's socket to another.
            config = fabric.Config(ssh_config=self._parsed, lazy=True)
            connection = fabric.Connection(host.name, user=host.user, port=host.port, config=config)
        except (ValueError, paramiko.SSHException) as error:
            raise Misused(f"~/.ssh/config makes no sense for {host.name}: {error}") from None
        self._guard(host, connection)
        if isinstance(connection.gateway, str):
            proxy = self._proxy_command(host, connection)
            connection.gateway = None
            return _Way(connection, Addresses(connection.host, (), f"{connection.host} through: {proxy}"), proxy)
        if connection.gateway is not None:  # which resolves the name over there
            addresses = Addresses(connection.host, (), f"{connection.host} through {connection.gateway.host}")
            return _Way(connection, addresses)
        return _Way(connection, self._resolver.addresses(host, connection.host))

    def _proxy_command(self, host: Host, connection: fabric.Connection) -> str:
        """Its %p and %r filled in with the site's port and user, which Fabric does not know when it does that."""
        ours = f"Host {host.name}\n  Port {connection.port}\n  User {connection.user}\n"
        return str(paramiko.SSHConfig.from_text(ours + self._ssh_config).lookup(host.name)["proxycommand"])

    def _guard(self, host: Host, connection: fabric.Connection) -> None:
        """Fabric accepts any host key. Replace that, for the host and for all it is reached through."""
        names = tuple(entry_name(name, connection.port) for name in host.known_as)
        trust = f"gti site trust {host.alias}"
        _enforce(connection, KeyPolicy(self._known, host.alias, names, trust, f"{trust} --replace"))
        for gateway in _jump_hosts(connection):
            at = gateway.original_host
            _enforce(gateway, KeyPolicy(self._known, at, (), f"ssh {at}", f"ssh-keygen -R {at}"))
            identities = self._identities(None, gateway)
            gateway.connect_kwargs.update(_bounds(self._site.connect_timeout), auth_strategy=identities)

    def _identities(self, host: Host | None, connection: fabric.Connection) -> Identities:
        config = connection.ssh_config
        files = [host.key] if host and host.key else []
        files += [Path(name).expanduser() for name in config.get("identityfile", [])]
        connection.connect_kwargs.pop("key_filename", None)
        connection.connect_timeout = None  # ours is finer, and two are refused
        others_too = str(config.get("identitiesonly", "no")).lower() != "yes"
        return Identities(connection.user, files, others_too, self._keyring)


@dataclass(frozen=True)
class _Way:
    """How a host is reached: directly, by a ProxyCommand, or through the connection's gateway."""

    connection: fabric.Connection
    addresses: Addresses
    proxy: str | None = None

    def socket(self, until: float) -> Any:
        if self.connection.gateway is not None:
            return self.connection.open_gateway()
        return through(self.proxy) if self.proxy else dial(self.addresses, self.connection.port, until)


def _jump_hosts(connection: fabric.Connection) -> Iterator[fabric.Connection]:
    """Those on the way, the last one first."""
    gateway = connection.gateway
    while isinstance(gateway, fabric.Connection):
        yield gateway
        gateway = gateway.gateway


def _bounds(seconds: float) -> dict[str, float]:
    """For a jump host. Without the last one, a dead host behind it is waited for an hour."""
    return {"timeout": seconds, "banner_timeout": seconds, "channel_timeout": seconds}


def _enforce(connection: fabric.Connection, policy: KeyPolicy) -> None:
    connection.client.set_missing_host_key_policy(policy)
    kinds = policy.kinds(entry_name(connection.host, connection.port))
    connection.connect_kwargs["transport_factory"] = preferring(kinds)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape") if file.is_file() else ""
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}", next=[f"ls -l '{file}'"]) from None


class _SshConfig(paramiko.SSHConfig):
    """Fabric takes `ProxyJump none`, which exempts a host from a rule for all, for a jump host of that name."""

    def lookup(self, hostname: str) -> paramiko.SSHConfigDict:
        found = super().lookup(hostname)
        if found.get("proxyjump", "").lower() == "none":
            del found["proxyjump"]
        return found


def _parsed(text: str) -> paramiko.SSHConfig:
    """~/.ssh/config, once. Fabric's own configuration files are left unread (`lazy`): they would surprise."""
    try:
        return _SshConfig.from_text(text)
    except (ValueError, paramiko.SSHException) as error:
        raise Misused(f"~/.ssh/config makes no sense: {error}", next=["ssh -G localhost"]) from None


def _may_pass(error: Exception) -> bool:
    """Worth another knock: not a refused connection, nor a jump host that finds no way on."""
    passing = isinstance(error, EOFError | ConnectionResetError | paramiko.SSHException)
    return passing and not isinstance(error, paramiko.ChannelException)


def reason(error: BaseException) -> str:
    """A low-level exception in an operator's words."""
    if isinstance(error, TimeoutError) or str(error) == "Timeout opening channel.":
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, EOFError | ConnectionResetError):
        return "the connection was closed at once"
    if isinstance(error, paramiko.ChannelException):  # a jump host's answer
        return error.text.lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error)
    if "banner" in text or text == "No existing session":  # paramiko's two ways to have waited in vain
        return "it accepts connections, but no SSH server answers"
    return text or type(error).__name__


def _cannot(host: Host, way: _Way, error: BaseException) -> GtiError:
    return CannotConnect(
        f"cannot reach {host.alias} ({host.name}:{way.connection.port}) over SSH: {reason(error)}",
        details=[("tried", way.addresses.tried)],
        next=[f"gti status {host.alias}", f"ssh -v {host.name}"],
    )


def _login_refused(host: Host, connection: fabric.Connection) -> GtiError:
    at = _where_it_ended(connection)
    who = host.alias if at is connection else f"{at.original_host}, the way to {host.alias},"
    tried = at.connect_kwargs["auth_strategy"].tried
    return LoginRefused(
        f"{who} does not let {at.user} in over SSH",
        details=[("tried", "\n".join(tried) or "no key: neither a file nor an agent has one")],
        next=[f"ssh -v {at.user}@{at.original_host}", "gti doctor"],
    )


def _where_it_ended(connection: fabric.Connection) -> fabric.Connection:
    """The first jump host that is not open, or the host itself."""
    gateway = connection.gateway
    if isinstance(gateway, fabric.Connection) and not gateway.is_connected:
        return _where_it_ended(gateway)
    return connection
