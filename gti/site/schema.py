"""The keys that a site file may have, what each takes, and how each is read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gti.site.model import COMPONENTS

# What each protocol is asked is in gti.components; the names are part of the site file's language.
PROTOCOLS = (
    "mariadb", "hive-metastore", "minio", "kafka", "spark-master", "spark-worker", "trino",
    "postgresql", "airflow-webserver", "airflow-scheduler", "superset", "gitea",
)  # fmt: skip

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.IGNORECASE | re.ASCII)
_HOSTNAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_UNIT = re.compile(r"[A-Za-z0-9_@.:][A-Za-z0-9_@.:\\-]{0,250}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_REFERENCE = re.compile(r"(env|file|cmd|keyring):.+", re.DOTALL)


class Wrong(Exception):
    """A value that a key does not take; `mend` says what it would take."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


@dataclass(frozen=True)
class Key:
    read: Callable[[Any], Any]
    required: bool = False


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"takes text, not {kind(value)}", 'put it in quotes: "…"')
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
        raise Wrong("has control characters in it", "remove them")
    return value


def line(value: Any) -> str:
    if "\n" in text(value) or not value.strip():
        raise Wrong("takes one line of text", "write it on one line, not empty")
    return str(value)


def matching(pattern: re.Pattern[str], example: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not pattern.fullmatch(text(value)):
            raise Wrong(f"does not take {shown(value)}", f"write it like {example}")
        return str(value)

    return read


def one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if text(value) not in choices:
            raise Wrong(f"does not take {shown(value)}", f"one of: {', '.join(choices)}")
        return str(value)

    return read


def ip(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(text(value)))
    except ValueError:
        raise Wrong(f"takes an IP address, not {shown(value)}", "write it like 192.0.2.17") from None


def port(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise Wrong(f"takes a port, not {shown(value)}", "a number from 1 to 65535, without quotes")
    return value


def container(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**9:
        raise Wrong(f"takes a container's number, not {shown(value)}", "a number such as 117, without quotes")
    return value


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"takes true or false, not {kind(value)}", "write true or false, without quotes")
    return value


def duration(value: Any) -> float:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match.group(1)) == 0:
        raise Wrong(f"takes a duration, not {shown(value)}", 'write it like "5s", "500ms" or "2m"')
    return float(match.group(1)) * _SECONDS[match.group(2)]


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong(f"takes a list, not {kind(value)}", 'write it like ["one", "two"]')
    return tuple(line(item) for item in value)


def command(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise Wrong("takes a list of arguments, not one text", 'write it like ["/opt/x/start.sh", "--now"]')
    arguments = texts(value)
    if not arguments:
        raise Wrong("is an empty command", 'write it like ["/opt/x/start.sh", "--now"]')
    return arguments


def secret(value: Any) -> str:
    if not _REFERENCE.fullmatch(text(value)):  # the value itself is not repeated in the message
        raise Wrong("is a secret in the site file", "refer to it: env:NAME, file:PATH, cmd:… or keyring:…")
    return str(value)


NAME = matching(_NAME, "db-hive (letters, digits, '-', '_' and '.')")
HOSTNAME = matching(_HOSTNAME, "kafka.gti.local")
USER = matching(_USER, "datalake")

SITE_KEYS = {
    "extends": Key(NAME),
    "description": Key(line),
    "user": Key(USER),
    "key": Key(line),
    "port": Key(port),
    "known_hosts": Key(line),
    "hosts_file": Key(line),
    "connect_timeout": Key(duration),
    "dns": Key(ip),
}

HOST_KEYS = {
    "name": Key(HOSTNAME, required=True),
    "address": Key(ip),
    "port": Key(port),
    "user": Key(USER),
    "key": Key(line),
    "container": Key(container),
    "fingerprint": Key(matching(re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?"), "SHA256:… as ssh-keygen -l shows it")),
}

SERVICE_KEYS = {
    "component": Key(one_of(*COMPONENTS), required=True),
    "host": Key(NAME, required=True),
    "unit": Key(matching(_UNIT, "hive-metastore or postgresql@15-main")),
    "start": Key(command),
    "stop": Key(command),
    "status": Key(command),
    "protocol": Key(one_of(*PROTOCOLS)),
    "port": Key(port),
    "web_port": Key(port),
    "via": Key(one_of("direct", "ssh")),
    "tls": Key(boolean),
    "ca": Key(line),
    "needs": Key(texts),
    "wants": Key(texts),
    "version": Key(line),
    "user": Key(line),
    "password": Key(secret),
    "database": Key(line),
    "bucket": Key(line),
}


def kind(value: Any) -> str:
    """What a value is, in words."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
        str: "text",
    }
    return names.get(type(value), "a date or time")


def shown(value: Any) -> str:
    """A value as a message repeats it: in short, and never a number too long to be written."""
    if isinstance(value, str):
        return f"'{value[:60]}'"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12:
        return str(value)
    return kind(value)
