"""The keys that a host lets in: how many, of which kind, and whether the site's own is among them."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gti.doctor.checkup import Check, shortened
from gti.doctor.visit import Visit
from gti.remote.keys import Keyring

_KEY = re.compile(r"(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[\w.@-]+)\s+(AAAA[\w+/]+=*)(.*)")


@dataclass(frozen=True)
class PublicKey:
    kind: str
    blob: bytes
    comment: str

    def __str__(self) -> str:
        return f"{self.kind} {self.comment or '(no comment)'}"


def deployed_keys(visit: Visit) -> Iterator[Check]:
    answer = visit.answers["keys"]
    if not answer.is_whole:
        yield visit.unknown("authorized keys", "~/.ssh/authorized_keys", answer)
        return
    deployed = [key for key in map(public_key, answer.lines) if key]
    yield _kinds(visit, deployed)
    if visit.host.key is not None:
        yield _own(visit, visit.host.key, deployed)


def _kinds(visit: Visit, deployed: list[PublicKey]) -> Check:
    others = [str(key) for key in deployed if "ed25519" not in key.kind]
    if not deployed:
        return visit.graded("authorized keys", "warning", "~/.ssh/authorized_keys holds no key", _copy(visit))
    if not others:
        return visit.ok("authorized keys", f"{len(deployed)} deployed, none but ed25519")
    what = f"{len(others)} of {len(deployed)} are not ed25519: {shortened(', '.join(others))}"
    mend = "give their owners ed25519 keys (ssh-keygen -t ed25519), then remove these from ~/.ssh/authorized_keys"
    return visit.graded("authorized keys", "warning", what, mend)


def _own(visit: Visit, file: Path, deployed: list[PublicKey]) -> Check:
    if visit.public_key is None:
        key, pub = shlex.quote(str(file)), shlex.quote(f"{file}.pub")
        what, mend = f"the public half of {file} cannot be read", f"ssh-keygen -y -f {key} > {pub}"
        return visit.graded("deployed key", "unknown", what, mend)
    if any(key.blob == visit.public_key for key in deployed):
        return visit.ok("deployed key", f"{file} is deployed")
    what = f"{file} is not in ~/.ssh/authorized_keys"
    return visit.graded("deployed key", "warning", what, _copy(visit))


def _copy(visit: Visit) -> str:
    key = f"-i {shlex.quote(str(visit.host.key))} " if visit.host.key else ""
    return f"ssh-copy-id {key}{visit.login}"


def public_key(line: str) -> PublicKey | None:
    """A line of authorized_keys or of a .pub file; None for a comment, and for what makes no sense."""
    match = None if line.lstrip().startswith("#") else _KEY.search(line)
    if match is None:
        return None
    try:
        blob = base64.b64decode(match.group(2), validate=True)
    except binascii.Error:
        return None
    return PublicKey(match.group(1), blob, shortened(match.group(3)))


def public_half(file: Path) -> bytes | None:
    """Of a private key, or of the .pub file beside it where that one is locked."""
    if key := Keyring(ask=None).key(file, unlock=False):
        return key.asbytes()
    try:
        beside = public_key(file.with_name(f"{file.name}.pub").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return beside.blob if beside else None
