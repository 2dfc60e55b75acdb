#!/bin/bash
export SPARK_HOME=${SPARK_HOME:-$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)}
exec "$SPARK_HOME/sbin/spark-daemon.sh" stop org.apache.spark.deploy.master.Master 1
