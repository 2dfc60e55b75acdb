"""O que não se carrega: falta um módulo neste servidor."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from modulo_que_nao_existe import relatorio

with DAG(dag_id="relatorio_fiscal", start_date=datetime(2025, 1, 1), schedule="@daily", catchup=False):
    relatorio()
