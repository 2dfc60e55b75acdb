"""Rows and values on stdout: as a table for people, as JSON, YAML or CSV for programs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from gti.cli.app import App, nobody_reads
from gti.cli.terminal import harmless
from gti.errors import Failed, GtiError, Interrupted

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

FORMATS = ("table", "json", "yaml", "csv")
MISSING = "-"
NARROWEST = 8  # characters that a column keeps on a narrow terminal
GAP = 2  # between columns

# Words that mean the same everywhere have the same colour everywhere.
COLORS = {
    "ok": "green", "active": "green",
    "degraded": "yellow", "warning": "yellow", "unknown": "yellow", "activating": "yellow",
    "unhealthy": "red", "unreachable": "red", "error": "red", "failed": "red", "inactive": "red",
}  # fmt: skip


class ReaderLeft(Interrupted):
    """`gti … | head`: nothing to complain of, and nothing more to do."""

    def __init__(self) -> None:
        super().__init__("")


def output_option(function: Decorated) -> Decorated:
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print it.",
    )(function)


@dataclass(frozen=True)
class Column:
    """A heading and the key of the row under it. `colored` cells begin with one of the words of COLORS."""

    heading: str
    key: str
    colored: bool = False


def show(
    app: App,
    form: str,
    rows: Sequence[dict[str, Any]],
    columns: Sequence[Column],
    whole: object = None,
) -> None:
    """Print rows. `whole` is what JSON and YAML print instead, when the rows are but a view of it."""
    if form == "json":
        write(as_json(app, rows if whole is None else whole))
    elif form == "yaml":
        write(as_yaml(app, rows if whole is None else whole))
    elif form == "csv":
        write(as_csv(app, rows))
    else:
        write(as_table(app, rows, columns))


def write(text: str) -> None:
    """To stdout, whoever reads it; when nobody does any more, the run is over."""
    try:
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
        sys.stdout.flush()
    except OSError as error:
        raise unwritable(sys.stdout, error) from None


def unwritable(stream: TextIO, error: OSError) -> GtiError:
    """Why a stream takes no more: its reader has seen enough, or the disk is full."""
    nobody_reads(stream)
    if isinstance(error, BrokenPipeError):
        return ReaderLeft()
    return Failed(f"the output cannot be written: {str(error.strerror).lower()}")


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def plain(value: object) -> object:
    """Dates, paths and tuples as JSON knows them."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def as_json(app: App, value: object, compact: bool = False) -> str:
    """Compact is one document to a line, as programs like to read a stream of them."""
    return json.dumps(_masked(app, plain(value)), ensure_ascii=False, indent=None if compact else 2) + "\n"


def as_yaml(app: App, value: object) -> str:
    import yaml

    text: str = yaml.safe_dump(_masked(app, plain(value)), allow_unicode=True, sort_keys=False, width=10_000)
    return text


def as_csv(app: App, rows: Sequence[dict[str, Any]]) -> str:
    import csv
    import io

    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([{key: _cell(app, row[key]) for key in rows[0]} for row in rows])
    return text.getvalue()


def as_table(app: App, rows: Sequence[dict[str, Any]], columns: Sequence[Column]) -> str:
    """Columns; on a terminal too narrow for them, a line for each value."""
    if not rows:
        return ""
    cells = [[harmless(_cell(app, row[column.key])) or MISSING for column in columns] for row in rows]
    headings = [column.heading for column in columns]
    # Colour goes in after the widths are known to fit; its characters take no room.
    widths = _fitting([headings, *cells])
    colored = [[_colored(app, column, cell) for column, cell in zip(columns, row, strict=True)] for row in cells]
    if widths is not None:
        return _aligned([headings, *colored], widths)
    value = max(NARROWEST, _terminal_width() - GAP - max(map(len, headings)))
    blocks = [_aligned(list(zip(headings, row, strict=True)), [None, value]) for row in colored]
    return "\n".join(blocks)


def _aligned(table: Sequence[Sequence[str]], widths: list[int | None]) -> str:
    """Headings are rows like any other: tabulate would give them more room than they need."""
    from tabulate import tabulate

    text = tabulate(table, tablefmt="plain", disable_numparse=True, missingval=MISSING, maxcolwidths=widths)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _fitting(table: list[list[str]]) -> list[int | None] | None:
    """Column widths that fit the terminal, taken from the widest; None where nothing fits.

    A pipe is as wide as it needs to be.
    """
    from wcwidth import wcswidth

    columns = list(zip(*table, strict=True))
    widths = [max(max(wcswidth(line) for line in cell.split("\n")) for cell in column) for column in columns]
    if not sys.stdout.isatty():
        return [None] * len(widths)
    room = _terminal_width() - GAP * (len(widths) - 1)
    least = [
        min(width, max(NARROWEST, *map(len, column[0].split())))
        for width, column in zip(widths, columns, strict=True)
    ]
    if sum(least) > room:
        return None
    fitted = [min(width, room) for width in widths]
    while sum(fitted) > room:
        _, widest = max((width, at) for at, width in enumerate(fitted) if width > least[at])
        fitted[widest] -= 1
    return [narrow if narrow < width else None for narrow, width in zip(fitted, widths, strict=True)]


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns


def _colored(app: App, column: Column, cell: str) -> str:
    word = cell.split(" ", 1)[0].rstrip(",")
    if not column.colored or word not in COLORS:
        return cell
    return app.styled(word, COLORS[word], sys.stdout) + cell[len(word) :]


def _cell(app: App, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(app, item) for item in value)
    return app.masked(str(plain(value)))


def _masked(app: App, value: object) -> object:
    return app.masker.mask_all(value)
