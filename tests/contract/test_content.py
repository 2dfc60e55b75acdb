"""What is in the lab: enough of everything that an operator meets."""

import json
import time
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

from gti.lab.real.place import Place

HOSTS = {"kafka": 34, "trino": 35, "airflow": 36, "superset": 37, "gitea": 26}
PORTS = {"trino": 8080, "airflow": 8089, "superset": 8088, "gitea": 3000}


@pytest.fixture(scope="module")
def secret(lab):
    folder = Place.of_this_machine().secrets
    return lambda name: Path(folder, name).read_text()


def ask(host: str, path: str, login: str | None = None, body: bytes | None = None, **headers: str):
    request = urllib.request.Request(f"http://198.18.0.{HOSTS[host]}:{PORTS[host]}{path}", body, headers)
    if login:
        request.add_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def sql(query: str) -> list[list]:
    """Through Trino, to the end."""
    page = ask("trino", "/v1/statement", body=query.encode(), **{"X-Trino-User": "gti"})
    rows = []
    while True:
        rows += page.get("data", [])
        assert "error" not in page, page["error"]["message"]
        if "nextUri" not in page:
            return rows
        page = ask("trino", page["nextUri"].partition(":8080")[2], **{"X-Trino-User": "gti"})


def one(query: str):
    ((value,),) = sql(query)
    return value


def test_tables_in_three_layers_with_snapshots_and_small_files(lab):
    schemas = {row[0] for row in sql("SHOW SCHEMAS FROM iceberg")}
    assert {"raw", "bronze", "silver", "gold"} <= schemas
    assert one('SELECT count(*) FROM iceberg.bronze."eventos$snapshots"') >= 10
    assert one('SELECT count(*) FROM iceberg.bronze."eventos$files"') >= 10


def test_a_table_whose_partitions_changed_and_one_that_has_none(lab):
    specs = sql('SELECT DISTINCT spec_id FROM iceberg.silver."vendas$files"')
    assert len(specs) == 2
    assert "partitioning" not in one("SHOW CREATE TABLE iceberg.gold.receita_diaria")
    assert one('SELECT count(*) FROM iceberg.gold."receita_diaria$snapshots"') >= 3


def test_a_file_that_no_snapshot_knows(lab):
    known = {row[0].rsplit("/", 1)[1] for row in sql('SELECT file_path FROM iceberg.bronze."eventos$files"')}
    stored = lab.exec("minio", "ls -R /data/minio/datalake/warehouse/bronze/eventos/data").out.split()
    files = {name.rstrip("/") for name in stored if name.rstrip("/").endswith(".parquet")}
    assert files - known


def test_groups_that_are_active_idle_stopped_lagging_without_a_commit_and_beyond_the_end(lab):
    told = lab.exec(
        "kafka",
        "/opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server kafka.gti.local:9092 --describe --all-groups",
    ).out
    rows = [line.split() for line in told.splitlines() if line.split()[2:3] and line.split()[2].isdigit()]
    by_group: dict[str, list[list[str]]] = {}
    for row in rows:
        by_group.setdefault(row[0], []).append(row)
    lags = {group: [row[5] for row in rows] for group, rows in by_group.items()}
    assert by_group["painel-eventos"][0][6] != "-"
    assert set(lags["carga-clientes"]) == {"0"}
    assert lags["relatorio-vendas"] == ["500"]
    assert int(lags["arquivo-logs"][0]) > 1000
    assert set(lags["auditoria"]) == {"-"}
    assert int(lags["conciliacao-fiscal"][0]) < 0


def test_dags_that_are_fine_failing_broken_paused_and_waiting(lab, secret):
    login = f"admin:{secret('AIRFLOW_PASSWORD')}"
    dags = {dag["dag_id"]: dag for dag in ask("airflow", "/api/v1/dags?limit=100", login)["dags"]}
    assert {"vendas_horarias", "importar_clientes", "carga_historica", "pipeline_eventos"} <= set(dags)
    assert any(dag["is_paused"] for dag in dags.values())
    ends = time.monotonic() + 120
    while True:
        failed = ask("airflow", "/api/v1/dags/importar_clientes/dagRuns?state=failed", login)["total_entries"]
        errors = ask("airflow", "/api/v1/importErrors", login)["total_entries"]
        pool = ask("airflow", "/api/v1/pools/carga", login)
        waiting = pool["scheduled_slots"] + pool["queued_slots"]
        if failed and errors == 1 and pool["running_slots"] == 1 and waiting >= 15:
            return
        assert time.monotonic() < ends, (failed, errors, pool)
        time.sleep(1)


def test_a_superset_dashboard_on_trino(lab, secret):
    body = {"username": "admin", "password": secret("SUPERSET_PASSWORD"), "provider": "db", "refresh": False}
    token = ask(
        "superset",
        "/api/v1/security/login",
        body=json.dumps(body).encode(),
        **{"Content-Type": "application/json"},
    )["access_token"]
    for kind in ("database", "dataset", "chart", "dashboard"):
        assert ask("superset", f"/api/v1/{kind}/", Authorization=f"Bearer {token}")["count"] >= 1


def test_the_five_repositories_with_protections_and_a_hook(lab, secret):
    login = f"gti-admin:{secret('GITEA_PASSWORD')}"
    repositories = {one["name"]: one for one in ask("gitea", "/api/v1/orgs/datalake/repos", login)}
    assert set(repositories) == {
        *("infra-data-platform", "pipelines-spark", "airflow-dags", "sql-analytics", "superset-config")
    }
    assert all(one["private"] for one in repositories.values())
    for name in repositories:
        assert ask("gitea", f"/api/v1/repos/datalake/{name}/branch_protections", login)
    assert ask("gitea", "/api/v1/repos/datalake/airflow-dags/hooks", login)


def test_a_thousand_messages_go_from_kafka_through_spark_into_iceberg_and_trino_counts_them(lab):
    name = f"prova_{int(time.time())}"
    ran = lab.gti(
        "lab", "ssh", "spark", "--", "sh", "/opt/datalake/content/pipeline.sh", name, name, "1000", timeout=180
    )
    assert ran.code == 0, ran.err
    assert f"trino counts 1000 in iceberg.raw.{name}" in ran.out
    sql(f"DROP TABLE iceberg.raw.{name}")
