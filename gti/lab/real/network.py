"""The lab's own network: a bridge in a range that is routed nowhere."""

from __future__ import annotations

from pathlib import Path

from gti.lab.real.hosts import BRIDGE, NETWORK
from gti.lab.real.shell import run

GATEWAY = f"{NETWORK}.1"


def has_bridge() -> bool:
    return Path("/sys/class/net", BRIDGE).exists()


def make_bridge() -> None:
    if not has_bridge():
        run(["ip", "link", "add", BRIDGE, "type", "bridge"])
    run(["ip", "address", "replace", f"{GATEWAY}/24", "dev", BRIDGE])
    run(["ip", "link", "set", BRIDGE, "up"])
    # Where a firewall filters bridged packets too (Docker's), the lab's own would be dropped.
    filtering = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    rules = Path("/sys/class/net", BRIDGE, "bridge", "nf_call_iptables")
    if filtering.exists() and rules.exists():
        rules.write_text("0")


def remove_bridge() -> None:
    if has_bridge():
        run(["ip", "link", "delete", BRIDGE])
