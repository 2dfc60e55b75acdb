"""Commands that are imported when they are called: `gti --help` loads click and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """`commands_in` maps a command to its module and its line in the help.

    Help, completion and suggestions are served by placeholders; only a command that is called is imported.
    """

    def __init__(self, *, commands_in: dict[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(**options)
        for name, (_, line) in commands_in.items():
            self.add_command(click.Command(name, short_help=line))
        self._modules = {name: module for name, (module, _) in commands_in.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - in our order, not the alphabet's
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        if name is None or found is None:
            return name, found, rest
        command: click.Command = import_module(self._modules[name]).command
        return name, command, rest
