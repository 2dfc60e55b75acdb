"""One TOML file: its data, and the line on which each key stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gti.site.finding import Finding, Place, SiteError

KeyPath = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_KEY})\s*=")
_LINE_OF_ERROR = re.compile(r"\(at line (\d+), column \d+\)")
LARGEST = 4 * 1024 * 1024


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
        line = _LINE_OF_ERROR.search(str(error))
        what = _LINE_OF_ERROR.sub("", str(error)).strip()
        number = int(line.group(1)) if line else text.count("\n") + 1
        raise _refused(file, number, f"is not valid TOML: {what}", "correct that line") from None
    return Document(file, data, _lines(text))


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _refused(file, 0, f"cannot be read ({error.strerror})", "check the path and its rights") from None
    if len(content) > LARGEST:
        raise _refused(file, 0, f"has {len(content)} bytes", "is this really a site file?")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")  # editors on Windows write a BOM and CRLF
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(file, line, "is not UTF-8", "save the file as UTF-8") from None


def _refused(file: Path, line: int, what: str, mend: str) -> SiteError:
    return SiteError([Finding("error", Place(file, line), what, mend)])


def _lines(text: str) -> dict[KeyPath, int]:
    """tomllib keeps no positions, so the text is read once more, for the keys at the starts of lines."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    inside: str | None = None  # the delimiter of a multi-line string that we are in
    for number, line in enumerate(text.split("\n"), start=1):
        if inside is None:
            if header := _HEADER.match(line):
                table = _parts(header.group(1))
                lines.setdefault(table, number)
            elif key := _ASSIGNMENT.match(line):
                path = table + _parts(key.group(1))
                for depth in range(len(table) + 1, len(path) + 1):
                    lines.setdefault(path[:depth], number)
        inside = _multiline_after(line, inside)
    return lines


def _multiline_after(line: str, inside: str | None) -> str | None:
    for delimiter in re.findall(r'"""|\'\'\'', line):
        if inside is None:
            inside = delimiter
        elif inside == delimiter:
            inside = None
    return inside


def _parts(key: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
