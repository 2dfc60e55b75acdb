"""What the shell offers after Tab: names from the site file, and nothing that needs the network."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from gti.cli.app import App
from gti.errors import GtiError
from gti.site import Site


def sites(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from gti.site.find import known_sites

    try:
        names = known_sites()
    except GtiError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)] or _files(incomplete)


def hosts(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Hosts and components, one after another where a comma separates them."""
    return _listed(
        context, incomplete, lambda site: [*(host.alias for host in site.hosts), *site.components, "all"]
    )


def services(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    def names(site: Site) -> list[str]:
        return [
            *site.components,
            *(host.alias for host in site.hosts),
            *(service.name for service in site.services),
        ]

    return _listed(context, incomplete, names)


def _listed(context: click.Context, incomplete: str, names: Callable[[Site], list[str]]) -> list[CompletionItem]:
    before, comma, last = incomplete.rpartition(",")
    try:
        found = dict.fromkeys(names(context.ensure_object(App).site))
    except GtiError:
        return []
    return [CompletionItem(before + comma + name) for name in found if name.startswith(last)]


def _files(incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]
