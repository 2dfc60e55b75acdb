"""Manutenção das tabelas Iceberg pelo Trino, pausada."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

TABELAS = ("bronze.eventos", "silver.vendas", "gold.receita_diaria")

with DAG(
    dag_id="manutencao_iceberg",
    start_date=datetime(2025, 1, 1),
    schedule="@weekly",
    catchup=False,
    is_paused_upon_creation=True,
    tags=["iceberg"],
):
    for tabela in TABELAS:
        nome = tabela.replace(".", "_")
        compactar = SQLExecuteQueryOperator(
            task_id=f"compactar_{nome}",
            conn_id="trino_default",
            sql=f"ALTER TABLE iceberg.{tabela} EXECUTE optimize",
        )
        expirar = SQLExecuteQueryOperator(
            task_id=f"expirar_{nome}",
            conn_id="trino_default",
            sql=f"ALTER TABLE iceberg.{tabela} EXECUTE expire_snapshots(retention_threshold => '7d')",
        )
        compactar >> expirar
