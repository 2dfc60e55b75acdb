"""Real sshd processes on loopback, unprivileged, for tests and benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent
# Sessions get an empty home: bash reads ~/.bashrc for sshd, and the developer's own may do anything (pyenv's takes
# a lock, which is left behind when a test kills the session).
CONFIG = """\
AuthorizedKeysFile {folder}/authorized_keys
HostKey {folder}/host_ed25519
KbdInteractiveAuthentication no
MaxSessions 100
MaxStartups 300
PasswordAuthentication no
PermitRootLogin yes
PermitUserRC no
PidFile none
SetEnv HOME={folder} {environment}
StrictModes no
UsePAM no
"""
READY_WITHIN = 10.0


def path() -> str:
    """Of an sshd; tests/get-sshd installs one where there is none."""
    found = subprocess.run(["sh", str(HERE / "get-sshd")], stdout=subprocess.PIPE, text=True, check=True)
    return found.stdout.strip()


def keygen(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(file)], check=True)
    return file


@dataclass
class Sshd:
    """One sshd for the user who runs the tests. `config` lines come first, and so win."""

    folder: Path
    config: tuple[str, ...] = ()
    address: str = "127.0.0.1"
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)  # of its sessions; sshd heeds one SetEnv only
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Sshd:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # root's sshd shuts itself in there
        self.host_key("ed25519")
        if not self.client_key.exists():
            keygen(self.client_key)
        self.authorized_keys.write_text(self.client_key.with_suffix(".pub").read_text())
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def client_key(self) -> Path:
        return self.folder / "id"

    @property
    def authorized_keys(self) -> Path:
        return self.folder / "authorized_keys"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def host_key(self, kind: str) -> Path:
        file = self.folder / f"host_{kind}"
        return file if file.exists() else keygen(file, kind)

    def known_hosts_line(self, *names: str, kind: str = "ed25519") -> str:
        """What known_hosts has to say for these names, in the form [name]:port."""
        public = self.host_key(kind).with_suffix(".pub").read_text().split()
        hosts = ",".join(f"[{name}]:{self.port}" for name in names or (self.address,))
        return f"{hosts} {public[0]} {public[1]}\n"

    def start(self) -> None:
        """On a free port, unless it has had one before. Another process may take it meanwhile: then again."""
        for _ in range(5):
            port = self.port or _free_port(self.address)
            if self._starts_on(port):
                self.port = port
                return
        raise AssertionError(f"sshd does not start: {self.log}")

    def stop(self) -> None:
        """The listener and every session that it has."""
        if self.process is None:
            return
        for pid in (*_descendants(self.process.pid), self.process.pid):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.process = None

    def sessions(self) -> list[int]:
        """The processes that sshd has for its connections, and what runs in them."""
        return _descendants(self.process.pid) if self.process else []

    def _starts_on(self, port: int) -> bool:
        config = self.folder / "sshd_config"
        listen = f"ListenAddress {self.address}:{port}\n"
        environment = " ".join(f"{name}={value}" for name, value in self.environment.items())
        ours = CONFIG.format(folder=self.folder, environment=environment)
        config.write_text("\n".join(self.config) + "\n" + ours + listen)
        command = [path(), "-D", "-f", str(config), "-E", str(self.folder / "log")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection((self.address, port), timeout=1).close()
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False


def site_text(known_hosts: Path, key: Path, hosts: dict[str, str], services: Iterable[str] = ()) -> str:
    """A site file with one site; a host is what stands in its braces."""
    lines = ["[sites.test]", f"known_hosts = '{known_hosts}'", f"key = '{key}'", "[sites.test.hosts]"]
    lines += [f"{alias} = {{ {keys} }}" for alias, keys in hosts.items()]
    return "\n".join([*lines, "[sites.test.services]", *services]) + "\n"


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    """Children and their children, the deepest first."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]

    def below(parent: int) -> list[int]:
        children = [child for child, its_parent in parents if its_parent == parent]
        return [found for child in children for found in (*below(child), child)]

    return below(pid)
