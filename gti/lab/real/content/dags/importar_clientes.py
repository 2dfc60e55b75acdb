"""O que falha: o arquivo que espera não chega."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="importar_clientes",
    start_date=datetime(2025, 1, 1),
    schedule="@daily",
    catchup=False,
    tags=["clientes"],
):
    importar = BashOperator(task_id="importar", bash_command="cat /opt/datalake/entrada/clientes.csv")
    validar = BashOperator(task_id="validar", bash_command="echo validado")
    importar >> validar
