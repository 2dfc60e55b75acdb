"""O que espera: vinte cargas e um só lugar na pool `carga`."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="carga_historica",
    start_date=datetime(2025, 1, 1),
    schedule=None,
    catchup=False,
    max_active_tasks=32,  # the pool alone shall hold them back
    tags=["carga"],
):
    # A task that a restart of the scheduler kills waits its turn again instead of failing.
    BashOperator.partial(task_id="carregar_mes", pool="carga", retries=100).expand(
        bash_command=[f"echo carga {mes}; exec sleep 86400" for mes in range(1, 21)]
    )
