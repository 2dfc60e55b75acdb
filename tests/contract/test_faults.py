"""Every fault is seen, blamed on the right service for the right reason, and healed without a trace."""

import json

import pytest

from gti.lab.real.faults.catalogue import FAULTS

# What the first cause says: words that name the fault and not only that something is wrong.
SAYS = {
    "unit-stopped": r"unit is inactive",
    "unit-killed": r"killed|signal|SIGKILL|\bKILL\b",
    "unit-masked": r"masked",
    "unit-crash-looping": r"crash-loop|restarts",
    "memory-limit-hit": r"memory|oom",
    "port-blocked": r"no connection in .* on port 9000",
    "host-cut-off": r"cannot reach|no route|no answer",
    "packets-delayed": r"cannot reach|in time|slow",
    "packets-lost": r"in time|timed out|no answer|cannot reach",
    "dns-wrong": r"db-hive.*198\.18\.0\.250|resolve",
    "clock-off": r"clock",
    "host-key-changed": r"key",
    "disk-full": r"full",
    "kafka-log-full": r"full",
    "inodes-gone": r"inode",
    "data-read-only": r"read-only",
    "metastore-password-wrong": r"refuse|denied|password",
    "metastore-schema-changed": r"schema version",
    "metastore-lock-stuck": r"lock.*silver\.vendas|silver\.vendas.*lock",
    "metadata-pointer-nowhere": r"silver\.vendas.*(nowhere|missing)",
    "metastore-driver-unfit": r"useMysqlMetadata",
    "minio-key-revoked": r"key.*(disabled|revoked)",
    "minio-key-expired": r"key.*expired",
    "bucket-missing": r"bucket",
    "manifest-missing": r"silver\.vendas.*manifest|manifest.*silver\.vendas",
    "commit-left-half": r"silver\.vendas.*half|half.*silver\.vendas",
    "kafka-no-leader": r"without a leader",
    "gitea-repository-corrupted": r"airflow-dags.*cannot be read",
    "consumer-stuck": r"painel-eventos",
    "trino-catalog-misspelt": r"iceberg",
    "trino-worker-gone": r"node|worker",
    "trino-memory-eaten": r"memory",
    "airflow-zombie-task": r"carga_historica.*process|process.*carga_historica",
    "spark-worker-gone": r"killed|signal|KILL",
    "airflow-scheduler-dead": r"killed|signal|KILL",
    "superset-database-gone": r"unit is inactive",
}


def test_there_are_faults_enough_to_practise_on(lab):
    listed = json.loads(lab("faults", "-o", "json").out)
    assert len(listed) >= 25
    assert {fault["name"] for fault in listed} == set(SAYS)
    assert {fault["component"] for fault in listed} == {
        *("metastore", "minio", "kafka", "spark", "trino", "airflow", "superset", "gitea")
    }
    assert all(fault["symptom"] for fault in listed)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_blamed_on_the_right_service_and_heals_without_a_trace(lab, name):
    fault = FAULTS[name]
    with lab.fault(name):
        seen = lab.until(lambda seen: seen["causes"] and seen["first_cause"] == fault.service)
        lab.until(lambda seen: says(seen, fault.service, SAYS[name]))
    lab.is_well()
    assert seen["health"] != "ok"


def says(seen: dict, service: str, words: str) -> bool:
    import re

    causes = seen["causes"]
    return bool(causes) and causes[0]["service"] == service and bool(re.search(words, causes[0]["what"]))
