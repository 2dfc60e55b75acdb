"""The platform's five repositories, private, with a protected main. Runs on the gitea host.

GITEA_USER and GITEA_PASSWORD are the administrator's. What exists already stays as it is.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

GITEA = os.environ.get("GITEA_URL", "http://127.0.0.1:3000")
ORGANISATION = os.environ.get("GITEA_ORGANISATION", "datalake")
HOOKED, HOOK = "airflow-dags", "http://airflow.gti.local:8089/api/v1/health"

REPOSITORIES: dict[str, tuple[str, dict[str, str]]] = {
    "infra-data-platform": (
        "Containers, serviços e documentação da plataforma",
        {
            "proxmox/README.md": "# Proxmox\n",
            "lxc/containers.yaml": "containers: [db-hive, minio, kafka, spark, trino, airflow, superset, gitea]\n",
            "scripts/verificar.sh": "#!/bin/sh\nexec gti status\n",
            "documentation/README.md": "# Documentação\n",
            "stack-lock.yaml": 'kafka: "3.9.0"\nspark: "3.5.7"\niceberg: "1.10.0"\nairflow: "2.9.3"\n',
        },
    ),
    "pipelines-spark": (
        "Pipelines batch e streaming",
        {
            "batch/receita_diaria.py": "# silver.vendas → gold.receita_diaria\n",
            "streaming/pipeline_eventos.py": "# Kafka → Iceberg\n",
            "libs/__init__.py": "",
            "configs/spark.conf": "spark.sql.shuffle.partitions 2\n",
        },
    ),
    "airflow-dags": (
        "DAGs do Airflow",
        {
            "dags/pipeline_eventos.py": "# Spark → Iceberg\n",
            "libs/__init__.py": "",
            "config/pools.json": '{"carga": {"slots": 1}}\n',
        },
    ),
    "sql-analytics": (
        "SQL do Trino e do Iceberg",
        {
            "ddl/receita_diaria.sql": "CREATE TABLE iceberg.gold.receita_diaria (id BIGINT);\n",
            "dml/correcoes.sql": "-- nenhuma\n",
            "maintenance/optimize.sql": "ALTER TABLE iceberg.bronze.eventos EXECUTE optimize;\n",
            "transformations/vendas.sql": "SELECT * FROM iceberg.silver.vendas;\n",
        },
    ),
    "superset-config": (
        "Configuração do Superset",
        {"superset_config.py": "ENABLE_PROXY_FIX = True\n", "dashboards/README.md": "# Dashboards\n"},
    ),
}


class Gitea:
    def __init__(self, user: str, password: str) -> None:
        credentials = b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}

    def get(self, path: str) -> Any:
        """None when there is no such thing."""
        try:
            return self._call("GET", path)
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{GITEA}/api/v1/{path}", data, self._headers, method=method), timeout=60) as answer:
            return json.load(answer)


def organise(gitea: Gitea) -> None:
    if gitea.get(f"orgs/{ORGANISATION}") is None:
        gitea.post("orgs", {"username": ORGANISATION, "full_name": "Plataforma de Dados", "visibility": "private"})


def repository(gitea: Gitea, name: str) -> None:
    description, files = REPOSITORIES[name]
    at = f"repos/{ORGANISATION}/{name}"
    if gitea.get(at) is None:
        gitea.post(
            f"orgs/{ORGANISATION}/repos",
            {"name": name, "description": description, "private": True, "default_branch": "main"},
        )
    if gitea.get(f"{at}/contents/README.md?ref=main") is None:
        commit(gitea, at, {"README.md": f"# {name}\n\n{description}\n", **files})
    if gitea.get(f"{at}/branch_protections/main") is None:
        gitea.post(
            f"{at}/branch_protections",
            {
                "rule_name": "main",
                "enable_push": False,
                "required_approvals": 1,
                "block_on_rejected_reviews": True,
            },
        )
    if name == HOOKED and not gitea.get(f"{at}/hooks"):
        config = {"url": HOOK, "content_type": "json"}
        gitea.post(f"{at}/hooks", {"type": "gitea", "active": True, "events": ["push"], "config": config})


def commit(gitea: Gitea, at: str, files: dict[str, str]) -> None:
    """All in one commit: on an empty repository it is also the birth of the branch."""
    changes = [
        {"operation": "create", "path": path, "content": b64encode(text.encode()).decode()}
        for path, text in files.items()
    ]
    gitea.post(f"{at}/contents", {"branch": "main", "message": "Estrutura inicial", "files": changes})


def main() -> None:
    gitea = Gitea(os.environ.get("GITEA_USER", "gti-admin"), os.environ["GITEA_PASSWORD"])
    organise(gitea)
    for name in REPOSITORIES:
        repository(gitea, name)


if __name__ == "__main__":
    main()
