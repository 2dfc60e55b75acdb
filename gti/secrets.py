"""References (env:, file:, cmd:, keyring:) → values at the last moment; masks them in everything written."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

from gti.errors import GtiError
from gti.site.check import readable_by_others

MASK = "********"
PATIENCE = 30.0  # seconds for a command that fetches a secret: some ask a human or a token


class SecretError(GtiError):
    """A secret cannot be had. Never says anything of its value."""


class Masker:
    """Knows every value that was looked up, in the forms in which it could leak."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        if value:
            self._forms.update(_forms_of(value))
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    @property
    def longest(self) -> int:
        return max(map(len, self._forms), default=0)

    def mask(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text

    def mask_all(self, value: object) -> object:
        """The same structure of dicts, lists and tuples, with every text in it masked."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask_all(key): self.mask_all(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask_all(item) for item in value]
        return value


def _forms_of(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogateescape")
    quoted = {
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    }
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), form) for form in quoted}
    return {value, shlex.quote(value).strip("'"), *quoted, *lowered, *escaped, *_base64_forms(raw)}


def _base64_forms(raw: bytes) -> Iterable[str]:
    """Whole, and inside something longer ("user:password"), where it may start at any of three offsets."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        yield encode(raw).decode().rstrip("=")
        for offset in range(3):
            inside = encode(b"\0" * offset + raw).decode().rstrip("=")
            first = -(-offset * 8 // 6)  # characters that also carry bits of what stands before
            last = (offset + len(raw)) * 8 // 6  # and of what comes after
            if last - first >= 4:
                yield inside[first:last]


class Secrets:
    """Looks references up when they are used, and tells the masker every value it hands out."""

    def __init__(
        self, masker: Masker, beside: Path | None = None, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._masker = masker
        self._beside = beside
        self._warn = warn
        self._dotenv: dict[str, str] | None = None

    def look_up(self, reference: str) -> str:
        scheme, _, name = reference.partition(":")
        reader = {"env": self._env, "file": self._file, "cmd": self._command, "keyring": self._keyring}.get(scheme)
        if reader is None or not name:
            raise SecretError(
                "this is no reference to a secret",
                details=[("forms", "env:NAME  file:PATH  cmd:COMMAND  keyring:SERVICE/USER")],
            )
        value = reader(name)
        self._masker.add(value)
        return value

    def text(self, value: str) -> str:
        """A plain value as it is, a reference looked up: for keys that may be either (a user's name)."""
        return self.look_up(value) if re.match(r"(env|file|cmd|keyring):", value) else value

    def _env(self, name: str) -> str:
        value = os.environ.get(name)
        if value is None:
            value = self._from_dotenv().get(name)
        if not value:
            where = f" nor in {self._beside}" if self._beside else ""
            raise SecretError(f"env:{name} is not set{where}", next=[f"export {name}=…"])
        return value

    def _from_dotenv(self) -> dict[str, str]:
        if self._dotenv is None:
            self._dotenv = {}
            if self._beside and self._beside.is_file():
                if readable_by_others(self._beside):
                    self._warn(f"others can read {self._beside}: chmod 600 '{self._beside}'")
                self._dotenv = parse_dotenv(self._beside.read_text(encoding="utf-8", errors="replace"))
        return self._dotenv

    def _file(self, name: str) -> str:
        file = Path(name).expanduser()
        if not file.is_absolute() and self._beside:
            file = self._beside.parent / file
        try:
            if readable_by_others(file):
                raise SecretError(f"file:{name} is refused: others can read it", next=[f"chmod 600 '{file}'"])
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SecretError(f"file:{name} cannot be read ({reason})", next=[f"ls -l '{file}'"]) from None

    def _command(self, line: str) -> str:
        try:
            done = subprocess.run(
                shlex.split(line), capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise SecretError(f"cmd:{line} did not run: {type(error).__name__}", next=[line]) from None
        value = done.stdout.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if done.returncode or not value:
            why = f"exit {done.returncode}" if done.returncode else "it printed nothing"
            raise SecretError(f"cmd:{line} gave no secret ({why})", next=[line])
        return value

    def _keyring(self, name: str) -> str:
        service, _, user = name.rpartition("/")
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError:
            raise SecretError("keyring: needs the keyring library", next=["pip install 'gti[keyring]'"]) from None
        try:
            value = keyring.get_password(service, user)
        except KeyringError as error:
            raise SecretError(f"keyring:{name} cannot be read ({error})", next=["keyring diagnose"]) from None
        if not value:
            raise SecretError(f"keyring:{name} is not there", next=[f"keyring set {service} {user}"])
        return value


def parse_dotenv(text: str) -> dict[str, str]:
    """NAME=value lines, as shells and docker read them: `export`, quotes and # comments are understood."""
    values = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$", line)
        if match:
            values[match.group(1)] = _unquoted(match.group(2))
    return values


def _unquoted(value: str) -> str:
    quoted = re.match(r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?$""", value)
    if quoted is None:
        return re.split(r"\s+#|^#", value, maxsplit=1)[0]
    if quoted.group(2) is not None:
        return quoted.group(2)
    return re.sub(r"\\(.)", r"\1", quoted.group(1))
