"""Where to connect for an endpoint, after names and tunnels have been dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reach:
    """Connect to `address`:`port`; `name` is what certificates, Host headers and messages say."""

    name: str
    service_port: int
    address: str
    port: int
    tls: bool = False
    ca: Path | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.service_port}"
