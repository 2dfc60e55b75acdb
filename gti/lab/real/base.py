"""What every container stands on: Debian 12 as the platform has it, and its packages, in layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from gti.errors import Failed
from gti.lab.real.artifacts.cache import Recipe

if TYPE_CHECKING:
    from gti.lab.real.artifacts.cache import Workshop

SUITE = "bookworm"
DATALAKE = 1000  # uid and gid of the platform's user
BASE_PACKAGES = (
    *("ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "less", "libfaketime", "nftables"),
    *("openssh-server", "procps", "python3", "sudo", "systemd", "systemd-sysv"),
)

# Timers that would work at night, and units that a container has no use for.
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer"),
    *("e2scrub_reap.service", "getty@.service", "console-getty.service", "container-getty@.service"),
    *("systemd-resolved.service", "systemd-networkd.service", "systemd-timesyncd.service"),
)

BASE_SETUP = """
    rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
    : > /etc/machine-id
    useradd --create-home --shell /bin/bash --uid {uid} --groups sudo datalake
    passwd --lock datalake >/dev/null
    passwd --lock root >/dev/null
    systemctl mask {masked} >/dev/null 2>&1
    systemctl set-default multi-user.target >/dev/null 2>&1
    mkdir -p /opt/datalake /etc/datalake
    chown datalake:datalake /opt/datalake
    rm -rf /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt /var/log/*.log
"""

# Runs in a mount namespace of its own: whatever ends it, its mounts end with it.
INSTALL = """
    set -eu
    mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" "$MERGED"
    mount -t proc proc "$MERGED/proc"
    mount --rbind /dev "$MERGED/dev"
    mount -t tmpfs tmpfs "$MERGED/tmp"
    mkdir -p "$MERGED/var/cache/apt/archives"
    mount --bind "$DEBS" "$MERGED/var/cache/apt/archives"
    apt-config dump | grep -E '^Acquire::https?::' > "$MERGED/tmp/apt.conf" || true
    mount -t tmpfs tmpfs "$MERGED/var/lib/apt/lists"
    touch "$MERGED/etc/resolv.conf"
    mount --bind /etc/resolv.conf "$MERGED/etc/resolv.conf"
    printf '#!/bin/sh\\nexit 101\\n' > "$MERGED/tmp/policy-rc.d"
    chmod 755 "$MERGED/tmp/policy-rc.d"
    touch "$MERGED/usr/sbin/policy-rc.d"
    mount --bind "$MERGED/tmp/policy-rc.d" "$MERGED/usr/sbin/policy-rc.d"
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 APT_CONFIG=/tmp/apt.conf
    chroot "$MERGED" apt-get -q update
    chroot "$MERGED" apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true install $PACKAGES
    umount "$MERGED/usr/sbin/policy-rc.d"
    rm -f "$MERGED/usr/sbin/policy-rc.d"
    rm -rf "$MERGED"/var/log/apt "$MERGED"/var/log/*.log "$MERGED"/var/cache/apt/*.bin
    chroot "$MERGED" /bin/sh -eu -c "$AFTER"
"""


def _debootstrap(root: Path, workshop: Workshop) -> None:
    debs = workshop.downloads("apt")
    workshop.run(
        [
            "unshare", "--mount", "debootstrap", "--variant=minbase", f"--cache-dir={debs}",
            f"--include={','.join(BASE_PACKAGES)}", SUITE, str(root), mirror(),
        ],
    )  # fmt: skip
    script = dedent(BASE_SETUP).format(uid=DATALAKE, masked=" ".join(MASKED))
    workshop.run(["chroot", str(root), "/bin/sh", "-eu", "-c", script], env={"LC_ALL": "C.UTF-8"})


def mirror() -> str:
    """Where this machine gets its own Debian packages from."""
    import subprocess

    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
    )
    for line in listed.stdout.splitlines():
        place, release, component = line.rsplit(" ", 2)
        if release in (SUITE, "oldstable", "stable") and component == "main":
            return place
    raise Failed("apt knows no mirror of Debian 12", next=["apt-get update"])


def _packages(version: str, packages: Sequence[str], after: str, lower: Sequence[Recipe]) -> Recipe:
    def build(root: Path, workshop: Workshop) -> None:
        below = [str(workshop.layer(recipe)) for recipe in reversed(lower)]
        with workshop.alone_with("apt") as debs:
            workshop.run(
                ["unshare", "--mount", "/bin/sh", "-c", dedent(INSTALL)],
                env={
                    "LOWER": ":".join(below),
                    "UPPER": str(root),
                    "WORK": str(workshop.scratch("work")),
                    "MERGED": str(workshop.scratch("merged")),
                    "DEBS": str(debs),
                    "PACKAGES": " ".join(packages),
                    "AFTER": dedent(after),
                },
            )

    name = packages[0].split("-")[0]
    return Recipe(name, version, (SUITE, *packages, after, INSTALL), build, usual=30, needs=tuple(lower))


BASE = Recipe("debian", "12", (SUITE, *BASE_PACKAGES, *MASKED, BASE_SETUP, str(DATALAKE)), _debootstrap, usual=90)
JAVA = _packages("17", ["openjdk-17-jre-headless"], ":", [BASE])
MARIADB = _packages(
    "10.11",
    ["mariadb-server", "mariadb-backup"],
    # systemd would hold port 3306 itself, and start a stopped server again at the first connection.
    """
    systemctl disable mariadb.socket mariadb-extra.socket >/dev/null 2>&1 || true
    systemctl mask mariadb.socket mariadb-extra.socket >/dev/null 2>&1
    """,
    [BASE, JAVA],
)
POSTGRESQL = _packages("15", ["postgresql", "git"], ":", [BASE])
