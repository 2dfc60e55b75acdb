#!/bin/bash
# start-worker.sh MASTER [OPTION]...: as Spark's own, which the Python package leaves out.
export SPARK_HOME=${SPARK_HOME:-$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)}
. "$SPARK_HOME/sbin/spark-config.sh"
. "$SPARK_HOME/bin/load-spark-env.sh"
master=$1
shift
exec "$SPARK_HOME/sbin/spark-daemon.sh" start org.apache.spark.deploy.worker.Worker 1 \
    --webui-port "${SPARK_WORKER_WEBUI_PORT:-8081}" "$@" "$master"
