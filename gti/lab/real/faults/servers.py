"""Kafka, Trino, Airflow, Superset and Gitea: what goes wrong inside them."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, shell
from gti.lab.real.faults.units import DROP_IN, START, start_again

CATALOG = "/opt/trino/etc/catalog"

# A second broker for as long as it takes to give it a topic of its own, and then its sudden end.
LEADERLESS = "sem-lider"
LOSE_LEADER = f"""
cd /opt/kafka
systemctl reset-failed gti-fault-broker 2>/dev/null || true
rm -rf "$KEEP/data"
sed "s/^process.roles=.*/process.roles=broker/; s/^node.id=.*/node.id=2/; s#^log.dirs=.*#log.dirs=$KEEP/data#;
  s/^listeners=.*/listeners=PLAINTEXT:\\/\\/kafka.gti.local:9192/; /^advertised/d" \\
  config/server.properties > "$KEEP/two.properties"
bin/kafka-storage.sh format --config "$KEEP/two.properties" \\
  --cluster-id "$(sed -n 's/^cluster.id=//p' logs/meta.properties)" >/dev/null
systemd-run --quiet --unit gti-fault-broker --setenv KAFKA_HEAP_OPTS=-Xmx256m \\
  bin/kafka-server-start.sh "$KEEP/two.properties"
for attempt in $(seq 30); do
    if bin/kafka-topics.sh --bootstrap-server kafka.gti.local:9092 --create --topic {LEADERLESS} \\
      --replica-assignment 2 >/dev/null 2>&1; then break; fi
    sleep 0.5
done
systemctl kill --signal KILL gti-fault-broker
"""
FORGET_LEADERLESS = f"""
cd /opt/kafka
systemctl stop gti-fault-broker 2>/dev/null || true
bin/kafka-topics.sh --bootstrap-server kafka.gti.local:9092 --delete --if-exists --topic {LEADERLESS}
java -cp 'libs/*' org.apache.kafka.tools.ClusterTool unregister --bootstrap-server kafka.gti.local:9092 --id 2 \\
  2>/dev/null || true
"""

REPOSITORY = "/var/lib/gitea/data/gitea-repositories/datalake/airflow-dags.git"
CORRUPT_REPOSITORY = f"""
test -e "$KEEP/objects" || cp -a {REPOSITORY}/objects "$KEEP/objects"
find {REPOSITORY}/objects -type f -exec sh -c 'chmod u+w "$1"; printf damaged > "$1"' _ {{}} \\;
systemctl restart gitea
"""
RESTORE_REPOSITORY = f"""
if [ -e "$KEEP/objects" ]; then
    rm -rf {REPOSITORY}/objects
    cp -a "$KEEP/objects" {REPOSITORY}/objects
    systemctl restart gitea
fi
"""

# A second node for as long as the coordinator needs to know it, and then its sudden end.
LOSE_WORKER = """
systemctl reset-failed gti-fault-worker 2>/dev/null || true
rm -rf "$KEEP/worker"
mkdir -p "$KEEP/worker"
cp -a /opt/trino/. "$KEEP/worker/" 2>/dev/null || true
cd "$KEEP/worker"
rm -rf data
sed -i 's/^coordinator=.*/coordinator=false/; s/port=8080/port=8082/; /include-coordinator/d' etc/config.properties
printf 'node.environment=production\nnode.id=trino-2\nnode.data-dir=%s/data\n' "$PWD" > etc/node.properties
sed -i 's/-Xmx1200M/-Xmx600M/' etc/jvm.config
sed -i '/memory/d' etc/config.properties
echo query.max-memory-per-node=200MB >> etc/config.properties
systemd-run --quiet --unit gti-fault-worker "$PWD/bin/launcher" run
for second in $(seq 90); do
    if curl -s -H 'X-Trino-User: gti' http://trino.gti.local:8080/v1/node | grep -q :8082; then break; fi
    sleep 1
done
systemctl kill --signal KILL gti-fault-worker
"""

# The smaller side of a join is held in memory while the larger one, which takes an hour to make, runs past it.
EAT_MEMORY = """
systemctl reset-failed gti-fault-query 2>/dev/null || true
cat > "$KEEP/query.py" <<'PYTHON'
import json
import urllib.request

