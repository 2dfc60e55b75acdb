"""One file per server. A component reads and changes; it never prints, prompts or exits."""

from __future__ import annotations

from importlib import import_module

from gti.components.answer import Probe

# A table and not an import: each server's library is loaded when its service is asked.
PROBES = {
    "mariadb": "gti.components.metastore:probe_mariadb",
    "hive-metastore": "gti.components.metastore:probe_hive_metastore",
    "minio": "gti.components.minio:probe",
    "kafka": "gti.components.kafka:probe",
    "spark-master": "gti.components.spark:probe_master",
    "spark-worker": "gti.components.spark:probe_worker",
    "trino": "gti.components.trino:probe",
    "postgresql": "gti.components.postgresql:probe",
    "airflow-webserver": "gti.components.airflow:probe_webserver",
    "airflow-scheduler": "gti.components.airflow:probe_scheduler",
    "superset": "gti.components.superset:probe",
    "gitea": "gti.components.gitea:probe",
}


def probe_of(protocol: str) -> Probe:
    module, _, function = PROBES[protocol].partition(":")
    probe: Probe = getattr(import_module(module), function)
    return probe
