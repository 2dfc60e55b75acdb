"""Iceberg tables as operators find them: neglected, changed on the way, branched, and with a file too many.

Run by `spark-submit` on the spark host. A table that exists is left as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pyspark.sql import SparkSession

CATALOG = "iceberg"
PREFIX = os.environ.get("ICEBERG_PREFIX", "")  # for a rehearsal on a metastore that others use too
SMALL_APPENDS = 12
DAY, HOUR = 86_400, 3_600
MORNING = "TIMESTAMP '2025-10-01 08:00:00'"


def rows(count: int, step: int, first: int = 0) -> str:
    """`count` sales, one every `step` seconds."""
    return f"""
        SELECT id + {first} AS id, concat('cliente-', id % 17) AS cliente,
            CAST(id % 90 + 0.5 AS DECIMAL(10, 2)) AS valor,
            {MORNING} + make_dt_interval(0, 0, 0, id * {step}) AS ts
        FROM range(0, {count}, 1, 1)
    """


COLUMNS = "(id BIGINT, cliente STRING, valor DECIMAL(10, 2), ts TIMESTAMP)"
# So few rows in one file per partition: otherwise Spark would shuffle them by partition first.
UNSHUFFLED = "TBLPROPERTIES ('write.distribution-mode' = 'none', 'write.spark.fanout.enabled' = 'true')"


class Tables:
    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def make(self, name: str, fill: Callable[[str], None], partitioned: str = "") -> None:
        table = f"{CATALOG}.{PREFIX}{name}"
        if self.spark.catalog.tableExists(table):
            return
        self.spark.sql(f"CREATE TABLE {table} {COLUMNS} USING iceberg {partitioned} {UNSHUFFLED}")
        fill(table)

    def neglected(self, table: str) -> None:
        """A snapshot and a small file for each append, and a file that no snapshot knows."""
        for turn in range(SMALL_APPENDS):
            self.spark.sql(f"INSERT INTO {table} {rows(5, HOUR, first=turn * 5)}")
        self.orphan(table)

    def repartitioned(self, table: str) -> None:
        """By day, and by hour since: the old files stay as they were."""
        self.spark.sql(f"INSERT INTO {table} {rows(30, DAY // 10)}")
        self.spark.sql(f"ALTER TABLE {table} REPLACE PARTITION FIELD days(ts) WITH hours(ts)")
        self.spark.sql(f"INSERT INTO {table} {rows(10, HOUR, first=30)}")

    def rewritten(self, table: str) -> None:
        """Appended, overwritten, partly deleted and appended to again."""
        self.spark.sql(f"INSERT INTO {table} {rows(30, DAY)}")
        self.spark.sql(f"INSERT OVERWRITE {table} {rows(60, DAY)}")
        self.spark.sql(f"DELETE FROM {table} WHERE id % 10 = 0")
        self.spark.sql(f"INSERT INTO {table} {rows(10, DAY, first=60)}")

    def branched(self, table: str) -> None:
        """A tag on the first load, and a branch that is ahead of main."""
        self.spark.sql(f"INSERT INTO {table} {rows(20, DAY)}")
        self.spark.sql(f"ALTER TABLE {table} CREATE TAG carga_inicial")
        self.spark.sql(f"INSERT INTO {table} {rows(5, DAY, first=20)}")
        self.spark.sql(f"ALTER TABLE {table} CREATE BRANCH auditoria")
        self.spark.sql(f"INSERT INTO {table}.branch_auditoria {rows(3, DAY, first=25)}")

    def orphan(self, table: str) -> None:
        """What a job leaves that died between writing its file and committing it: here a copy of a true one."""
        (used,) = self.spark.sql(f"SELECT file_path FROM {table}.files LIMIT 1").first()
        jvm, conf = self.spark._jvm, self.spark._jsc.hadoopConfiguration()
        source = jvm.org.apache.hadoop.fs.Path(used)
        target = jvm.org.apache.hadoop.fs.Path(source.getParent(), "00000-0-orfao-de-um-job-interrompido.parquet")
        store = source.getFileSystem(conf)
        jvm.org.apache.hadoop.fs.FileUtil.copy(store, source, store, target, False, conf)


def main() -> None:
    spark = (
        SparkSession.builder.appName("iceberg_tables").config("spark.sql.shuffle.partitions", "1").getOrCreate()
    )
    warehouse = spark.conf.get(f"spark.sql.catalog.{CATALOG}.warehouse")
    for namespace in ("raw", "bronze", "silver", "gold"):  # without a location it would be NAMESPACE.db
        place = f"{warehouse}/{PREFIX}{namespace}"
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {CATALOG}.{PREFIX}{namespace} LOCATION '{place}'")
    tables = Tables(spark)
    tables.make("bronze.eventos", tables.neglected)
    tables.make("silver.vendas", tables.repartitioned, "PARTITIONED BY (days(ts))")
    tables.make("silver.clientes", tables.branched)
    tables.make("gold.receita_diaria", tables.rewritten)
    spark.stop()


if __name__ == "__main__":
    main()
