"""One TOML file: its data, and the line on which each key stands."""

from __future__ import annotations

import codecs
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gti.site.finding import Finding, Place, SiteError

KeyPath = tuple[str, ...]

_STRING = r""""(?:[^"\\]|\\.)*+"|'[^']*+'"""
_MULTILINE = r"""\"{3}(?:[^"\\]|\\.|"(?!""))*+"{3,5}|'{3}(?:[^']|'(?!''))*+'{3,5}"""
_PART = rf"(?:[A-Za-z0-9_-]+|{_STRING})"
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_KEY})\s*=")
_TOKEN = re.compile(rf"{_MULTILINE}|#[^\n]*|{_STRING}", re.DOTALL)
_LINE_OF_ERROR = re.compile(r"\(at line (\d+), column \d+\)")
_ENDLESS_NUMBER = re.compile(r"\d[\d_]{4299}")
LARGEST = 4 * 1024 * 1024
DEEPEST = 6  # sites.NAME.services.NAME.key has five parts


@dataclass(frozen=True)
class Document:
    file: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def place(self, path: KeyPath) -> Place:
        """The line of a key, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 0))

    def has(self, path: KeyPath) -> bool:
        node: Any = self.data
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True


def read(file: Path) -> Document:
    """Parse a site file. Whatever is in it, the only exception is a SiteError with file and line."""
    text = _text(file)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise _refused(file, 0, "is nested too deeply", "a site file needs no such depth") from None
    except ValueError as error:  # TOMLDecodeError, and int() on a number of thousands of digits
        line, what = _mistake(text, error)
        raise _refused(file, line, f"is not valid TOML: {what}", "correct that line") from None
    return Document(file, data, _lines(text))


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _refused(file, 0, f"cannot be read ({error.strerror})", "check the path and its rights") from None
    content = content.removeprefix(codecs.BOM_UTF8)  # editors on Windows write it, and CRLF
    if len(content) > LARGEST:
        raise _refused(file, 0, f"has {len(content)} bytes", "is this really a site file?")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(file, line, "is not UTF-8", "save the file as UTF-8") from None


def _mistake(text: str, error: ValueError) -> tuple[int, str]:
    """On which line, and what; a mistake "at end of document" is on its last line."""
    if line := _LINE_OF_ERROR.search(str(error)):
        return int(line.group(1)), _LINE_OF_ERROR.sub("", str(error)).strip()
    if not isinstance(error, tomllib.TOMLDecodeError) and (number := _ENDLESS_NUMBER.search(text)):
        return text.count("\n", 0, number.start()) + 1, "a number of thousands of digits"
    return text.rstrip("\n").count("\n") + 1, str(error)


def _refused(file: Path, line: int, what: str, mend: str) -> SiteError:
    return SiteError([Finding("error", Place(file, line), what, mend)])


def _lines(text: str) -> dict[KeyPath, int]:
    """tomllib keeps no positions, so the text is read once more, for the keys at the starts of lines."""
    said: dict[KeyPath, int] = {}
    implied: dict[KeyPath, int] = {}  # [a.b] says a.b and implies a
    table: KeyPath = ()
    depth = 0  # of the brackets that are open: a line inside a list is neither header nor assignment
    for number, line in enumerate(_TOKEN.sub(_emptied, text).split("\n"), start=1):
        path: KeyPath = ()
        if depth == 0 and (header := _HEADER.match(line)):
            path = table = _parts(header.group(1))
        elif depth == 0 and (key := _ASSIGNMENT.match(line)):
            path = (table + _parts(key.group(1)))[:DEEPEST]
        if path:
            said.setdefault(path, number)
        for length in range(1, len(path)):
            implied.setdefault(path[:length], number)
        brackets = re.sub(_STRING, "", line)
        depth += sum(map(brackets.count, "[{")) - sum(map(brackets.count, "]}"))
    return implied | said


def _emptied(token: re.Match[str]) -> str:
    """Comments and multi-line strings may contain what looks like a key; their line breaks are kept."""
    text = token.group()
    if text.startswith("#"):
        return ""
    return '""' + "\n" * text.count("\n") if text.startswith(('"""', "'''")) else text


def _parts(key: str) -> KeyPath:
    parts = re.findall(_PART, key)[:DEEPEST]
    return tuple(tomllib.loads(f"part = {part}")["part"] if part[0] in "\"'" else part for part in parts)
