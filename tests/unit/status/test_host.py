"""What status makes of a host's disks, clock, names and ports: the script itself, run by this machine's shells."""

from __future__ import annotations

import shlex
import time

import pytest

from gti.status.host import questions
from gti.status.unit import PROPERTIES


def whats(worries):
    return [worry.what for worry in worries]


def only(worries):
    (worry,) = worries
    return worry.what, worry.severity, worry.services


def test_a_healthy_host_has_no_worries(host):
    for worry in host("kafka").worries():
        raise AssertionError(worry)


def test_a_full_data_folder_is_the_trouble_of_the_service_whose_data_lie_there(host):
    kafka = host("kafka")
    kafka.mounts("tmpfs /opt/kafka/logs tmpfs rw 0 0")
    kafka.disks({"/": 23, "/opt/kafka/logs": 100})
    assert only(kafka.worries()) == ("/opt/kafka/logs on kafka is full (100 %)", "trouble", ("kafka",))


def test_a_full_root_is_the_trouble_of_every_service(host):
    db_hive = host("db-hive")
    db_hive.disks({"/": 99})
    assert only(db_hive.worries()) == ("/ on db-hive is full (99 %)", "trouble", ())


def test_a_disk_of_a_service_that_is_not_looked_at_concerns_no_other(host):
    superset = host("superset")
    superset.chosen = ("superset-postgresql",)
    superset.mounts("/dev/sdb /opt xfs rw 0 0")
    superset.disks({"/": 23, "/opt": 100})
    assert only(superset.worries()) == ("/opt on superset is full (100 %)", "trouble", ("superset",))


def test_a_disk_of_which_status_does_not_know_whose_it_is_concerns_all(host):
    minio = host("minio")
    minio.mounts("/dev/sdb /srv/buckets xfs rw 0 0")
    minio.disks({"/": 23, "/srv/buckets": 98})
    assert only(minio.worries()) == ("/srv/buckets on minio is full (98 %)", "trouble", ())


def test_a_disk_that_fills_up_is_a_worry(host):
    minio = host("minio")
    minio.mounts("/dev/sdb /data xfs rw 0 0")
    minio.disks({"/": 23, "/data": 91})
    assert only(minio.worries()) == ("/data on minio has 91 % of its room used", "worry", ("minio",))


def test_inodes_can_be_gone_while_there_is_room(host):
    minio = host("minio")
    minio.mounts("tmpfs /data/minio tmpfs rw 0 0")
    minio.disks({"/": 23, "/data/minio": 40}, inodes={"/": 4, "/data/minio": 100})
    assert only(minio.worries()) == ("/data/minio on minio is out of inodes (100 %)", "trouble", ("minio",))


def test_a_data_folder_that_is_read_only_is_a_trouble(host):
    db_hive = host("db-hive")
    db_hive.mounts("/dev/sda /var/lib/mysql ext4 ro,relatime 0 0")
    db_hive.disks({"/": 23, "/var/lib/mysql": 23})
    assert only(db_hive.worries()) == ("/var/lib/mysql on db-hive is read-only", "trouble", ("mariadb",))


def test_a_root_remounted_read_only_concerns_every_service(host):
    spark = host("spark")
    spark.mounts("/dev/sda / ext4 ro,relatime,errors=remount-ro 0 0")
    assert only(spark.worries()) == ("/ on spark is read-only", "trouble", ())


def test_what_is_read_only_or_full_by_nature_is_no_worry(host):
    gitea = host("gitea")
    gitea.mounts(
        "/dev/loop0 /snap/core/1 squashfs ro 0 0",
        "/dev/sr0 /mnt/cd iso9660 ro 0 0",
        "/dev/sda /etc/resolv.conf ext4 ro 0 0",
        "proc /proc/sys proc ro 0 0",
        "/dev/sda1 /boot vfat rw 0 0",
        "tmpfs /run tmpfs rw 0 0",
    )
    gitea.disks({"/": 23, "/snap/core/1": 100, "/mnt/cd": 100, "/boot": 99, "/run": 99})
    assert gitea.worries() == []


def test_a_folder_behind_a_symbolic_link_is_found_where_it_really_lies(host):
    kafka = host("kafka")
    kafka.tool("readlink", 'case $2 in /opt/kafka/logs) echo /srv/logs ;; *) echo "$2" ;; esac')
    kafka.mounts("/dev/sdb /srv/logs xfs ro 0 0")
    assert only(kafka.worries()) == ("/srv/logs on kafka is read-only", "trouble", ("kafka",))


