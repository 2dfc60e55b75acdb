"""A workstation to stand at: no site file on it but the built-in one, and nobody's keys."""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings

from gti.site.check import check
from gti.site.find import builtin, locate
from gti.site.finding import Finding, Place, SiteError

settings.register_profile("short", max_examples=25, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)  # pytest --hypothesis-profile=long
settings.load_profile("short")

MARK = "# here"


@dataclass
class Desk:
    """`here` is the folder that gti is run in. What was written last is what is checked."""

    here: Path
    home: Path
    written: list[Path] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.home / ".config" / "gti"

    def write(self, text: str, to: str | Path = "gti.toml") -> Path:
        return self.write_bytes(dedent(text).lstrip("\n").encode(), to)

    def write_bytes(self, content: bytes, to: str | Path = "gti.toml") -> Path:
        file = self.here / to
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.written.append(file)
        return file

    @property
    def mark(self) -> Place:
        """The line of the last file that says "# here"."""
        lines = self.written[-1].read_text(encoding="utf-8").split("\n")
        (line,) = [number for number, line in enumerate(lines, start=1) if MARK in line]
        return Place(self.written[-1], line)

    def findings(self, site: str | None = None) -> list[Finding]:
        """What `gti site check` tells of the last file, or of a site by name."""
        try:
            document, name = locate(site or str(self.written[-1]))
            return check(document, name, builtin())
        except SiteError as error:
            return error.findings

    def errors(self, site: str | None = None) -> list[Finding]:
        return [finding for finding in self.findings(site) if finding.severity == "error"]

    def warnings(self, site: str | None = None) -> list[Finding]:
        return [finding for finding in self.findings(site) if finding.severity == "warning"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    desk = Desk(tmp_path / "work", tmp_path / "home")
    desk.here.mkdir()
    desk.home.mkdir()
    monkeypatch.chdir(desk.here)
    monkeypatch.setenv("HOME", str(desk.home))
    for name in ("XDG_CONFIG_HOME", "GTI_SITE"):
        monkeypatch.delenv(name, raising=False)
    return desk
