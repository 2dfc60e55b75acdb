"""Who we are: key files, the agent, and passphrases asked for once, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

import paramiko
from paramiko.auth_strategy import AuthSource, AuthStrategy, InMemoryPrivateKey

DEFAULT_FILES = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")

AGENT_PATIENCE = 2.0  # seconds; it answers from memory

LOCKED = "locked"

AskPassphrase = Callable[[Path], str | None]


class Keyring:
    """Key files, each read and unlocked once per run, whatever the number of hosts."""

    def __init__(self, ask: AskPassphrase | None) -> None:
        self._ask = ask
        self._loaded: dict[Path, paramiko.PKey | str] = {}
        self._lock = Lock()

    def look(self, file: Path, unlock: bool) -> paramiko.PKey | str:
        """The key, or why it cannot be used: not there, no key, or LOCKED while `unlock` is false."""
        with self._lock:
            known = self._loaded.get(file)
            if known is None or (known == LOCKED and unlock):
                known = self._loaded[file] = self._read(file, unlock)
            return known

    def key(self, file: Path, unlock: bool) -> paramiko.PKey | None:
        known = self.look(file, unlock)
        return known if isinstance(known, paramiko.PKey) else None

    def why_not(self, file: Path) -> str | None:
        """Why a key file could not be used."""
        known = self._loaded.get(file)
        return known if isinstance(known, str) else None

    def _read(self, file: Path, unlock: bool) -> paramiko.PKey | str:
        try:
            return paramiko.PKey.from_path(str(file))
        except FileNotFoundError:
            return "not there"
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        except TypeError:  # cryptography's way to say that it is encrypted
            return self._unlocked(file) if unlock else LOCKED
        except (ValueError, paramiko.SSHException):
            return "not a private key"

    def _unlocked(self, file: Path) -> paramiko.PKey | str:
        for _ in range(3):
            passphrase = self._ask(file) if self._ask else None
            if passphrase is None:
                return "has a passphrase, and there is no terminal to ask for it"
            try:
                # The annotation says str; what the library below takes is bytes.
                return paramiko.PKey.from_path(str(file), passphrase.encode())  # type: ignore[arg-type]
            except (ValueError, paramiko.SSHException):
                continue
        return "the passphrase was wrong three times"


class Identities(AuthStrategy):
    """The order of trying: the host's own keys, the agent's, the usual ones; locked ones last."""

    def __init__(self, user: str, files: list[Path], others_too: bool, keyring: Keyring) -> None:
        super().__init__(ssh_config=paramiko.SSHConfig())
        self._user = user
        self._others_too = others_too
        self._keyring = keyring
        self._own = files
        self._locked: list[Path] = []  # when first looked at: another thread may unlock them meanwhile
        self.tried: list[str] = []

    def get_sources(self) -> Iterator[AuthSource]:
        usual = [Path(name).expanduser() for name in DEFAULT_FILES] if self._others_too else []
        yield from self._from_files(self._own, unlock=False)
        if self._others_too or not self._own:
            yield from self._from_agent()
        yield from self._from_files([file for file in usual if file not in self._own], unlock=False)
        yield from self._from_files(self._locked, unlock=True)

    def _from_files(self, files: list[Path], unlock: bool) -> Iterator[AuthSource]:
        for file in files:
            found = self._keyring.look(file, unlock)
            if isinstance(found, paramiko.PKey):
                self.tried.append(str(file))
                yield InMemoryPrivateKey(self._user, found)
            elif found == LOCKED:
                self._locked.append(file)
            elif file in self._own or unlock:
                self.tried.append(f"{file} ({found})")

    def _from_agent(self) -> Iterator[AuthSource]:
        try:
            keys = agent_keys()
        except (paramiko.SSHException, OSError) as error:
            self.tried.append(f"the agent ({error})")
            return
        for key in keys:
            self.tried.append(f"the agent's {key.get_name()} {key.fingerprint}")
            yield InMemoryPrivateKey(self._user, key)


def agent_keys() -> tuple[Any, ...]:
    """The agent's keys; one connection to it for each of ours, for it is not made for several threads.

    An agent whose far end has died (a forwarded one) never answers: it is left behind in its thread.
    """
    answer: SimpleQueue[tuple[Any, ...] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(tuple(paramiko.Agent().get_keys()))
        except (paramiko.SSHException, OSError) as error:
            answer.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        keys = answer.get(timeout=AGENT_PATIENCE)
    except Empty:
        raise TimeoutError("no answer in time") from None
    if isinstance(keys, Exception):
        raise keys
    return keys
