"""`gti completion`: the script that makes a shell complete gti's commands, hosts and components."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from gti.cli.options import common_options
from gti.cli.output import write
from gti.cli.powershell import PowerShellComplete


class PlainBashComplete(BashComplete):
    """Without click's check of the shell's version, which runs bash and would differ from machine to machine."""

    @staticmethod
    def _check_version() -> None:
        return


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": PlainBashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
    "powershell": PowerShellComplete,
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@common_options
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash        gti completion bash > ~/.local/share/bash-completion/completions/gti
    zsh         gti completion zsh > "${fpath[1]}/_gti"
    fish        gti completion fish > ~/.config/fish/completions/gti.fish
    powershell  gti completion powershell >> $PROFILE
    """
    write(script(shell))


def script(shell: str) -> str:
    from gti.cli.main import COMPLETION_VARIABLE, gti

    complete = SHELLS[shell](cli=gti, ctx_args={}, prog_name="gti", complete_var=COMPLETION_VARIABLE)
    return complete.source().rstrip("\n") + "\n"
