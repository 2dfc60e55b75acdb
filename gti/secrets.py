"""References (env:, file:, cmd:, keyring:) → values at the last moment; masks them in everything written."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote, split

from gti.errors import GtiError
from gti.site.check import readable_by_others

MASK = "********"
LEAST_BASE64 = 4  # letters that say something: fewer stand everywhere
LEAST_LINE = 8
PATIENCE = 30.0  # seconds for a command that fetches a secret: some ask a human or a token


class SecretError(GtiError):
    """A secret cannot be had. Never says anything of its value."""


class Masker:
    """Knows every value that was looked up, in the forms in which it could leak.

    A value of less than four bytes is masked where it stands as itself or as base64 of its own. Inside a longer
    base64 it is two or three letters that stand everywhere: it cannot be hidden there.
    """

    def __init__(self) -> None:
        self._patterns: dict[str, list[re.Pattern[str]]] = {}

    def add(self, value: str) -> None:
        """Of several lines, each is a secret of its own: a key may be shown line by line, and indented."""
        for secret in (value, *(line for line in value.splitlines() if len(line) >= LEAST_LINE)):
            if secret and secret not in self._patterns:
                self._patterns[secret] = [re.compile(each, re.ASCII) for each in _patterns_of(secret)]

    def mask(self, text: str) -> str:
        masked = self._masked_once(text)
        while masked != text:  # a secret with * in it may begin or end in the mask
            text, masked = masked, self._masked_once(masked)
        return masked

    def _masked_once(self, text: str) -> str:
        known = list(self._patterns.values())  # other threads look secrets up meanwhile
        found = (match for patterns in known for pattern in patterns for match in pattern.finditer(text))
        return _covered(text, sorted(match.span() for match in found))

    def mask_all(self, value: object) -> object:
        """The same structure of dicts, lists and tuples, with every text in it masked."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask_all(key): self.mask_all(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask_all(item) for item in value]
        return value


