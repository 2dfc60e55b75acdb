"""What the DAGs need and how they begin. Run by airflow_setup.sh: each `airflow` command would take seconds."""

from __future__ import annotations

import json
import os

from airflow.api.common.trigger_dag import trigger_dag
from airflow.models import Connection, DagBag, DagModel, Pool
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session

RUNNING = ("vendas_horarias", "importar_clientes", "carga_historica")
FIRST_LOAD = ("carga_historica", "carga_inicial")


def connections() -> list[Connection]:
    secret = os.environ["S3A_SECRET_KEY"]
    s3 = {"aws_access_key_id": "spark_user", "aws_secret_access_key": secret, "host": "minio.gti.local"}
    return [
        Connection("spark_default", "spark", host="spark://spark.gti.local", port=7077),
        Connection("kafka_default", "kafka", host="kafka.gti.local", port=9092),
        Connection(
            "minio_default",
            "s3",
            host="http://minio.gti.local:9000",
            login="spark_user",
            password=secret,
            extra=json.dumps(s3),
        ),
        Connection("trino_default", "trino", host="trino.gti.local", port=8080, login="datalake"),
    ]


def main() -> None:
    Pool.create_or_update_pool("carga", slots=1, description="Uma carga por vez", include_deferred=False)
    DagBag(include_examples=False).sync_to_db()
    with create_session() as session:
        for connection in connections():
            session.query(Connection).filter_by(conn_id=connection.conn_id).delete()
            session.add(connection)
        for dag in session.query(DagModel).filter(DagModel.dag_id.in_(RUNNING)):
            dag.is_paused = False
    dag_id, run_id = FIRST_LOAD
    if not DagRun.find(dag_id=dag_id, run_id=run_id):
        trigger_dag(dag_id, run_id=run_id)


if __name__ == "__main__":
    main()
