"""Options that every command has, wherever on the line they are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gti.cli.app import App, duration
from gti.errors import Misused

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_WORDS = (
    (
        "--site",
        "site_named",
        "NAME|FILE",
        "The platform to work on. [env: GTI_SITE; ./gti.toml, config folder, built-in]",
    ),
    ("--no-color", "color", None, "Plain text, as with NO_COLOR."),
    ("--quiet", "quiet", None, "Errors only on stderr."),
    ("--verbose", "verbose", None, "Say on stderr what is being done."),
    ("--debug", "debug", None, "Verbose, with tracebacks and the SSH library's own words."),
)


def global_options(function: Decorated) -> Decorated:
    """For the root: shown in its help, and GTI_SITE counts."""
    return _options(function, hidden=False)


def common_options(function: Decorated) -> Decorated:
    """For every other command: understood there too, but not repeated in each help."""
    return _options(function, hidden=True)


def _options(function: Decorated, hidden: bool) -> Decorated:
    for flag, attribute, takes, help in reversed(_WORDS):
        function = click.option(
            flag,
            metavar=takes,
            is_flag=takes is None,
            default=None if takes else False,
            envvar="GTI_SITE" if flag == "--site" and not hidden else None,
            expose_value=False,
            is_eager=True,
            hidden=hidden,
            help=help,
            callback=_setter(attribute),
            shell_complete=_complete_sites if flag == "--site" else None,
        )(function)
    return function


def _setter(attribute: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(App), attribute, False if attribute == "color" else value)

    return remember


def _complete_sites(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
    from gti.cli.complete import sites

    return sites(context, parameter, incomplete)


def on_option(function: Decorated) -> Decorated:
    return click.option(
        "--on",
        multiple=True,
        metavar="HOST|COMPONENT|all",
        default=("all",),
        show_default="all",
        help="Where; several are separated by commas.",
        shell_complete=_complete_hosts,
    )(function)


def parallel_option(function: Decorated) -> Decorated:
    return click.option(
        "--parallel", type=click.IntRange(1, 256), default=16, show_default=True, help="Hosts at the same time."
    )(function)


def watch_option(function: Decorated) -> Decorated:
    return click.option(
        "--watch",
        is_flag=False,
        flag_value="2s",
        default=None,
        metavar="[EVERY]",
        callback=duration,
        help="Look again and again, by default every 2s.",
    )(function)


def yes_option(function: Decorated) -> Decorated:
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def split_words(words: tuple[str, ...]) -> list[str]:
    """--on kafka,minio --on trino → three words. No word at all may mean everything; an empty one never does."""
    split = [word.strip() for group in words for word in group.split(",")]
    if not all(split):
        raise Misused("an empty name: is a variable of the shell not set?", next=["gti site show"])
    return split


def _complete_hosts(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
    from gti.cli.complete import hosts

    return hosts(context, parameter, incomplete)