def _covered(text: str, spans: list[tuple[int, int]]) -> str:
    """Spans that overlap are covered by one mask, so that no piece of either is left."""
    pieces, at = [], 0
    for start, end in spans:
        if start >= at:
            pieces += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def _patterns_of(secret: str) -> Iterator[str]:
    raw = _raw(secret)
    if set(secret) != {"*"}:  # it looks masked as it is
        yield _written(secret)
    for offset in range(3):  # inside something longer ("user:password") it may start at any of three
        inside = base64.b64encode(b"\0" * offset + raw).decode()
        first = -(-offset * 8 // 6)  # characters that also carry bits of what stands before
        last = (offset + len(raw)) * 8 // 6  # and of what comes after
        if last - first >= LEAST_BASE64:
            yield _base64_letters(inside[first:last]) + r"[\w+/-]?=*"
        elif offset == 0:
            yield rf"(?<![\w+/-]){inside.rstrip('=')}(?![\w+/-])=*"


def _raw(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # bytes of a command that are not UTF-8
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _base64_letters(text: str) -> str:
    """In both alphabets, in URLs and JSON, and over several lines."""
    others = {"+": r"(?:[+-]|%2[Bb]|\\u002[Bb])", "/": r"(?:[/_]|\\/|%2[Ff])"}
    return r"(?:\r?\n)?".join(others.get(letter, letter) for letter in text)


def _written(text: str) -> str:
    """A text as itself, percent-encoded, escaped with backslashes (JSON, repr, shells), or as XML."""
    return "".join(map(_forms, re.findall(r"\\+|[^\\]", text)))


def _forms(char: str) -> str:
    """A pattern for one character, or for a run of backslashes."""
    if char.isascii() and char.isalnum():
        return char
    if char[0] == "\\":
        length = len(char)
        return rf"(?:\\{{{length},{4 * length}}}|(?:%5[Cc]){{{length}}})"
    raw, units, code = _raw(char), char.encode("utf-16-be", "surrogatepass").hex(), ord(char)
    hexadecimal = (
        "".join(f"%{byte:02x}" for byte in raw),
        "".join(rf"\\{{1,4}}x{byte:02x}" for byte in raw),
        "".join(rf"\\{{1,4}}u{units[at : at + 4]}" for at in range(0, len(units), 4)),
        rf"\\{{1,4}}(?:x{code:02x}|U{code:08x})",
        rf"&\#(?:{code}|x{code:x});",
    )
    return rf"(?:{_BACKSLASHES}{re.escape(char)}|(?i:{'|'.join(hexadecimal)}){_NAMED.get(char, '')})"


_BACKSLASHES = r"\\{0,3}"
_NAMED = {
    "\n": r"|\\{1,4}n",
    "\r": r"|\\{1,4}r",
    "\t": r"|\\{1,4}t",
    "\b": r"|\\{1,4}b",
    "\f": r"|\\{1,4}f",
    " ": r"|\+",
    "&": "|&amp;",
    "<": "|&lt;",
    ">": "|&gt;",
    '"': "|&quot;",
    "'": r"""|&apos;|'"'"'|'\\''""",
}


class Secrets:
    """Looks references up when they are used, and tells the masker every value it hands out. Keeps none itself."""

    def __init__(
        self, masker: Masker, beside: Path | None = None, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._masker = masker
        self._beside = beside
        self._warn = warn

    def look_up(self, reference: str) -> str:
        scheme, _, name = reference.partition(":")
        reader = {"env": self._env, "file": self._file, "cmd": self._command, "keyring": self._keyring}.get(scheme)
        if reader is None or not name.strip():
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
        file = self._beside
        try:
            if file is None or not file.is_file():
                return {}
            if readable_by_others(file):
                self._warn(f"others can read {file}: {_chmod(file)}")
            return parse_dotenv(file.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                f"{file} cannot be read ({_reason(error)})", next=[f"ls -l {quote(str(file))}"]
            ) from None

    def _file(self, name: str) -> str:
        file = _expanded(name)
        if not file.is_absolute() and self._beside:
            file = self._beside.parent / file
        look = f"ls -l {quote(str(file))}"
        try:
            if readable_by_others(file):
                raise SecretError(f"file:{name} is refused: others can read it", next=[_chmod(file)])
            value = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise SecretError(f"file:{name} cannot be read ({_reason(error)})", next=[look]) from None
        if not value:
            raise SecretError(f"file:{name} is empty", next=[look])
        return value

    def _command(self, line: str) -> str:
        try:
            done = subprocess.run(split(line), capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise SecretError(f"cmd:{line} gave no secret (nothing in {PATIENCE:g} s)", next=[line]) from None
        except (OSError, ValueError) as error:
            raise SecretError(f"cmd:{line} did not run ({_reason(error)})", next=[line]) from None
        value = done.stdout.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if done.returncode or not value:
            why = f"exit {done.returncode}" if done.returncode else "it printed nothing"
            raise SecretError(f"cmd:{line} gave no secret ({why})", next=[line])
        return value

    def _keyring(self, name: str) -> str:
        service, _, user = name.rpartition("/")
        if not (service and user):
            raise SecretError(f"keyring:{name} names no user", details=[("form", "keyring:SERVICE/USER")])
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
            raise SecretError(f"keyring:{name} is not there", next=[f"keyring set {quote(service)} {quote(user)}"])
        return value


def _chmod(file: Path) -> str:
    return f"chmod 600 {quote(str(file))}"


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # a ~ that is nobody's home
        return Path(name)


def _reason(error: OSError | ValueError) -> str:
    """Never with the bytes that it is about."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


def parse_dotenv(text: str) -> dict[str, str]:
    """NAME=value lines, as shells read them: `export`, quotes and # comments are understood."""
    values = {}
    for line in text.split("\n"):
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", line)
        if match:
            values[match.group(1)] = _unquoted(match.group(2))
    return values


def _unquoted(value: str) -> str:
    quoted = re.match(r"""\s*(?:"((?:[^"\\]|\\.)*+)"|'([^']*)')\s*(?:#.*)?$""", value)
    if quoted is None:
        return re.split(r"\s#", value, maxsplit=1)[0].strip()  # a # inside a word is part of it
    if quoted.group(2) is not None:
        return quoted.group(2)
    return re.sub(r'\\([\\"$`])', r"\1", quoted.group(1))
