"""What comes from a host is displayed, never obeyed."""

import pytest

from gti.cli.terminal import harmless


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),  # would clear the screen
        ("\x9b31m", "\\x9b31m"),  # the same escape in one character
        ("\x1b]0;root@kafka\x07", "\\x1b]0;root@kafka\\x07"),  # would rename the window
        ("12%\r34%", "12%\\x0d34%"),  # would overwrite the line
        ("rm\x08\x08ls", "rm\\x08\\x08ls"),
        ("\x00", "\\x00"),
        ("\x7f", "\\x7f"),
        ("\u202egnp.exe", "\\u202egnp.exe"),  # would read backwards
        ("\u2066x\u2069", "\\u2066x\\u2069"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(said: str, shown: str) -> None:
    assert harmless(said) == shown


@pytest.mark.parametrize("text", ["", "two\nlines", "a\ttab", "ação", "版本一", "🐘", "→ é"])
def test_text_in_any_language_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text
