"""Everything that a host is asked, in one command; and its answers, taken apart again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gti.doctor.checkup import shortened

# POSIX sh. No question may hold up the others: df waits for ever on a dead NFS server, sudo on a dead name server.
# The clock is read first and last, so that the time of the questions between does not count as delay.
SCRIPT = r"""
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
command -v timeout >/dev/null || timeout() { shift 3; "$@"; }
ask() {
  printf '\n@@ %s\n' "$1"
  shift
  timeout -s KILL 2 "$@" 2>&1
  printf '\n@@ exit %s\n' "$?"
}
[ "$(id -u)" = 0 ] && root= || root='sudo -n'
sshd=$(command -v sshd || echo sshd)  # sshd wants to be called by its whole path

ask clock-first date +%s.%N
ask disk df -P -k
ask inodes df -P -i
ask memory cat /proc/meminfo
ask load cat /proc/loadavg
ask cores nproc
ask failed-units systemctl --failed --no-legend --plain --no-pager
ask user id -un
ask modes stat -L -c '%a %U %n' "$HOME/.ssh" "$HOME/.ssh/authorized_keys"
ask keys cat "$HOME/.ssh/authorized_keys"
ask sshd-files sh -c '
  for file in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf; do
    [ -e "$file" ] && { echo; echo "@file $file"; cat "$file" || echo "@unreadable"; }
  done; true'
ask sshd $root "$sshd" -T
ask sudo sudo -n -l
ask clock-last date +%s.%N
"""

KILLED = 137  # timeout's exit code when it had to kill
MOST_READ = 1024 * 1024  # characters of an answer, and of its lines: no host shall make us labour over more
LONGEST_LINE = 8192

_PART = re.compile(r"@@ ([a-z-]+)")
_EXIT = re.compile(r"@@ exit (\d{1,3})")


@dataclass(frozen=True)
class Answer:
    """`code` is None when the answer was cut off, or never came."""

    lines: tuple[str, ...] = ()
    code: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def complaint(self) -> str:
        """Why it is not whole, in the host's own words where it had any."""
        if self.code is None:
            return "no answer"
        if self.code == KILLED:
            return "no answer in time"
        return shortened(self.lines[0]) if self.lines else f"exit {self.code}"


class Answers:
    """A host's answers by name; one that is not there is an empty one."""

    def __init__(self, output: str) -> None:
        self._by_name = dict(_taken_apart(output[:MOST_READ]))

    def __getitem__(self, name: str) -> Answer:
        return self._by_name.get(name, Answer())

    def __bool__(self) -> bool:
        return bool(self._by_name)


def _taken_apart(output: str) -> Iterator[tuple[str, Answer]]:
    name, lines = "", list[str]()
    for line in output.replace("\r", "").split("\n"):
        if ended := _EXIT.fullmatch(line):
            yield name, Answer(tuple(lines), int(ended.group(1)))
            name = ""
        elif begun := _PART.fullmatch(line):
            name, lines = begun.group(1), []
        elif name and line.strip():
            lines.append(line.strip()[:LONGEST_LINE])
    if name:
        yield name, Answer(tuple(lines))
