"""OpenSSH's known_hosts, read without an SSH library: who is known, by which keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from gti.site.model import Host


@dataclass(frozen=True)
class HostKey:
    kind: str
    blob: bytes
    revoked: bool = False

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.blob)


@dataclass
class KnownHosts:
    """Plain names are indexed; hashed names and patterns are few and tried one by one."""

    file: Path
    plain: dict[str, list[HostKey]] = field(default_factory=lambda: defaultdict(list))
    others: list[tuple[str, HostKey]] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> KnownHosts:
        """A missing file knows nobody; a line that makes no sense is passed over, as ssh does."""
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return cls.parse(text, file)

    @classmethod
    def parse(cls, text: str, file: Path = Path()) -> KnownHosts:
        known = cls(file)
        for line in text.split("\n"):
            known._add(line)
        return known

    def _add(self, line: str) -> None:
        words = re.split(r"[ \t]+", line.strip(" \t\r"))
        if words[0].startswith("#"):
            return
        marker = words.pop(0) if words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("@") or marker not in ("", "@revoked"):
            return
        try:
            key = HostKey(words[1], base64.b64decode(words[2], validate=True), marker == "@revoked")
        except (binascii.Error, ValueError):
            return
        if not _is_key(key):
            return
        if any(character in words[0] for character in "|*?!"):
            self.others.append((words[0], key))
            return
        for name in words[0].split(","):
            self.plain[name.lower()].append(key)

    def keys_of(self, name: str) -> list[HostKey]:
        """Every key recorded for a name in the form of `entry_name`."""
        return list(self._matching(name.lower()))

    def first_of(self, names: Iterable[str]) -> list[HostKey]:
        """The first name with any key on record decides: a right address does not excuse a wrong name."""
        return next((keys for name in names if (keys := self.keys_of(name))), [])

    def knows(self, host: Host) -> bool:
        """Under any of its names, by a key that is not revoked."""
        keys = [key for name in host.known_as for key in self.keys_of(entry_name(name, host.port))]
        return not all(key.revoked for key in keys)

    def _matching(self, name: str) -> Iterator[HostKey]:
        yield from self.plain.get(name, ())
        for pattern, key in self.others:
            if _is_hash_of(pattern, name) or _matches(pattern, name):
                yield key


def entry_name(host: str, port: int | None) -> str:
    """A host as known_hosts writes it: the port only where it is not 22."""
    return host if port in (None, 22) else f"[{host}]:{port}"


def fingerprint(blob: bytes) -> str:
    """SHA256:…, as ssh-keygen -l shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _is_key(key: HostKey) -> bool:
    """A public key is strings with their lengths before them; the first one says the kind once more."""
    strings, at = [], 0
    while at + 4 <= len(key.blob):
        end = at + 4 + int.from_bytes(key.blob[at : at + 4], "big")
        strings.append(key.blob[at + 4 : end])
        at = end
    return at == len(key.blob) > 0 and strings[0] == key.kind.encode("utf-8", "surrogateescape")


def _is_hash_of(pattern: str, name: str) -> bool:
    parts = pattern.split("|")
    if len(parts) != 4 or parts[:2] != ["", "1"]:
        return False
    try:
        salt, expected = (base64.b64decode(part, validate=True) for part in parts[2:])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), expected)


def _matches(patterns: str, name: str) -> bool:
    if patterns.startswith("|"):
        return False
    found = False
    for pattern in patterns.lower().replace("[", "[[]").split(","):  # [kafka]:2222 is no choice of letters
        if pattern.startswith("!") and fnmatchcase(name, pattern[1:]):
            return False
        found = found or fnmatchcase(name, pattern)
    return found
