"""A Debian 12 container as it answers the doctor, which each test changes where it is ill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gti.doctor.checkup import Check
from gti.doctor.hosts import examine
from gti.doctor.keys import public_key
from gti.doctor.visit import Visit
from gti.site import Host

ANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzgBd2TUFsRTDRhHhFqrNzTzZAlmwwV2dLoGCmaI9fk ana@laptop"
ASKED = 1763700000.0

HEALTHY = {
    "clock-first": "1763700000.104518203",
    "disk": """\
Filesystem                        1024-blocks    Used Available Capacity Mounted on
/dev/mapper/pve-vm--109--disk--0     20466256 4318364  15083172      23% /
none                                      492       4       488       1% /dev
udev                                  8125432       0   8125432       0% /dev/tty
tmpfs                                 8160052       0   8160052       0% /dev/shm
tmpfs                                 3264024     144   3263880       1% /run
tmpfs                                    5120       0      5120       0% /run/lock""",
    "inodes": """\
Filesystem                        Inodes IUsed   IFree IUse% Mounted on
/dev/mapper/pve-vm--109--disk--0 1310720 51245 1259475    4% /
none                             2040013    21 2039992    1% /dev
tmpfs                             819200    98  819102    1% /run""",
    "memory": """\
MemTotal:        4194304 kB
MemFree:          611236 kB
MemAvailable:    2830912 kB
Buffers:               0 kB
Cached:          2219676 kB""",
    "load": "0.18 0.24 0.20 1/412 48213",
    "cores": "2",
    "failed-units": "",
    "user": "datalake",
    "modes": "700 datalake /home/datalake/.ssh\n600 datalake /home/datalake/.ssh/authorized_keys",
    "keys": ANA,
    "sshd-files": "@file /etc/ssh/sshd_config\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes",
    "sshd": """\
port 22
usepam yes
permitrootlogin no
pubkeyauthentication yes
passwordauthentication no
kbdinteractiveauthentication no
authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2""",
    "sudo": """\
Matching Defaults entries for datalake on kafka:
    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin

User datalake may run the following commands on kafka:
    (ALL : ALL) ALL
    (root) NOPASSWD: /usr/bin/systemctl, /usr/bin/journalctl""",
    "clock-last": "1763700000.304518203",
}

Examined = Callable[..., list[Check]]


def printed(answers: dict[str, str | tuple[str, int]]) -> str:
    text = ""
    for name, answer in answers.items():
        lines, code = answer if isinstance(answer, tuple) else (answer, 0)
        text += f"\n@@ {name}\n{lines}\n\n@@ exit {code}\n"
    return text


def visited(output: str, key: Path | None = None) -> Visit:
    deployed = public_key(ANA)
    assert deployed
    host = Host("kafka", "kafka.gti.local", "192.0.2.34", user="datalake", key=key)
    return Visit(host, output, ASKED, ASKED + 0.4, frozenset({"kafka"}), deployed.blob if key else None)


@pytest.fixture
def kafka() -> Examined:
    """The findings on the host, all healthy but for what the test says it answers."""

    def findings(key: Path | None = None, **changed: str | tuple[str, int]) -> list[Check]:
        answers = HEALTHY | {name.replace("_", "-"): answer for name, answer in changed.items()}
        return [check for check in examine(visited(printed(answers), key)) if check.health != "ok"]

    return findings