def test_a_disk_that_hangs_is_named_and_holds_nobody_up(host):
    minio = host("minio")
    minio.tool("df", 'case $3 in /data/minio | "") exec sleep 30 ;; esac; echo "/dev/sda 1000 230 770 23% /"')
    began = time.monotonic()
    assert only(minio.worries()) == ("/data/minio on minio does not answer: df hangs", "trouble", ("minio",))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("clock", "what", "severity"),
    [
        ("1763700604", "10 min 3 s ahead", "trouble"),
        ("1763699954", "45 s behind", "worry"),
        ("1763880001", "2 d 2 h ahead", "trouble"),
    ],
)
def test_a_clock_that_is_off_is_found(host, clock, what, severity):
    kafka = host("kafka")
    kafka.says("date", clock)
    (worry,) = kafka.worries(during=(1763700000.0, 1763700001.0))
    assert (worry.what, worry.severity) == (f"the clock of kafka is {what}", severity)


@pytest.mark.parametrize("clock", ["1763700000", "1763700040", "1763700090", "1763700119", "1763699971"])
def test_a_slow_answer_is_not_taken_for_a_wrong_clock(host, clock):
    kafka = host("kafka")
    kafka.says("date", clock)
    assert kafka.worries(during=(1763700000.0, 1763700090.0)) == []


def test_a_name_that_does_not_resolve_is_the_trouble_of_the_services_that_need_it(host):
    trino = host("trino")
    trino.tool("getent", "case $2 in db-hive*) exit 2 ;; esac; echo '192.168.4.31 STREAM minio.gti.local'")
    assert only(trino.worries()) == ("trino cannot resolve db-hive.gti.local", "trouble", ("trino",))


def test_a_name_that_resolves_to_another_address_is_told_with_both(host):
    trino = host("trino")
    trino.tool(
        "getent", "case $2 in db-hive*) echo 198.18.0.250 STREAM x ;; *) echo 192.168.4.31 STREAM x ;; esac"
    )
    trino.tool("bash", "case $4 in db-hive*) echo Connection refused; exit 1 ;; esac")
    what = "trino resolves db-hive.gti.local to 198.18.0.250, not to 192.168.4.32"
    assert only(trino.worries()) == (what, "trouble", ("trino",))


def test_a_name_server_that_is_dead_is_told_in_time(host):
    spark = host("spark")
    spark.tool("getent", "exec sleep 30")
    began = time.monotonic()
    assert "spark cannot resolve db-hive.gti.local: no answer in time" in whats(spark.worries())
    assert time.monotonic() - began < 3


def test_a_port_that_does_not_open_from_there_is_told_unless_it_is_closed_to_all(host):
    trino = host("trino")
    trino.tool("bash", "case $4 in db-hive*) echo No route to host; exit 1 ;; esac")
    (worry,) = trino.worries()
    assert worry.what == "trino cannot reach db-hive.gti.local:9083 (no route to host)"
    assert (worry.services, worry.unless) == (("trino",), "hive-metastore")


def test_a_host_without_any_of_the_tools_is_without_worries_and_its_units_are_unknown(host):
    bare = host("spark")
    for tool in ("bash", "cat", "df", "dmesg", "getent", "readlink", "systemctl", "date", "timeout", "grep"):
        bare.lacks(tool)
    bare.tool("df", "exit 127")
    bare.tool("date", "exit 127")
    bare.tool("getent", "exit 127")
    bare.tool("cat", "exit 127")
    bare.tool("bash", "exit 127")
    bare.tool("systemctl", "exit 127")
    assert bare.worries() == []
    assert {unit.state for unit in bare.units().values()} == {"unknown"}


@pytest.mark.parametrize("noise", [r"\377\376\n@exit 0\ndisk:1 @exit 0\n", r"%s %n\033[31m\n\n\n", "0% 0% /\n"])
def test_odd_output_is_no_accident(host, noise):
    odd = host("kafka")
    for tool in ("cat", "date", "df", "dmesg", "getent", "readlink", "systemctl", "bash"):
        odd.tool(tool, f"printf {shlex.quote(noise)}")
    assert not [worry for worry in odd.worries() if "resolve" not in worry.what]
    assert odd.units()["kafka"].state == "unknown"


def test_the_units_are_asked_for_in_utc_and_english_and_an_odd_answer_does_not_mix_with_others(host):
    airflow = host("airflow")
    airflow.tool(
        "systemctl",
        'while [ "$1" != -- ]; do shift; done; shift\n'
        'for unit; do printf "LoadState=loaded\\nActiveState=active\\nNRestarts=0\\n'
        'ActiveEnterTimestamp=Sat 2026-02-21 05:10:20 $TZ\\n\\n"; done',
    )
    found = airflow.units()
    assert list(found) == ["postgresql", "airflow-webserver", "airflow-scheduler"]
    assert {unit.state for unit in found.values()} == {"active"}
    assert all(unit.since for unit in found.values())


def test_the_question_is_one_command_of_modest_length(host):
    spark = host("spark")
    asked = questions(spark.site, spark.host, spark.services)
    assert asked.names == ("db-hive.gti.local", "minio.gti.local")
    assert asked.doors == ("db-hive.gti.local:9083", "minio.gti.local:9000")
    assert len(asked.command(PROPERTIES, 2).line(2.5)) < 16_000
