"""O que está pausado: ninguém o ligou."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="limpeza_logs",
    start_date=datetime(2025, 1, 1),
    schedule="@daily",
    catchup=False,
    is_paused_upon_creation=True,
    tags=["logs"],
):
    BashOperator(task_id="apagar_antigos", bash_command="echo nada a apagar")
