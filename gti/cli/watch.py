"""--watch: the same again, on a cleared screen, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from gti.cli.output import write

CLEAR = "\x1b[H\x1b[2J"


def watching(every: float | None, form: str) -> Iterator[None]:
    """Once without `every`; with it for ever, each turn beginning that many seconds after the last began."""
    while True:
        began = time.monotonic()
        if every is not None and form == "table":
            write(CLEAR if sys.stdout.isatty() else f"--- {time.strftime('%H:%M:%S')}\n")
        yield
        if every is None:
            return
        time.sleep(max(0.0, began + every - time.monotonic()))
