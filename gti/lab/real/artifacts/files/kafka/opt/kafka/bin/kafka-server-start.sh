#!/bin/sh
# kafka-server-start.sh [-daemon] SERVER.PROPERTIES [--override NAME=VALUE]...
here=$(dirname "$(readlink -f "$0")")
export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:--Xmx512m -XX:+UseSerialGC}" KAFKA_LOG4J=log4j.properties
if [ "$1" = -daemon ]; then
    shift
    setsid nohup "$here/kafka-run-class.sh" kafka.Kafka "$@" >/dev/null 2>&1 </dev/null &
    exit 0
fi
exec "$here/kafka-run-class.sh" kafka.Kafka "$@"
