"""Kafka → Spark → Iceberg, pausado: corre somente quando alguém o pede."""

from __future__ import annotations

from datetime import datetime

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

with DAG(
    dag_id="pipeline_eventos",
    start_date=datetime(2025, 1, 1),
    schedule="@hourly",
    catchup=False,
    is_paused_upon_creation=True,
    tags=["eventos"],
):
    SparkSubmitOperator(
        task_id="processar_eventos",
        application="/opt/datalake/content/pipeline_eventos.py",
        application_args=["eventos", "eventos"],
        conn_id="spark_default",
    )
