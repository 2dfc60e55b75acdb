"""Kafka, Trino, Airflow, Superset and Gitea: what goes wrong inside them."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, shell
from gti.lab.real.faults.units import DROP_IN, START, WITHOUT_DROP_IN

CATALOG = "/opt/trino/etc/catalog"

FAULTS = (
    Fault(
        "consumer-stuck",
        "kafka",
        "the group painel-eventos has a member that heartbeats and reads nothing: its lag grows",
        shell("systemctl kill --kill-whom=main --signal USR1 eventos-consumer"),
        shell("systemctl kill --kill-whom=main --signal USR2 eventos-consumer"),
    ),
    Fault(
        "trino-catalog-misspelt",
        "trino",
        "Trino runs, but the catalog iceberg is not there: its file is called icebrg.properties",
        shell(
            f"""
            test ! -e {CATALOG}/iceberg.properties || mv {CATALOG}/iceberg.properties {CATALOG}/icebrg.properties
            systemctl restart --no-block trino
            """
        ),
        shell(
            f"""
            test ! -e {CATALOG}/icebrg.properties || mv {CATALOG}/icebrg.properties {CATALOG}/iceberg.properties
            systemctl restart trino
            """
        ),
    ),
    Fault(
        "spark-worker-gone",
        "spark-worker",
        "the worker's process is gone: the master has no worker to give work to",
        shell(DROP_IN.format(lines="Restart=no") + 'systemctl kill --signal KILL "$UNIT"'),
        shell(WITHOUT_DROP_IN),
    ),
    Fault(
        "airflow-scheduler-dead",
        "airflow-scheduler",
        "the webserver is fine, and nothing is scheduled: the scheduler was killed",
        shell(DROP_IN.format(lines="Restart=no") + 'systemctl kill --signal KILL "$UNIT"'),
        shell(WITHOUT_DROP_IN),
    ),
    Fault(
        "superset-database-gone",
        "superset-postgresql",
        "Superset's /health says OK, but its PostgreSQL is stopped: no dashboard opens",
        shell('systemctl stop "$UNIT"'),
        shell(START),
    ),
)
