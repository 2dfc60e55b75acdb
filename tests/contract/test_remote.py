"""Commands, tunnels and keys on real hosts with systemd, sshd and sudo."""

import json
import time


def rows(ran) -> dict[str, dict]:
    return {row["host"]: row for row in json.loads(ran.out)}


def test_a_command_runs_on_every_host_at_once(lab):
    ran = lab.gti("exec", "--on", "all", "-o", "json", "--", "hostname", "-f")
    assert ran.code == 0
    answers = {host: row["stdout"].strip() for host, row in rows(ran).items()}
    assert answers == {host: f"{host}.gti.local" for host in answers}
    assert len(answers) == 8


def test_identical_answers_are_printed_once(lab):
    ran = lab.gti("exec", "--on", "all", "--group", "--", "id", "-un")
    assert ran.out.count("datalake") == 1


def test_arguments_reach_the_program_unchanged(lab):
    odd = ["two words", "it's", '"quoted"', "$(id)", "`id`", "a\nb", "*", "-n", "çã€"]
    ran = lab.gti("exec", "--on", "kafka", "--", "printf", "%s\\0", *odd)
    assert ran.out.split("\0")[:-1] == odd


def test_sudo_reaches_systemctl_and_nothing_else(lab):
    assert (
        lab.gti("exec", "--on", "minio", "--sudo", "--", "systemctl", "is-active", "minio").out.strip() == "active"
    )
    refused = lab.gti("exec", "--on", "minio", "--sudo", "--", "cat", "/etc/shadow")
    assert refused.code != 0
    assert "root:" not in refused.out


def test_a_deadline_ends_the_command_and_its_children_on_the_host(lab):
    started = time.monotonic()
    ran = lab.gti("exec", "--on", "kafka", "--timeout", "1s", "--", "sh", "-c", "sleep 4711 & sleep 4711; true")
    assert ran.code != 0
    assert time.monotonic() - started < 10
    lab_sleeps = lab.exec("kafka", "pgrep -f 'sleep 471[1]' | wc -l")
    assert lab_sleeps.out.strip() == "0"


def test_a_service_that_listens_for_its_own_host_only_is_reached_through_ssh(lab):
    """MariaDB and PostgreSQL listen on loopback, as Debian has them."""
    import socket

    for address, port in (("198.18.0.32", 3306), ("198.18.0.37", 5432)):
        with socket.socket() as direct:
            direct.settimeout(2)
            assert direct.connect_ex((address, port)) != 0
    seen = {one["service"]: one for one in lab.status("mariadb", "superset-postgresql")["services"]}
    assert seen["mariadb"]["answers"] is True
    assert seen["superset-postgresql"]["answers"] is True


def test_a_changed_host_key_is_refused_with_both_fingerprints_and_nothing_runs(lab):
    with lab.fault("host-key-changed", "--on", "superset"):
        ran = lab.gti("exec", "--on", "superset", "--", "true")
        assert ran.code == 5
        assert ran.err.count("SHA256:") >= 2
    assert lab.gti("exec", "--on", "superset", "--", "true").code == 0


def test_an_unknown_host_key_is_refused_and_site_trust_makes_it_known(lab, tmp_path):
    known = tmp_path / "known_hosts"
    site = tmp_path / "stranger.toml"
    lines = lab.gti.site.read_text().splitlines()
    site.write_text(
        "\n".join(f'known_hosts = "{known}"' if line.startswith("known_hosts") else line for line in lines)
    )
    stranger = ("--site", str(site))
    assert lab.gti(*stranger, "exec", "--on", "kafka", "--", "true").code == 5
    assert lab.gti(*stranger, "site", "trust", "kafka", "--yes").code == 0
    assert lab.gti(*stranger, "exec", "--on", "kafka", "--", "true").code == 0


def test_the_network_going_away_in_the_middle_is_noticed(lab):
    import threading

    timer = threading.Timer(3, lambda: lab("break", "host-cut-off", "--on", "trino"))
    timer.start()
    try:
        started = time.monotonic()
        ran = lab.gti("exec", "--on", "trino", "--timeout", "2m", "--", "sleep", "100")
        assert ran.code != 0
        assert time.monotonic() - started < 60
    finally:
        timer.join()
        lab("heal")
    lab.is_well()


def test_doctor_finds_nothing_to_mend_on_hosts_laid_out_as_documented(lab):
    ran = lab.gti("doctor", "-o", "json")
    load = {"load"}  # that of the machine which carries all eight
    wrong = [
        check
        for check in json.loads(ran.out)
        if check["subject"] != "workstation" and check["health"] != "ok" and check["topic"] not in load
    ]
    assert wrong == []


def test_doctor_sees_a_clock_that_is_off_a_failed_unit_and_a_full_disk(lab):
    with lab.fault("clock-off"):
        assert "clock" in {check["topic"] for check in troubled(lab, "spark")}
    with lab.fault("kafka-log-full"):
        topics = {check["topic"] for check in troubled(lab, "kafka")}
        assert "disk" in topics
    with lab.fault("unit-killed"):
        assert "units" in {check["topic"] for check in troubled(lab, "spark")}
    lab.is_well()


def troubled(lab, host: str) -> list[dict]:
    ran = lab.gti("doctor", host, "-o", "json")
    return [check for check in json.loads(ran.out) if check["subject"] == host and check["health"] != "ok"]
