"""The edge: the only place that knows click, questionary and tabulate."""

from gti.cli.main import main

__all__ = ["main"]
