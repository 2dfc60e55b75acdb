"""Hosts that are cut off, slow, lossy, misled, out of time, or not themselves."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, Scene, shell
from gti.lab.real.shell import run


def cut_off(scene: Scene) -> None:
    run(["ip", "link", "set", scene.container.veth, "down"])


def plug_in(scene: Scene) -> None:
    run(["ip", "link", "set", scene.container.veth, "up"])


def slow_down(scene: Scene) -> None:
    """A queue that lets 4 kbit a second through: every packet waits for those before it."""
    limits = ["rate", "4kbit", "burst", "1540", "latency", "30s"]
    run(["tc", "qdisc", "replace", "dev", scene.container.veth, "root", "tbf", *limits])


def speed_up(scene: Scene) -> None:
    if "tbf" in run(["tc", "qdisc", "show", "dev", scene.container.veth]):
        run(["tc", "qdisc", "delete", "dev", scene.container.veth, "root"])


FILTER = """
nft delete table inet gti_fault 2>/dev/null || true
nft -f - <<RULES
table inet gti_fault {{
  chain incoming {{ type filter hook input priority 0; iif != lo {rule} drop; }}
}}
RULES
"""
UNFILTER = "nft delete table inet gti_fault 2>/dev/null || true"


def block_port(scene: Scene) -> None:
    scene.sh(FILTER.format(rule=f"tcp dport {{ {', '.join(map(str, scene.service.ports))} }}"))


# Programs that start from now on live ten minutes ahead: the kernel's own clock is this machine's.
CLOCK = """
printf '+600s\\n' > /etc/faketimerc
library=$(echo /usr/lib/*/faketime/libfaketime.so.1)
printf '%s\\n' "$library" > /etc/ld.so.preload
systemctl restart ssh {units}
"""
TRUE_CLOCK = """
rm -f /etc/ld.so.preload /etc/faketimerc
systemctl restart ssh {units}
"""

FAULTS = (
    Fault(
        "port-blocked",
        "minio",
        "the unit runs and its host answers, but its port does not: a firewall drops what comes",
        block_port,
        shell(UNFILTER),
        on="services",
    ),
    Fault(
        "host-cut-off",
        "kafka",
        "the host answers nothing, and neither do its services",
        cut_off,
        plug_in,
        on="hosts",
    ),
    Fault(
        "packets-delayed",
        "superset",
        "the host answers too late for anybody who waits",
        slow_down,
        speed_up,
        on="hosts",
    ),
    Fault(
        "packets-lost",
        "gitea",
        "nine of ten packets to the host are lost: nothing answers in time",
        shell(FILTER.format(rule="numgen random mod 100 < 90")),
        shell(UNFILTER),
        on="hosts",
    ),
    Fault(
        "dns-wrong",
        "trino",
        "the host resolves the name of a host that it needs to a wrong address",
        shell(
            """
            test -e "$KEEP/hosts" || cp /etc/hosts "$KEEP/hosts"
            sed 's/^[0-9.]* db-hive/198.18.0.250 db-hive/' "$KEEP/hosts" > /etc/hosts
            """
        ),
        shell('test ! -e "$KEEP/hosts" || cat "$KEEP/hosts" > /etc/hosts'),
    ),
    Fault(
        "clock-off",
        "spark-master",
        "the clock of the host is ten minutes ahead",
        shell(CLOCK.format(units="spark-master spark-worker")),
        shell(TRUE_CLOCK.format(units="spark-master spark-worker")),
    ),
    Fault(
        "host-key-changed",
        "gitea",
        "the host shows another SSH key than known_hosts has: gti refuses to log in",
        shell(
            """
            test -e "$KEEP/ssh_host_ed25519_key" || cp -p /etc/ssh/ssh_host_ed25519_key* "$KEEP/"
            rm -f /etc/ssh/ssh_host_ed25519_key*
            ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
            systemctl restart ssh
            """
        ),
        shell(
            """
            test ! -e "$KEEP/ssh_host_ed25519_key" || cp -p "$KEEP"/ssh_host_ed25519_key* /etc/ssh/
            systemctl restart ssh
            """
        ),
        on="hosts",
    ),
)
