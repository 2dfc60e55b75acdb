"""Everything that status asks a host, in one command; and its answers, taken apart again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gti.remote.command import Command

# POSIX sh, for an unprivileged user, on hosts where any of these tools may be lacking. The questions are asked
# side by side, and each is ended in time: df waits for ever on a dead NFS server, getent on a dead name server.
# Every line of an answer carries the name of its question, and is written at once: they come in any mixture.
# $1 is the seconds for each question; the other arguments are kind:what, counted from 0.
SCRIPT = r"""
export LC_ALL=C TZ=UTC PATH="$PATH:/usr/bin:/bin:/usr/sbin:/sbin"
exec </dev/null 2>/dev/null
command -v timeout >/dev/null || timeout() { shift 3; "$@"; }
ask() {
  name=$1
  shift
  { timeout -s KILL "$limit" "$@" 2>&1; printf '\n@exit %s\n' "$?"; } |
    while IFS= read -r line || [ -n "$line" ]; do printf '%s %s\n' "$name" "$line"; done &
}
limit=$1 units= number=0
shift
ask clock date +%s
ask mounts cat /proc/mounts
ask disks df -P -k
ask inodes df -P -i
ask kernel sh -c 'dmesg | grep -a oom-kill: | tail -n 20'
for item; do
  what=${item#*:}
  case $item in
  unit:*) units=yes ;;
  folder:*)
    ask "real:$number" readlink -f "$what"
    ask "disk:$number" df -P -k "$what"
    ask "inode:$number" df -P -i "$what" ;;
  name:*)
    command -v getent >/dev/null &&
      ask "name:$number" sh -c 'getent ahosts "$1" || getent hosts "$1"' sh "$what" ;;
  door:*)
    # Only bash can connect without a tool of its own.
    command -v bash >/dev/null && ask "door:$number" bash -c ': <>"/dev/tcp/${1%:*}/${1##*:}"' bash "$what" ;;
  esac
  number=$((number + 1))
done
if [ "$units" ]; then
  for item; do
    shift
    case $item in unit:*) set -- "$@" "${item#unit:}" ;; esac
  done
  for unit; do
    ask "oom:$unit" sh -c 'cat "/sys/fs/cgroup/system.slice/$1/memory.events" ||
      cat "/sys/fs/cgroup/memory/system.slice/$1/memory.oom_control"' sh "$unit"
  done
  ask units systemctl show "--property=@PROPERTIES@" -- "$@"
  for unit; do
    shift
    set -- "$@" "${unit%.*}@*.${unit##*.}"
  done
  ask instances systemctl show "--property=@PROPERTIES@" -- "$@"
fi
wait
"""

KILLED = 137  # timeout's exit code when it had to kill
MOST_READ = 512 * 1024  # bytes of an answer: no host shall make us labour over more
LONGEST_LINE = 4096

_LINE = re.compile(r"([a-z]+(?::\S+)?) (.*)")
_EXIT = re.compile(r"@exit (\d{1,3})")


@dataclass(frozen=True)
class Questions:
    """What to ask one host: its units, the folders of data on it, and the names and doors of what it needs."""

    units: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()

    @property
    def items(self) -> list[str]:
        kinds = (("unit", self.units), ("folder", self.folders), ("name", self.names), ("door", self.doors))
        return [f"{kind}:{what}" for kind, whats in kinds for what in whats]

    def command(self, properties: Sequence[str], seconds: int) -> Command:
        script = SCRIPT.replace("@PROPERTIES@", ",".join(properties))
        return Command(("sh", "-c", script, "gti", str(seconds), *self.items))

    def key(self, question: str, kind: str, what: str) -> str:
        """Under which name the host answers what it was asked about one of the items."""
        return f"{question}:{self.items.index(f'{kind}:{what}')}"


@dataclass(frozen=True)
class Told:
    """`code` is None when the answer was cut off, or never came."""

    lines: tuple[str, ...] = ()
    code: int | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def hangs(self) -> bool:
        return self.code == KILLED

    @property
    def words(self) -> str:
        """The last line that says anything: where a tool complains."""
        return next((line.strip() for line in reversed(self.lines) if line.strip()), "")


@dataclass(frozen=True)
class Answers:
    """A host's answers by name; one that is not there is an empty one."""

    by_name: Mapping[str, Told] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Told:
        return self.by_name.get(name, Told())


def taken_apart(output: bytes) -> Answers:
    lines: dict[str, list[str]] = defaultdict(list)
    codes: dict[str, int] = {}
    for raw in output[:MOST_READ].decode("utf-8", "replace").split("\n"):
        if not (line := _LINE.fullmatch(raw[:LONGEST_LINE])):
            continue
        name, said = line.groups()
        if ended := _EXIT.fullmatch(said):
            codes[name] = int(ended.group(1))
        elif name not in codes:
            lines[name].append(said)
    return Answers({name: Told(tuple(lines[name]), codes.get(name)) for name in {*lines, *codes}})
