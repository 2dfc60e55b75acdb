"""The lab's secrets: made at its birth, each in a file that only root can read."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from pathlib import Path
from secrets import token_bytes, token_hex

NAMES = (
    "HIVE_DB_PASSWORD",
    "MINIO_ROOT_PASSWORD",
    "S3A_SECRET_KEY",
    "AIRFLOW_DB_PASSWORD",
    "AIRFLOW_PASSWORD",
    "AIRFLOW_SECRET_KEY",
    "SUPERSET_DB_PASSWORD",
    "SUPERSET_PASSWORD",
    "SUPERSET_SECRET_KEY",
    "GITEA_DB_PASSWORD",
    "GITEA_PASSWORD",
    "GITEA_SECRET_KEY",
)
FERNET = "AIRFLOW_FERNET_KEY"


class Vault:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """What is there already stays."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name in NAMES:
            self._keep(name, token_hex(20))
        self._keep(FERNET, urlsafe_b64encode(token_bytes(32)).decode())

    def values(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.folder.iterdir()}

    def reference(self, name: str) -> str:
        """How a site file names it."""
        return f"file:{self.folder / name}"

    def _keep(self, name: str, value: str) -> None:
        file = self.folder / name
        if file.exists():
            return
        part = file.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(value)
        part.rename(file)
