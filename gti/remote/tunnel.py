"""A loopback port that leads, through a host's SSH connection, to a port which the workstation cannot reach."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import paramiko

CHUNK = 32 * 1024
OPENING = 5.0  # seconds for the host to reach the port

# By RFC 4254's reasons: sshd's own words do not get past paramiko.
REFUSALS = {1: "its sshd forbids tunnels (AllowTcpForwarding)", 2: "connection refused"}


class Tunnel:
    """Listens on 127.0.0.1 until it is closed; every connection becomes a channel of its own."""

    def __init__(self, transport: Callable[[], paramiko.Transport], to: tuple[str, int]) -> None:
        self._transport = transport
        self._to = to
        self.refusal: str | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, address = self._listener.accept()
            except OSError:
                return
            Thread(target=self._carry, args=(client, address), daemon=True).start()

    def _carry(self, client: socket.socket, address: tuple[str, int]) -> None:
        """Refused over there is closed at once over here: the client sees a server that is not there."""
        with client:
            try:
                channel = self._transport().open_channel("direct-tcpip", self._to, address, timeout=OPENING)
            except paramiko.ChannelException as error:
                self.refusal = REFUSALS.get(error.code, error.text.lower())
                return
            except (paramiko.SSHException, OSError, EOFError) as error:
                self.refusal = str(error)
                return
            self.refusal = None
            with channel:
                back = Thread(target=_pump, args=(channel.recv, client.sendall, client), daemon=True)
                back.start()
                _pump(client.recv, channel.sendall, None)
                with suppress(OSError, EOFError):
                    channel.shutdown_write()
                back.join()


def _pump(read: Callable[[int], bytes], write: Callable[[bytes], object], then_end: socket.socket | None) -> None:
    with suppress(OSError, EOFError):
        while data := read(CHUNK):
            write(data)
    if then_end is not None:
        with suppress(OSError):
            then_end.shutdown(socket.SHUT_RDWR)
