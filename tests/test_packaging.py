"""`pip install .` gives a working gti with its runbooks, wherever the checkout is."""

import configparser
import json
import shutil
import subprocess
import venv
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("gti", "runbooks")
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def files_in(folder: Path) -> set[str]:
    """All that people wrote into a package, by its path there."""
    return {
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_setup_cfg_names_every_package() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    packages = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "gti").rglob("__init__.py")}
    assert set(setup["options"]["packages"].split()) == packages | {"gti_runbooks"}


class Workstation:
    """A clean environment into which gti was installed; the libraries come from ours, so nothing is downloaded."""

    def __init__(self, folder: Path, libraries: set[Path]) -> None:
        self.programs = folder / "environment" / "bin"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        venv.create(self.programs.parent, symlinks=True)
        (self.packages / "libraries.pth").write_text("".join(f"{path}\n" for path in libraries))

    @property
    def packages(self) -> Path:
        return next(self.programs.parent.glob("lib/python*/site-packages"))

    def run(self, program: str, *arguments: str | Path) -> str:
        """In a folder that is not the checkout, with an environment that knows nothing of it."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.elsewhere,
            env={"HOME": str(self.elsewhere), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory) -> Workstation:
    setuptools = pytest.importorskip("setuptools", minversion="77", reason="builds gti without downloads")
    folder = tmp_path_factory.mktemp("workstation")
    checkout = _checkout(folder / "checkout")
    station = Workstation(folder, {Path(library.__file__).parents[1] for library in (click, setuptools)})
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    station.run("python", "-m", "pip", "install", *options, checkout)
    shutil.rmtree(checkout)
    return station


def _checkout(folder: Path) -> Path:
    """A copy of what is built: building writes into its sources."""
    folder.mkdir()
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, folder)
    return folder


@pytest.mark.slow
def test_an_installed_gti_works_away_from_the_checkout(workstation: Workstation) -> None:
    version = json.loads(workstation.run("gti", "version", "-o", "json"))
    assert version["gti"] is not None
    assert version["libraries"]["click"] is not None
    site = json.loads(workstation.run("gti", "site", "show", "--site", "gti", "-o", "json"))
    assert Path(site["file"]).is_relative_to(workstation.packages)
    assert "status" in workstation.run("gti", "--help")
    assert "complete" in workstation.run("gti", "completion", "bash")


@pytest.mark.slow
def test_no_file_of_the_source_is_forgotten(workstation: Workstation) -> None:
    assert files_in(workstation.packages / "gti") == files_in(ROOT / "gti")
    assert files_in(workstation.packages / "gti_runbooks") == files_in(ROOT / "runbooks")


@pytest.mark.slow
def test_the_runbooks_can_be_imported(workstation: Workstation) -> None:
    where = workstation.run("python", "-c", "import gti_runbooks; print(gti_runbooks.__file__)")
    assert Path(where.strip()).is_relative_to(workstation.packages)
