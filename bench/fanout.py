"""`gti exec` on 8 real SSH servers, beside a bare Fabric script and clush: python -m bench.fanout"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import Peer, Promise, conclude, medians
from bench.servers import known_hosts, servers, site
from tests.sshd import Sshd

SERVERS = 8
ROUNDS = 11
BESIDE_FABRIC = 1.15
BESIDE_CLUSH = 1.0

FABRIC = """\
import sys
from concurrent.futures import ThreadPoolExecutor

import fabric
import paramiko

key, known_hosts, *servers = sys.argv[1:]


def run(server):
    host, port = server.split(":")
    connection = fabric.Connection(host, port=int(port), connect_kwargs={"key_filename": key})
    connection.client.load_host_keys(known_hosts)
    connection.client.set_missing_host_key_policy(paramiko.RejectPolicy())
    with connection:
        connection.run("true", hide=True, in_stream=False)


with ThreadPoolExecutor(16) as pool:
    list(pool.map(run, servers))
"""

SSH_CONFIG = """\
Host *
    IdentityFile {key}
    IdentitiesOnly yes
    StrictHostKeyChecking yes
    UserKnownHostsFile {known_hosts}
"""


def main() -> None:
    with TemporaryDirectory() as name, servers(SERVERS, Path(name)) as found:
        folder = Path(name)
        peers = [_gti(folder, found), _fabric(folder, found)]
        if shutil.which("clush"):
            peers.append(_clush(folder, found))
        else:
            print("clush is not installed: not compared with it (apt install clustershell)")
        gti, fabric, *clush = medians(peers, ROUNDS)
    promises = [Promise("exec beside Fabric", gti, fabric, BESIDE_FABRIC)]
    promises += [Promise("exec beside clush", gti, took, BESIDE_CLUSH) for took in clush]
    conclude(promises)


def _gti(folder: Path, found: Sequence[Sshd]) -> Peer:
    line = [sys.executable, "-m", "gti", "exec", "--on", "all", "--", "true"]
    return Peer("gti", line, {"GTI_SITE": str(site(folder, found, len(found))), "HOME": str(folder)})


def _fabric(folder: Path, found: Sequence[Sshd]) -> Peer:
    script = folder / "bare_fabric.py"
    script.write_text(FABRIC)
    addresses = [f"{sshd.address}:{sshd.port}" for sshd in found]
    line = [sys.executable, script, found[0].client_key, known_hosts(folder, found), *addresses]
    return Peer("Fabric", line, {"HOME": str(folder)})


def _clush(folder: Path, found: Sequence[Sshd]) -> Peer:
    config = folder / "ssh_config"
    hosts = [
        f"Host h{number}\n    HostName {sshd.address}\n    Port {sshd.port}\n" for number, sshd in enumerate(found)
    ]
    config.write_text(
        "".join(hosts) + SSH_CONFIG.format(key=found[0].client_key, known_hosts=known_hosts(folder, found))
    )
    line = ["clush", "-S", "-q", "-w", f"h[0-{len(found) - 1}]", "-f", "16", "-o", f"-F {config}", "true"]
    return Peer("clush", line, {"HOME": str(folder)})


if __name__ == "__main__":
    main()
