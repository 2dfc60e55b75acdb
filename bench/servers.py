"""Real SSH servers to measure against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.sshd import Sshd, site_text


@contextmanager
def servers(count: int, folder: Path) -> Iterator[list[Sshd]]:
    """So many sshd processes, which all let the first one's client key in."""
    with ExitStack() as running:
        found = [running.enter_context(Sshd(folder / f"server-{number}")) for number in range(count)]
        for sshd in found[1:]:
            sshd.authorized_keys.write_text(found[0].authorized_keys.read_text())
        yield found


def known_hosts(folder: Path, found: Sequence[Sshd]) -> Path:
    file = folder / "known_hosts"
    file.write_text("".join(sshd.known_hosts_line() for sshd in found))
    return file


def site(folder: Path, found: Sequence[Sshd], hosts: int) -> Path:
    """A site of so many hosts, which are the servers again and again."""
    file = folder / f"site-{hosts}.toml"
    at = [found[number % len(found)] for number in range(hosts)]
    tables = {f"h{number}": f'name = "{sshd.address}", port = {sshd.port}' for number, sshd in enumerate(at)}
    file.write_text(site_text(known_hosts(folder, found), found[0].client_key, tables))
    return file
