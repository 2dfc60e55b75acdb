import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gti.remote.remote import Remote
from gti.site import Host, Site
from gti.site.find import find
from tests.sshd import Sshd, site_text


@pytest.fixture
def site(site_file: Path) -> Site:
    return find(str(site_file))


@pytest.fixture
def host(site: Site) -> Host:
    return site.hosts[0]


@pytest.fixture
def remote(site: Site, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """Connections of an operator with an empty home and no agent."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with Remote(site) as connected:
        yield connected


@pytest.fixture
def site_of(tmp_path: Path) -> Callable[..., Site]:
    """A site with one host, `box`, made of what a test wants it to be."""

    def make(sshd: Sshd, known_hosts: str | None = None, keys: str = "", key: Path | None = None) -> Site:
        known = tmp_path / "known"
        known.write_text(sshd.known_hosts_line("127.0.0.1") if known_hosts is None else known_hosts)
        file = tmp_path / "box.toml"
        keys = keys or f'name = "127.0.0.1", port = {sshd.port}'
        file.write_text(site_text(known, key or sshd.client_key, {"box": keys}))
        return find(str(file))

    return make


@pytest.fixture
def door() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A listener whose every visitor is given to a function."""
    listeners: list[socket.socket] = []

    def open_door(receive: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    visitor, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=receive, args=(visitor,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield open_door
    for listener in listeners:
        listener.close()
