"""The first bytes to a host: a TCP connection to one of its addresses, or a ProxyCommand's streams."""

from __future__ import annotations

import os
import socket
import subprocess
import time

from gti.errors import Misused
from gti.remote.resolve import Addresses

UNACKNOWLEDGED = 15_000  # milliseconds after which a dead network is noticed, where the system can be told


def dial(addresses: Addresses, port: int, until: float) -> socket.socket:
    """Try each address in turn; what is left of the time is shared among those not yet tried."""
    error: OSError = OSError("no such name, and the site gives no address")
    for position, address in enumerate(addresses.candidates):
        left = max(0.1, until - time.monotonic()) / (len(addresses.candidates) - position)
        try:
            connected = socket.create_connection((address, port), timeout=left)
        except OSError as problem:
            error = problem
            continue
        connected.settimeout(None)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
        return connected
    raise error


def through(command: str) -> socket.socket:
    """A ProxyCommand, run by a shell as ssh does it; it ends when its end of the socket is closed.

    paramiko's own waits a tenth of a second for every answer.
    """
    if os.name == "nt":
        raise Misused("a ProxyCommand cannot be used on Windows", next=["use ProxyJump in ~/.ssh/config"])
    ours, theirs = socket.socketpair()
    with theirs:
        shell, end = ["/bin/sh", "-c", f"exec {command}"], theirs.fileno()
        subprocess.Popen(shell, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
    return ours
