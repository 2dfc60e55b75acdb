"""O que vai bem: uma tarefa curta por hora."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="vendas_horarias",
    start_date=datetime(2025, 1, 1),
    schedule="@hourly",
    catchup=False,
    tags=["vendas"],
):
    BashOperator(task_id="somar_vendas", bash_command="echo vendas somadas")
