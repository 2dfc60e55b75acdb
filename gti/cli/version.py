"""`gti version`."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from gti.cli.app import App, pass_app
from gti.cli.options import common_options
from gti.cli.output import Column, output_option, show

LIBRARIES = (
    "click", "fabric", "paramiko", "cryptography", "kafka-python", "mariadb", "minio", "PyYAML",
    "questionary", "tabulate", "trino", "keyring",
)  # fmt: skip


@click.command("version")
@output_option
@common_options
@pass_app
def command(app: App, form: str) -> None:
    """The versions of gti and of the libraries it uses."""
    versions = {"gti": installed("gti"), "python": platform.python_version(), "platform": platform.platform()}
    libraries = {name: installed(name) for name in LIBRARIES}
    rows = [{"name": name, "version": version} for name, version in (versions | libraries).items()]
    show(
        app,
        form,
        rows,
        [Column("NAME", "name"), Column("VERSION", "version")],
        whole=versions | {"libraries": libraries},
    )


def installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
