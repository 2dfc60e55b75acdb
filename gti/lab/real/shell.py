"""Commands on this machine, whose failure tells what they said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from gti.errors import Failed


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> str:
    """Its output. A failure raises Failed with its last words."""
    try:
        ended = subprocess.run(
            list(argv),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        raise Failed(f"{argv[0]} is not installed on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{argv[0]} did not end in {seconds:g} s", details=_last(error.stdout or "")) from error
    if ended.returncode != 0:
        raise Failed(f"{argv[0]} failed (exit {ended.returncode})", details=_last(ended.stdout))
    return ended.stdout


def _last(output: str | bytes, lines: int = 20) -> list[tuple[str, str]]:
    text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
    return [("said", line) for line in text.strip().splitlines()[-lines:]]
