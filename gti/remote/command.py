"""A remote command: arguments, quoted here and nowhere else, in a wrapper that leaves nothing behind."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass, field
from functools import cached_property

from gti.errors import Misused

LONGEST = 120_000  # Linux takes 128 KiB for one argument, and the whole line is the one argument of `sh -c`

# Runs the command as a child in the process group that sshd made for it, tells its number on the first line of
# stderr, and keeps a watch beside it: when sshd's process for this connection has gone (the workstation died,
# the network broke) or the deadline has passed, the whole group is ended, first gently. $1 is the line's nonce,
# $2 the seconds (0: no deadline). `exec` in a subshell runs the program even where sh has a builtin of its name.
# POSIX sh only, for every server has one.
_WRAPPER = """\
echo "$1 $$" >&2
nonce=$1 limit=$2 group=$$ sshd=$PPID
shift 2
(
  trap 'kill "$nap"; exit' TERM
  tick=0
  while kill -0 "$sshd"; do
    sleep 1 & nap=$!
    wait "$nap"
    tick=$((tick + 1))
    [ "$tick" = "$limit" ] && break
  done
  trap '' TERM
  kill -TERM "-$group"
  sleep 2
  kill -KILL "-$group"
) </dev/null >/dev/null 2>&1 &
watch=$!
(exec "$@")
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""

# Ends a group from a second channel: gently, then by force. sudo's processes are root's, so sudo has to do it.
_END = """\
kill -TERM "-$1" 2>/dev/null
[ "$2" = sudo ] && sudo -n kill -TERM -- "-$1" 2>/dev/null
for tick in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  pgrep -g "$1" >/dev/null 2>&1 || kill -0 "-$1" 2>/dev/null || exit 0
  sleep 0.1
done
kill -KILL "-$1" 2>/dev/null
[ "$2" = sudo ] && sudo -n kill -KILL -- "-$1" 2>/dev/null
exit 0
"""


@dataclass(frozen=True)
class Command:
    """`arguments` reach the remote program unchanged, whatever is in them (NUL alone cannot be passed)."""

    arguments: tuple[str, ...]
    sudo: bool = False
    nonce: str = field(default_factory=lambda: f"gti-{secrets.token_hex(8)}", compare=False)

    def __post_init__(self) -> None:
        if not self.arguments:
            raise Misused("there is no command to run", next=["gti exec --on all -- uptime"])
        if any("\0" in argument for argument in self.arguments):
            raise Misused("an argument has a NUL character in it, which no command line can carry")

    def __str__(self) -> str:
        return shlex.join(self._whole)

    @property
    def _whole(self) -> tuple[str, ...]:
        return ("sudo", "-n", "--", *self.arguments) if self.sudo else self.arguments

    def line(self, seconds: float | None) -> bytes:
        """What sshd hands to the login shell. The remote deadline is a little later than our own."""
        limit = 0 if seconds is None else int(seconds) + 2
        line = self._line(limit)
        if len(line) > LONGEST:
            raise Misused(
                f"the command is {len(line)} bytes long; a remote command line takes {LONGEST}",
                next=["pass the long part through standard input: gti exec --stdin"],
            )
        return line

    def _line(self, limit: int) -> bytes:
        return _encoded("exec", "/bin/sh", "-c", _WRAPPER, "gti", self.nonce, str(limit), *self._whole)

    def ending(self, group: int) -> bytes:
        return _encoded("exec", "/bin/sh", "-c", _END, "gti", str(group), "sudo" if self.sudo else "")

    @cached_property
    def marker(self) -> bytes:
        """How the line of stderr begins on which the wrapper tells its process group."""
        return f"{self.nonce} ".encode()


def _encoded(*words: str) -> bytes:
    return shlex.join(words).encode("utf-8", "surrogateescape")