QUERY = \"\"\"SELECT max(partkey), count(*) FROM tpch.sf1000.orders big JOIN tpch.sf1.lineitem small
ON big.orderkey = small.orderkey AND big.comment = small.comment\"\"\"

page = urllib.request.Request(
    "http://trino.gti.local:8080/v1/statement", QUERY.encode(), {"X-Trino-User": "relatorio"}
)
while page:
    with urllib.request.urlopen(page) as answer:
        page = json.load(answer).get("nextUri")
PYTHON
systemd-run --quiet --unit gti-fault-query --property Restart=always --property RestartSec=1 \
    /usr/bin/python3 "$KEEP/query.py"
"""

SPARE_MEMORY = """
systemctl stop gti-fault-query 2>/dev/null || true
cat > "$KEEP/end.py" <<'PYTHON'
import json
import urllib.request

TRINO, WHO = "http://trino.gti.local:8080/v1/query", {"X-Trino-User": "relatorio"}
with urllib.request.urlopen(urllib.request.Request(TRINO, headers=WHO)) as answer:
    for query in json.load(answer):
        if query["session"]["user"] == "relatorio":
            url = f"{TRINO}/{query['queryId']}"
            urllib.request.urlopen(urllib.request.Request(url, headers=WHO, method="DELETE"))
PYTHON
/usr/bin/python3 "$KEEP/end.py"
"""

FAULTS = (
    Fault(
        "kafka-no-leader",
        "kafka",
        "a partition has no leader: the only broker that has it is gone",
        shell(LOSE_LEADER),
        shell(FORGET_LEADERLESS),
    ),
    Fault(
        "gitea-repository-corrupted",
        "gitea",
        "a repository cannot be read: its objects are damaged, and Gitea itself is well",
        shell(CORRUPT_REPOSITORY),
        shell(RESTORE_REPOSITORY),
    ),
    Fault(
        "consumer-stuck",
        "kafka",
        "the group painel-eventos has a member that heartbeats and reads nothing: its lag grows",
        shell("systemctl kill --kill-whom=main --signal USR1 eventos-consumer"),
        shell("systemctl kill --kill-whom=main --signal USR2 eventos-consumer"),
    ),
    Fault(
        "trino-catalog-misspelt",
        "trino",
        "Trino runs, but the catalog iceberg is not there: its file is called icebrg.properties",
        shell(
            f"""
            test ! -e {CATALOG}/iceberg.properties || mv {CATALOG}/iceberg.properties {CATALOG}/icebrg.properties
            systemctl restart --no-block trino
            """
        ),
        shell(
            f"""
            test ! -e {CATALOG}/icebrg.properties || mv {CATALOG}/icebrg.properties {CATALOG}/iceberg.properties
            systemctl restart trino
            """
        ),
    ),
    Fault(
        "trino-worker-gone",
        "trino",
        "a worker that Trino had is gone: its coordinator tells of a failed node",
        shell(LOSE_WORKER),
        shell("systemctl stop gti-fault-worker 2>/dev/null || true; systemctl restart trino"),
    ),
    Fault(
        "trino-memory-eaten",
        "trino",
        "one query holds nearly all of Trino's memory: what others ask for waits",
        shell(EAT_MEMORY),
        shell(SPARE_MEMORY),
    ),
    Fault(
        "airflow-zombie-task",
        "airflow-scheduler",
        "a task is running in the database, but its process died with the scheduler that had started it",
        shell('systemctl kill --signal KILL "$PROCESS"'),
        start_again,
    ),
    Fault(
        "spark-worker-gone",
        "spark-worker",
        "the worker's process is gone: the master has no worker to give work to",
        shell(DROP_IN.format(lines="Restart=no") + 'systemctl kill --signal KILL "$PROCESS"'),
        start_again,
    ),
    Fault(
        "airflow-scheduler-dead",
        "airflow-scheduler",
        "the webserver is fine, and nothing is scheduled: the scheduler was killed",
        shell(DROP_IN.format(lines="Restart=no") + 'systemctl kill --signal KILL "$PROCESS"'),
        start_again,
    ),
    Fault(
        "superset-database-gone",
        "superset-postgresql",
        "Superset's /health says OK, but its PostgreSQL is stopped: no dashboard opens",
        shell('systemctl stop "$UNIT"'),
        shell(START),
    ),
)
