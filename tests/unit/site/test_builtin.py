"""The built-in site is the GTI platform of the table in docs: hosts, addresses, units, ports, needs."""

import pytest

from gti.site.find import find

HOSTS = [
    ("db-hive", "db-hive.gti.local", 117, "192.168.4.32"),
    ("minio", "minio.gti.local", 107, "192.168.4.31"),
    ("kafka", "kafka.gti.local", 109, "192.168.4.34"),
    ("spark", "spark.gti.local", 108, "192.168.4.33"),
    ("trino", "trino.gti.local", 111, "192.168.4.35"),
    ("airflow", "airflow.gti.local", 116, "192.168.4.36"),
    ("superset", "superset.gti.local", 115, "192.168.4.37"),
    ("gitea", "gitea.gti.local", 118, "192.168.4.26"),
]
UNITS_IN_START_ORDER = {
    "db-hive": ["mariadb", "hive-metastore"],
    "minio": ["minio"],
    "kafka": ["kafka"],
    "spark": ["spark-master", "spark-worker"],
    "trino": ["trino"],
    "airflow": ["postgresql", "airflow-webserver", "airflow-scheduler"],
    "superset": ["postgresql", "superset"],
    "gitea": ["postgresql", "gitea"],
}
PORTS = {
    "db-hive": {3306, 9083},
    "minio": {9000, 9001},
    "kafka": {9092},
    "spark": {7077, 8080, 8081},
    "trino": {8080},
    "airflow": {5432, 8089},
    "superset": {5432, 8088},
    "gitea": {5432, 3000},
}
NEEDS = {
    "mariadb": set(),
    "minio": set(),
    "kafka": set(),
    "hive-metastore": {"mariadb", "minio"},
    "spark-master": {"hive-metastore", "minio"},
    "spark-worker": {"spark-master", "hive-metastore", "minio"},
    "trino": {"hive-metastore", "minio"},
    "airflow-postgresql": set(),
    "airflow-webserver": {"airflow-postgresql"},
    "airflow-scheduler": {"airflow-postgresql"},
    "superset-postgresql": set(),
    "superset": {"superset-postgresql"},
    "gitea-postgresql": set(),
    "gitea": {"gitea-postgresql"},
}
CAN_DO_WITHOUT = {
    "airflow-webserver": {"spark-master", "trino"},
    "airflow-scheduler": {"spark-master", "trino"},
    "superset": {"trino"},
}


@pytest.fixture
def gti(desk):
    return find(None)


@pytest.fixture
def on(gti):
    """The services of one host, in start order."""
    hosts = {host.alias: host for host in gti.hosts}
    return lambda alias: gti.services_on(hosts[alias])


def test_the_platform_is_eight_servers_in_eight_containers(gti):
    assert [(host.alias, host.name, host.container, host.address) for host in gti.hosts] == HOSTS


@pytest.mark.parametrize("host", UNITS_IN_START_ORDER)
def test_the_units_of_a_host_stand_in_the_order_in_which_they_start(on, host):
    assert [service.unit for service in on(host)] == UNITS_IN_START_ORDER[host]


@pytest.mark.parametrize("host", PORTS)
def test_the_ports_of_a_host_are_those_of_the_table(on, host):
    assert {port for service in on(host) for port in service.ports} == PORTS[host]


def test_every_service_needs_what_the_table_says(gti):
    assert {service.name: set(service.needs) for service in gti.services} == NEEDS


def test_what_a_service_can_do_without_is_wanted_not_needed(gti):
    assert {service.name: set(service.wants) for service in gti.services if service.wants} == CAN_DO_WITHOUT


def test_nothing_starts_before_what_it_needs(gti):
    started = set()
    for service in gti.services:
        assert started >= set(service.needs), f"{service} starts too early"
        started.add(service.name)


def test_when_minio_fails_everything_that_stores_tables_is_hurt(gti):
    hurt = [service.name for service in gti.needed_by(gti.service("minio"))]
    assert hurt == ["hive-metastore", "spark-master", "spark-worker", "trino"]


def test_when_mariadb_fails_the_engines_behind_the_metastore_are_hurt(gti):
    hurt = [service.name for service in gti.needed_by(gti.service("mariadb"))]
    assert hurt == ["hive-metastore", "spark-master", "spark-worker", "trino"]


def test_when_trino_fails_what_only_wants_it_goes_on(gti):
    assert gti.needed_by(gti.service("trino")) == []


def test_each_postgresql_hurts_only_its_own_application(gti):
    assert [service.name for service in gti.needed_by(gti.service("gitea-postgresql"))] == ["gitea"]


def test_every_service_says_in_which_language_it_answers(gti):
    assert [service.name for service in gti.services if service.protocol is None] == []


def test_operators_log_in_as_datalake(gti):
    assert {host.user for host in gti.hosts} == {"datalake"}


def test_names_are_asked_of_the_platforms_own_dns(gti):
    assert gti.dns == "192.168.4.30"


def test_databases_are_reached_through_ssh_for_they_listen_to_their_own_host_only(gti):
    databases = [service.name for service in gti.services if service.via == "ssh"]
    assert databases == ["mariadb", "airflow-postgresql", "superset-postgresql", "gitea-postgresql"]


def test_no_password_stands_in_the_file(gti):
    assert {service.password.split(":")[0] for service in gti.services if service.password} == {"env"}


def test_there_is_nothing_to_mend_but_the_hosts_that_nobody_trusts_yet(desk, gti):
    findings = desk.findings("gti")
    assert {finding.mend for finding in findings} == {f"gti site trust {host}" for host in gti.hosts}


def test_its_components_are_named_in_the_order_of_the_platform(gti):
    assert gti.components == [
        "metastore", "minio", "kafka", "spark", "trino", "airflow", "superset", "gitea",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["kafka", "kafka.gti.local", "192.168.4.34", "109"])
def test_a_host_answers_to_each_of_its_names(gti, word):
    assert [host.alias for host in gti.select_hosts([word])] == ["kafka"]


def test_a_component_stands_for_its_hosts_and_for_its_services(gti):
    assert [host.alias for host in gti.select_hosts(["metastore"])] == ["db-hive"]
    assert [service.name for service in gti.select_services(["metastore"])] == ["mariadb", "hive-metastore"]
