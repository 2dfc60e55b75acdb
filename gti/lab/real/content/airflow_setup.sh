#!/bin/sh
# The pool, the connections and the first runs of the DAGs. Runs on the airflow host as the user of the scheduler.
# S3A_SECRET_KEY comes by the environment: an argument would stand in the list of processes.
set -eu
: "${S3A_SECRET_KEY:?is not set}"
: "${AIRFLOW_HOME:=/opt/airflow}"
export AIRFLOW_HOME PATH="/opt/airflow_venv/bin:$PATH"
here=$(dirname "$(readlink -f "$0")")

mkdir -p "$AIRFLOW_HOME/dags"
cp "$here"/dags/*.py "$AIRFLOW_HOME/dags/"
exec python "$here/airflow_setup.py"
