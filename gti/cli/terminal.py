"""What a terminal may be shown: text from hosts is never obeyed, only displayed."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL, C1, and the marks that turn the direction of text (so that it reads as another).
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Control characters made visible."""
    return _HARMFUL.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
