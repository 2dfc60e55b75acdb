"""Which site is meant: --site, GTI_SITE, ./gti.toml, the XDG config folder, the built-in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from gti.errors import Misused
from gti.site.document import Document, read
from gti.site.load import default_name, load, site_names
from gti.site.model import Site, did_you_mean

BUILTIN = Path(__file__).with_name("builtin.toml")
FILE = "gti.toml"


def find(named: str | None) -> Site:
    """`named` is a site's name or a file; None takes the first file that exists."""
    document, name = locate(named)
    return load(document, name, builtin())


def locate(named: str | None) -> tuple[Document, str]:
    if named is None:
        document = read(next(main_files()))
        return document, default_name(document)
    if is_file(named):
        document = read(_expanded(named))
        return document, default_name(document)
    for file in files():
        document = read(file)
        if named in site_names(document):
            return document, named
    raise Misused(
        f"no site is called '{named}'" + did_you_mean(named, known_sites()),
        details=[("looked in", "\n".join(str(file) for file in files()))],
        next=["gti site show", "gti site init"],
    )


def is_file(named: str) -> bool:
    return named.endswith(".toml") or os.sep in named or "/" in named


def main_files() -> Iterator[Path]:
    """Those that count when no site is named, the nearest first; the built-in one is always the last."""
    yield from filter(_is_there, (Path(FILE), config_folder() / FILE))
    yield BUILTIN


def files() -> Iterator[Path]:
    """Every site file that a name is looked for in. The others in the config folder are only for names:
    a lab or a second site that lies there must not become the one that is meant."""
    *mine, built_in = main_files()
    folder = config_folder()
    yield from mine
    yield from sorted(file for file in folder.glob("*.toml") if file != folder / FILE)
    yield built_in


def config_folder() -> Path:
    """$XDG_CONFIG_HOME/gti, by default ~/.config/gti; on Windows %APPDATA%\\gti."""
    base = os.environ.get("XDG_CONFIG_HOME") or (os.environ.get("APPDATA") if os.name == "nt" else None)
    return _expanded(base or "~/.config") / "gti"


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # a folder that may not be looked into: reading the file will say so
        return True


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # a ~ that is nobody's home
        return Path(path)


def known_sites() -> list[str]:
    return list(dict.fromkeys(name for file in files() for name in site_names(read(file))))


def platform() -> Site:
    """The built-in site, whatever the operator's files say."""
    return load(builtin(), default_name(builtin()), builtin())


@cache
def builtin() -> Document:
    return read(BUILTIN)
