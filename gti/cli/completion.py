"""`gti completion`: the script that makes a shell complete gti's commands, hosts and components."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from gti.cli.options import common_options
from gti.cli.output import write


class PowerShellComplete(ShellComplete):
    """click knows the Unix shells only. PowerShell passes the line and the word in two variables, as bash does."""

    name = "powershell"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_WORD = $wordToComplete
    try {
        & %(prog_name)s | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if ($type -eq "plain") {
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_WORD -ErrorAction SilentlyContinue
    }
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        incomplete = os.environ.get("COMP_WORD", "")
        words = split_arg_string(os.environ.get("COMP_WORDS", ""))[1:]
        if incomplete and words and words[-1] == incomplete:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type}\t{item.value}\t{item.help or ''}"


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
for _name, _class in SHELLS.items():
    add_completion_class(_class, _name)


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
