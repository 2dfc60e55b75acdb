#!/bin/sh
# The whole way of the data, on the spark host: COUNT messages into Kafka, from there by Spark into Iceberg, and
# counted there by Trino.
set -eu
[ $# = 3 ] || { echo "usage: pipeline.sh TOPIC TABLE COUNT" >&2; exit 2; }
: "${SPARK_HOME:=/opt/spark}" "${PYTHON:=/usr/bin/python3}"
export PYTHONPATH="/opt/datalake/lib/python${PYTHONPATH:+:$PYTHONPATH}"
here=$(dirname "$(readlink -f "$0")")

"$PYTHON" "$here/produce.py" "$1" "$3"
# Only what the job says is the answer; Spark's own words go to stderr.
# In one process on this host: a job so short is done before the cluster has started its executors.
"$SPARK_HOME/bin/spark-submit" --master "${SPARK_MASTER:-local[2]}" \
  --driver-java-options "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" "$here/pipeline_eventos.py" "$1" "$2"
"$PYTHON" "$here/trino_count.py" "iceberg.raw.$2"
