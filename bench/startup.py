"""`gti --help` and completion beside a bare click program with as many commands: python -m bench.startup"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import ROOT, Peer, Promise, conclude, medians
from gti.cli.main import gti

ROUNDS = 20
LIMIT = 1.3

BARE = '''\
import click


@click.group()
def bare():
    """As many commands as gti, and nothing behind them."""


def main():
    bare(prog_name="bare")
'''

COMMAND = """

@bare.command({name!r}, short_help={help!r})
def command_{number}():
    pass
"""


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        commands = [
            COMMAND.format(name=name, help=command.get_short_help_str(), number=number)
            for number, (name, command) in enumerate(gti.commands.items())
        ]
        (folder / "bare.py").write_text(BARE + "".join(commands))
        conclude([_help(folder), _completion(folder)])


def _help(folder: Path) -> Promise:
    return _side_by_side("--help", folder, ["--help"], {})


def _completion(folder: Path) -> Promise:
    words = {"COMP_WORDS": "gti st", "COMP_CWORD": "1"}
    asked = {"_GTI_COMPLETE": "bash_complete", "_BARE_COMPLETE": "bash_complete"}
    return _side_by_side("completion of `gti st`", folder, [], words | asked)


def _side_by_side(what: str, folder: Path, arguments: list[str], environment: dict[str, str]) -> Promise:
    """Each as pip's console scripts start it: one line that imports, one that calls."""
    environment = environment | {"PYTHONPATH": f"{folder}:{ROOT}"}
    peers = []
    for name, module in (("gti", "gti.cli"), ("bare", "bare")):
        script = folder / f"run-{name}"
        script.write_text(f"from {module} import main\nmain()\n")
        peers.append(Peer(name, [sys.executable, script, *arguments], environment))
    return Promise(what, *medians(peers, ROUNDS), LIMIT)


if __name__ == "__main__":
    main()
