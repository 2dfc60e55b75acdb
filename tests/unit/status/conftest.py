"""A host of the tests: /bin/sh runs status's own script there, with tools that answer as a test wants them to."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gti.site import Host, Service, Site
from gti.site.document import read
from gti.site.find import BUILTIN, builtin
from gti.site.load import load
from gti.status.host import host_worries, questions, unit_names
from gti.status.question import Answers, taken_apart
from gti.status.unit import PROPERTIES, Unit, units
from gti.status.worry import Worry

SITE = load(read(BUILTIN), "gti", builtin())
TOOLS = ("cat", "date", "df", "dmesg", "getent", "grep", "readlink", "systemctl", "tail", "bash")
SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]


@dataclass
class FakeHost:
    """One host of the built-in site. `tool` puts a program of the test's own in the place of the real one."""

    host: Host
    bin: Path
    shell: str
    chosen: tuple[str, ...] = ()

    @property
    def site(self) -> Site:
        return SITE

    @property
    def services(self) -> list[Service]:
        """Those that are looked at."""
        return [one for one in SITE.services_on(self.host) if not self.chosen or one.name in self.chosen]

    def tool(self, name: str, script: str) -> None:
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def says(self, name: str, text: str) -> None:
        """Whatever it is asked."""
        self.tool(name, f"/bin/cat <<'END'\n{text}\nEND")

    def lacks(self, name: str) -> None:
        (self.bin / name).unlink()

    def mounts(self, *lines: str) -> None:
        text = "\n".join(["/dev/sda / ext4 rw,relatime 0 0", *lines])
        self.tool("cat", f"[ \"$1\" = /proc/mounts ] || exit 1\n/bin/cat <<'END'\n{text}\nEND")

    def disks(self, blocks: dict[str, int], inodes: dict[str, int] | None = None) -> None:
        """Percent used of each mount point; a folder below lies on the deepest of them."""
        self.tool("df", DF.format(blocks=_cases(blocks), inodes=_cases(inodes or dict.fromkeys(blocks, 4))))

    def answers(self) -> Answers:
        asked = questions(SITE, self.host, self.services)
        script = asked.command(PROPERTIES, 1).arguments[2:]
        shell = [self.shell, "sh"] if self.shell == "busybox" else [self.shell]
        ran = subprocess.run(
            [str(shutil.which(shell[0])), *shell[1:], "-c", *script],
            env={"PATH": str(self.bin)},
            stdout=subprocess.PIPE,
            timeout=20,
        )
        return taken_apart(ran.stdout)

    def worries(self, during: tuple[float, float] | None = None) -> list[Worry]:
        """`during` is from when to when it was asked, by the workstation's clock."""
        began = time.time()
        told = self.answers()
        asked = questions(SITE, self.host, self.services)
        return host_worries(SITE, self.host, self.services, asked, told, during or (began, time.time()))

    def units(self) -> dict[str, Unit]:
        return units(self.answers(), unit_names(self.services))


DF = """\
what=$3
row() {{ echo "/dev/disk $2 $3 $4 $5% $1"; }}
rows() {{
  case $1 in
  -i) table="{inodes}" ;;
  *) table="{blocks}" ;;
  esac
  echo "$table" | while read -r mount used; do row "$mount" 1000 $((used * 10)) $((1000 - used * 10)) "$used"; done
}}
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
if [ -z "$what" ]; then rows "$2"; exit; fi
best= line=
for mount in $(rows "$2" | while read -r _ _ _ _ _ mount; do echo "$mount"; done); do
  case $what/ in "${{mount%/}}"/*) [ ${{#mount}} -gt ${{#best}} ] && best=$mount ;; esac
done
rows "$2" | while read -r line; do case $line in *" $best") echo "$line" ;; esac; done
"""


def _cases(percents: dict[str, int]) -> str:
    return "\n".join(f"{mount} {percent}" for mount, percent in percents.items())


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], FakeHost]:
    """A healthy one, by its alias."""

    def make(alias: str) -> FakeHost:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in (*TOOLS, "timeout", "sleep", "sh"):
            if (real := shutil.which(name)) is not None:
                (folder / name).symlink_to(real)
        made = FakeHost(next(one for one in SITE.hosts if one.alias == alias), folder, request.param)
        made.mounts()
        made.disks({"/": 23})
        made.says("dmesg", "")
        made.tool("readlink", 'echo "$2"')
        made.tool("systemctl", "exit 1")
        made.tool("bash", "exit 0")
        addresses = "\n".join(f"{one.name}) echo '{one.address} STREAM {one.name}' ;;" for one in SITE.hosts)
        made.tool("getent", f"case $2 in\n{addresses}\n*) exit 2 ;;\nesac")
        return made

    return make
