"""`gti status` on real servers: three layers, versions, causes."""

import re
import time

SERVICES = {
    *("mariadb", "minio", "kafka", "hive-metastore", "spark-master", "spark-worker", "trino"),
    *("airflow-postgresql", "airflow-webserver", "airflow-scheduler"),
    *("superset-postgresql", "superset", "gitea-postgresql", "gitea"),
}


def service(seen: dict, name: str) -> dict:
    return next(one for one in seen["services"] if one["service"] == name)


def test_at_rest_all_is_green_in_all_three_layers(lab):
    lab.is_well()
    ran = lab.gti("status", "-o", "json")
    seen = ran.json()
    assert ran.code == 0
    assert {one["service"] for one in seen["services"]} == SERVICES
    assert seen["causes"] == []
    for one in seen["services"]:
        assert (one["health"], one["ssh"], one["unit"], one["answers"]) == ("ok", "ok", "active", True), one
        assert one["worries"] == []


def test_a_look_at_the_whole_platform_takes_less_than_five_seconds(lab):
    started = time.monotonic()
    lab.status()
    assert time.monotonic() - started < 5


def test_versions_are_those_of_the_stack_lock_or_the_difference_shows(lab):
    seen = lab.status()
    told = {one["service"]: one["version"] for one in seen["services"] if one["version"]}
    assert told["mariadb"].startswith("10.11.")
    assert told["kafka"].startswith("3.9")
    assert told["spark-master"] == told["spark-worker"] == "3.5.7"
    assert told["airflow-webserver"] == "2.9.3"
    assert told["superset"] == "3.1.0"
    assert service(seen, "trino")["version_ok"] == (told["trino"] == "478")
    assert service(seen, "gitea")["version_ok"] == (told["gitea"] == "1.24.2")


def test_the_whole_chain_leads_to_the_database_at_its_end(lab):
    with lab.fault("unit-stopped", "--on", "mariadb"):
        seen = lab.until(lambda seen: service(seen, "hive-metastore")["health"] != "ok")
        assert seen["first_cause"] == "mariadb"
        assert service(seen, "trino")["chain"] == ["trino", "hive-metastore", "mariadb"]
        assert {"hive-metastore", "trino", "spark-master", "spark-worker"} <= set(seen["causes"][0]["hurts"])
        assert lab.gti("status").code == 3
    lab.is_well()


def test_a_host_that_is_away_is_exit_code_4_and_does_not_delay_the_look(lab):
    with lab.fault("host-cut-off", "--on", "minio"):
        started = time.monotonic()
        ran = lab.gti("status", "-o", "json")
        assert time.monotonic() - started < 5.5
        seen = ran.json()
        assert ran.code == 4
        assert service(seen, "minio")["health"] == "unreachable"
        assert service(seen, "kafka")["health"] == "ok"
        assert seen["first_cause"] == "minio"
    lab.is_well()


def test_one_component_is_looked_at_with_what_it_needs(lab):
    seen = lab.status("superset")
    assert {one["service"] for one in seen["services"]} == {"superset-postgresql", "superset"}


def test_without_credentials_the_look_is_less_deep_and_says_so(lab, tmp_path):
    site = tmp_path / "bare.toml"
    text = lab.gti.site.read_text()
    site.write_text("".join(line for line in text.splitlines(True) if not re.match(r"(user|password) = .*", line)))
    ran = lab.gti("--site", str(site), "status", "-o", "json", env={"USER": "datalake"})
    seen = ran.json()
    assert service(seen, "minio")["health"] == "ok"
    assert "no password" in service(seen, "minio")["not_asked"]


def test_the_unit_says_since_when_it_runs_and_how_often_it_was_started_again(lab):
    with lab.fault("unit-crash-looping", "--on", "gitea"):
        seen = lab.until(lambda seen: (service(seen, "gitea")["unit_restarts"] or 0) >= 2)
        assert service(seen, "gitea")["unit"] in ("activating", "failed", "active")
    lab.is_well()
    assert service(lab.status(), "gitea")["unit_since"] is not None
