#!/bin/sh
# Asks every broker of this machine to stop.
pids=$(pgrep -f 'java .* kafka\.Kafka ') || { echo "No kafka server to stop"; exit 1; }
kill -TERM $pids
