"""The lab itself: quick, complete, well-behaved, and gone when it is thrown away."""

import json
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

HOME = Path(os.environ.get("GTI_LAB_HOME", "/var/lib/gti-lab"))


def test_up_again_when_up_takes_no_time(lab):
    started = time.monotonic()
    lab("up", "--real")
    assert time.monotonic() - started < 3


def test_two_who_start_it_at_once_do_not_collide(lab):
    command = [*lab.gti.command, "lab", "up", "--real", "--quiet"]
    both = [subprocess.Popen(command, env=lab.gti.environment, cwd=lab.gti.home) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    assert lab.status()["health"] == "ok"


def test_at_rest_it_holds_less_than_6_gib(lab):
    seen = json.loads(lab("status", "-o", "json").out)
    assert seen["state"] == "up"
    assert 0 < seen["memory"] < 6 * 2**30


def test_how_it_differs_from_the_stack_lock_is_told(lab):
    differs = " ".join(json.loads(lab("status", "-o", "json").out)["differs"])
    assert "476" in differs
    assert "478" in differs


def test_its_secrets_are_root_s_alone_and_in_no_list_of_processes(lab):
    secrets = {file.name: file.read_text() for file in (HOME / "secrets").iterdir()}
    assert secrets
    for file in (HOME / "secrets").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = b"\n".join(file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()).decode(
        errors="replace"
    )
    assert not [name for name, value in secrets.items() if value in shown]


def test_this_machine_s_own_names_are_left_alone(lab):
    assert "gti.local" not in Path("/etc/hosts").read_text()


def test_the_layout_is_that_of_the_documents(lab):
    for host, paths in {
        "db-hive": "/opt/apache-hive-3.1.3-bin/conf/hive-site.xml /etc/systemd/system/hive-metastore.service",
        "minio": "/data/minio /etc/default/minio /usr/local/bin/minio /usr/local/bin/mc",
        "kafka": "/opt/kafka/config/server.properties /opt/kafka/logs /opt/kafka/bin/kafka-topics.sh",
        "spark": "/opt/spark/conf/spark-defaults.conf /opt/spark/sbin/start-master.sh",
        "trino": "/opt/trino/etc/catalog/iceberg.properties /opt/trino/etc/jvm.config",
        "airflow": "/opt/airflow_venv/bin/airflow /opt/airflow/dags /opt/airflow/airflow.cfg",
        "superset": "/opt/superset_venv/bin/superset /opt/superset/config",
        "gitea": "/usr/local/bin/gitea /etc/gitea /var/lib/gitea",
    }.items():
        assert lab.exec(host, f"ls -d {paths} /opt/datalake /etc/datalake").code == 0, host


def test_env_makes_every_gti_work_on_the_lab(lab):
    told = subprocess.run(
        ["sh", "-c", 'eval "$(python -m gti lab env)" && python -m gti site show -o json'],
        env=lab.gti.environment | {"PATH": f"{Path(lab.gti.command[0]).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout)["site"] == "lab-real"


def test_logs_are_those_of_the_service(lab):
    assert "kafka" in lab("logs", "kafka", "-n", "5").out
    assert lab("logs", "airflow-postgresql", "-n", "5").out.strip()


def test_a_lab_left_behind_by_a_run_that_was_killed_does_not_break_the_next(lab):
    """Its containers run, and what it was breaking is half broken."""
    breaking = subprocess.Popen(
        [*lab.gti.command, "lab", "break", "superset-database-gone"], env=lab.gti.environment, cwd=lab.gti.home
    )
    time.sleep(0.7)
    breaking.kill()
    breaking.wait()
    lab("heal")
    lab("up", "--real")
    lab.is_well()


def test_down_is_quick_destroy_leaves_nothing_and_up_takes_less_than_ninety_seconds(lab, tmp_path):
    """What is destroyed is another lab, made while this one is down: this one may be somebody's."""
    started = time.monotonic()
    lab("down")
    assert time.monotonic() - started < 15
    another = {"GTI_LAB_HOME": str(tmp_path / "another"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert lab.gti("lab", "up", "--real", "--only", "gitea", env=another, timeout=120).code == 0
    assert lab.gti("status", env=another | {"GTI_SITE": "lab-real"}).code == 0
    assert lab.gti("lab", "destroy", "--yes", env=another).code == 0
    assert not list(tmp_path.glob("another/*"))
    assert not list(tmp_path.glob("config/gti/*"))
    assert not [device.name for device in Path("/sys/class/net").iterdir() if device.name.startswith("gti")]
    assert str(tmp_path) not in Path("/proc/mounts").read_text() + processes()
    assert not [group for group in Path("/sys/fs/cgroup").glob("*/lxc*") if group.is_dir()]
    assert lab.gti("lab", "up", "--real", "--only", "gitea", env=another, timeout=120).code == 0
    shutil.rmtree(tmp_path / "another")  # its home is gone, and its container runs: the next must not suffer
    started = time.monotonic()
    lab("up", "--real")
    assert time.monotonic() - started < 90


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
