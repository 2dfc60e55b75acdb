"""All that is new in a Kafka topic, into `iceberg.raw.TABLE`: `spark-submit pipeline_eventos.py TOPIC TABLE`.

Where it stopped is in the checkpoint, so each message arrives once, however often this runs.
"""

from __future__ import annotations

import os
import sys

from pyspark.sql import SparkSession

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "kafka.gti.local:9092")
CHECKPOINTS = os.environ.get("CHECKPOINTS", "s3a://datalake/checkpoints")
NAMESPACE = os.environ.get("PIPELINE_NAMESPACE", "iceberg.raw")


def main(topic: str, name: str) -> None:
    spark = (
        SparkSession.builder.appName("pipeline_eventos").config("spark.sql.shuffle.partitions", "1").getOrCreate()
    )
    table = f"{NAMESPACE}.{name}"
    columns = "value STRING, particao INT, posicao BIGINT, ts TIMESTAMP"
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) USING iceberg")
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", BOOTSTRAP)
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .load()
        .selectExpr(
            "CAST(value AS STRING) AS value", "partition AS particao", "offset AS posicao", "timestamp AS ts"
        )
    )
    (
        messages.writeStream.format("iceberg")
        .outputMode("append")
        .trigger(availableNow=True)
        .option("checkpointLocation", f"{CHECKPOINTS}/{name}")
        .toTable(table)
        .awaitTermination()
    )
    print(f"{table}: {spark.table(table).count()}", flush=True)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:3])
