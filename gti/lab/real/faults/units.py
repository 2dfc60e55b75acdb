"""Units that are stopped, killed, masked, crash-looping, starved."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, Scene, shell

DROP_IN = """
mkdir -p "/etc/systemd/system/$PROCESS.service.d"
printf '%s\\n' '[Service]' {lines} > "/etc/systemd/system/$PROCESS.service.d/gti-fault.conf"
systemctl daemon-reload
"""

WITHOUT_DROP_IN = """
rm -rf "/etc/systemd/system/$PROCESS.service.d/gti-fault.conf"
systemctl daemon-reload
"""

START_AGAIN = """
systemctl reset-failed "$PROCESS" 2>/dev/null || true
systemctl restart "$PROCESS"
"""

# A new scheduler adopts the tasks of one that died only when that has not been heard of for half a minute, and
# looks again after five: until then they run in the database and nowhere else.
BURY_SCHEDULER = """
systemctl stop "$UNIT"
cd /
runuser -u postgres -- psql -q airflow_db <<SQL
UPDATE job SET latest_heartbeat = latest_heartbeat - interval '1 hour' WHERE state = 'running';
SQL
"""


def start_again(scene: Scene) -> None:
    """What was killed may have left something behind that its successor stumbles over."""
    bury = BURY_SCHEDULER if scene.service.name == "airflow-scheduler" else ""
    scene.sh(WITHOUT_DROP_IN + bury + START_AGAIN)


START = 'systemctl reset-failed "$UNIT" 2>/dev/null || true; systemctl start "$UNIT"'

# A configuration as somebody leaves it who was called away: the server refuses it, and systemd tries again.
CONFIG = {
    "mariadb": "/etc/mysql/mariadb.conf.d/90-gti.cnf",
    "hive-metastore": "/opt/apache-hive-3.1.3-bin/conf/hive-site.xml",
    "minio": "/etc/default/minio",
    "kafka": "/opt/kafka/config/server.properties",
    "trino": "/opt/trino/etc/config.properties",
    "airflow-webserver": "/opt/airflow/airflow.cfg",
    "airflow-scheduler": "/opt/airflow/airflow.cfg",
    "superset": "/opt/superset/config/superset_config.py",
    "gitea": "/etc/gitea/app.ini",
    "spark-master": "/opt/spark/conf/spark-env.sh",
    "spark-worker": "/opt/spark/conf/spark-env.sh",
    "airflow-postgresql": "/etc/postgresql/15/main/conf.d/gti.conf",
    "superset-postgresql": "/etc/postgresql/15/main/conf.d/gti.conf",
    "gitea-postgresql": "/etc/postgresql/15/main/conf.d/gti.conf",
}


def break_config(scene: Scene) -> None:
    file = CONFIG[scene.service.name]
    scene.sh(
        f"""
        test -e "$KEEP/config" || cp -p {file} "$KEEP/config"
        printf '\\n%s\\n' '<<<<<<< HEAD' 'MINIO_VOLUMES=""' 'process.roles=nonsense' >> {file}
        systemctl restart --no-block "$UNIT"
        """
    )


def mend_config(scene: Scene) -> None:
    file = CONFIG[scene.service.name]
    scene.sh(
        f"""
        test ! -e "$KEEP/config" || cp -p "$KEEP/config" {file}
        systemctl reset-failed "$UNIT" 2>/dev/null || true
        systemctl restart "$UNIT"
        """
    )


FAULTS = (
    Fault(
        "unit-stopped",
        "gitea",
        "the unit is inactive: somebody stopped it",
        shell('systemctl stop "$UNIT"'),
        shell(START),
        on="services",
    ),
    Fault(
        "unit-killed",
        "spark-master",
        "the unit is failed: its process was killed (signal 9), and it is not started again",
        shell(DROP_IN.format(lines="Restart=no") + 'systemctl kill --signal KILL "$PROCESS"'),
        start_again,
        on="services",
    ),
    Fault(
        "unit-masked",
        "mariadb",
        "the unit is masked: it cannot be started",
        shell(
            """
            systemctl stop "$UNIT"
            file="/etc/systemd/system/$UNIT.service"
            if [ -f "$file" ] && [ ! -L "$file" ]; then mv "$file" "$KEEP/unit"; fi
            ln -sf /dev/null "$file"
            systemctl daemon-reload
            """
        ),
        shell(
            """
            file="/etc/systemd/system/$UNIT.service"
            rm -f "$file"
            if [ -e "$KEEP/unit" ]; then cp -p "$KEEP/unit" "$file"; fi
            systemctl daemon-reload
            """
            + START
        ),
        on="services",
    ),
    Fault(
        "unit-crash-looping",
        "kafka",
        "the unit starts, fails on a broken configuration file, and starts again",
        break_config,
        mend_config,
        on="services",
    ),
    Fault(
        "memory-limit-hit",
        "hive-metastore",
        "the unit is killed for want of memory (oom-kill), again and again",
        shell(
            DROP_IN.format(lines="MemoryMax=60M MemorySwapMax=0 Restart=no")
            + 'systemctl restart --no-block "$PROCESS"'
        ),
        start_again,
        on="services",
    ),
)
