"""The lab as a site: the platform's own site file, with the lab's addresses, keys and secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gti.lab.real.hosts import LabHost
from gti.lab.real.place import Place, write_whole
from gti.lab.real.vault import Vault
from gti.site import Site
from gti.site.document import read
from gti.site.find import builtin
from gti.site.load import default_name, load

NAME = "lab-real"

LOGINS = {
    "mariadb": {"password": "HIVE_DB_PASSWORD"},
    "minio": {"user": "spark_user", "password": "S3A_SECRET_KEY"},
    "airflow-webserver": {"password": "AIRFLOW_PASSWORD"},
    "airflow-scheduler": {"password": "AIRFLOW_PASSWORD"},
    "superset": {"password": "SUPERSET_PASSWORD"},
    "gitea": {"user": "gti-admin", "password": "GITEA_PASSWORD"},
}


def write(file: Path, place: Place, hosts: Sequence[LabHost]) -> None:
    """The site of those hosts that run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, site_text(place, hosts))


def site_of(file: Path) -> Site:
    return load(read(file), NAME, builtin())


def site_text(place: Place, hosts: Sequence[LabHost]) -> str:
    """Whole, and not by `extends`: it may have fewer hosts than the platform."""
    platform = builtin().data["sites"][default_name(builtin())]
    here = {host.alias: host for host in hosts}
    services = {
        name: _service(place, name, service, platform["services"], here)
        for name, service in platform["services"].items()
        if service["host"] in here
    }
    site = {
        "description": "the real lab on this machine",
        "user": platform["user"],
        "key": str(place.key),
        "known_hosts": str(place.known_hosts),
        "hosts_file": str(place.hosts_file),
        "connect_timeout": "5s",
    }
    lines = [f"default = {json.dumps(NAME)}", "", *_table(f"sites.{NAME}", site)]
    for alias, host in here.items():
        known = platform["hosts"][alias]
        lines += _table(f"sites.{NAME}.hosts.{alias}", {**known, "address": host.address})
    for name, service in services.items():
        lines += _table(f"sites.{NAME}.services.{name}", service)
    return "\n".join(lines)


def _service(
    place: Place, name: str, service: dict[str, Any], all_of_them: dict[str, Any], here: dict[str, LabHost]
) -> dict[str, Any]:
    values = dict(service)
    for key in ("needs", "wants"):
        if key in values:
            values[key] = [need for need in values[key] if all_of_them[need]["host"] in here]
    login = LOGINS.get(name, {})
    if "user" in login:
        values["user"] = login["user"]
    if "password" in login:
        values["password"] = Vault(place.secrets).reference(login["password"])
    return values


def _table(name: str, values: dict[str, Any]) -> list[str]:
    """Texts, numbers and lists of texts are written in TOML as they are in JSON."""
    return [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
