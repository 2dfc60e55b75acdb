#!/bin/sh
# kafka-run-class.sh CLASS ARGUMENT...: with the heap of a short-lived client unless KAFKA_HEAP_OPTS says otherwise.
home=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
log4j=$home/config/${KAFKA_LOG4J:-tools-log4j.properties}
[ -f "$log4j" ] && KAFKA_LOG4J_OPTS=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$log4j}
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" ${KAFKA_HEAP_OPTS:--Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
    $KAFKA_LOG4J_OPTS $KAFKA_OPTS -cp "$home/libs/*" "$@"
