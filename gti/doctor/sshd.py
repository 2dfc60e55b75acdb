"""The settings by which sshd really goes: from itself, or from its files, read as it reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from gti.doctor.questions import Answer, Answers

MAIN = "/etc/ssh/sshd_config"
DROP_INS = "/etc/ssh/sshd_config.d/"
DEFAULTS = {
    "permitrootlogin": "prohibit-password",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "yes",
    "usepam": "no",
}
_OLD_NAMES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
_UNREADABLE = "@unreadable"
_DEEPEST_INCLUDE = 8

Files = Mapping[str, list[str]]


def settings(answers: Answers) -> dict[str, str]:
    """By lower-case name; what cannot be known is not in it."""
    itself = answers["sshd"]
    if itself.is_whole:
        return _first_values(_pairs(itself.lines))
    files = _files(answers["sshd-files"])
    if MAIN not in files or not answers["sshd-files"].is_whole:
        return {}
    found = _first_values(_effective(files, MAIN))
    return found if _UNREADABLE in found else DEFAULTS | found


def _first_values(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """The first value wins; what comes after a file that we may not read is not known to be the first."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(_OLD_NAMES.get(name, name), value)
        if name == _UNREADABLE:
            break
    return values


def _files(answer: Answer) -> Files:
    files: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in answer.lines:
        if line.startswith("@file "):
            lines = files.setdefault(line.removeprefix("@file "), [])
        else:
            lines.append(line)
    return files


def _effective(files: Files, file: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """A file's settings with those it includes in their place, up to the first that holds for some logins only."""
    for name, value in _pairs(files[file]):
        if name == "match" and value.lower() != "all":
            return
        if name != "include":
            yield name, value
        elif depth < _DEEPEST_INCLUDE:
            for pattern in value.split():
                yield from _included(files, pattern, depth + 1)


def _included(files: Files, pattern: str, depth: int) -> Iterator[tuple[str, str]]:
    whole = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
    if not whole.startswith(DROP_INS):  # nobody asked the host for these
        yield _UNREADABLE, ""
    for file in sorted(files):
        if fnmatchcase(file, whole):
            yield from _effective(files, file, depth)


def _pairs(lines: list[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for line in lines:
        words = line.split("#", 1)[0].replace("=", " ", 1).split(maxsplit=1)
        if words:
            yield words[0].lower(), "".join(words[1:]).strip().strip('"')
