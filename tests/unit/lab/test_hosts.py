"""The lab is the platform: its hosts, its services, and a site file that says so."""

import tomllib
from pathlib import Path

import pytest

from gti.lab.real.document import site_text
from gti.lab.real.hosts import HOSTS, NETWORK, host_called
from gti.lab.real.lab import hosts_of
from gti.lab.real.place import Place
from gti.site.find import platform

PLACE = Place(Path("/nowhere/home"), Path("/nowhere/cache"))


def lab_site(*aliases: str) -> dict:
    text = site_text(PLACE, [host_called(alias) for alias in aliases] or HOSTS)
    return tomllib.loads(text)["sites"]["lab-real"]


def test_the_lab_has_every_host_of_the_platform_under_its_own_name():
    assert {host.alias: host.name for host in HOSTS} == {host.alias: host.name for host in platform().hosts}


def test_no_host_of_the_lab_has_an_address_that_a_real_network_could_have():
    assert all(host.address.startswith(f"{NETWORK}.") for host in HOSTS)
    assert NETWORK == "198.18.0"


def test_the_units_of_the_lab_are_those_of_the_platform():
    for service in platform().services:
        assert service.unit in host_called(service.host.alias).units


def test_the_site_of_the_lab_differs_from_the_platform_in_places_and_secrets_alone():
    lab = lab_site()
    assert list(lab["services"]) == [service.name for service in platform().services]
    assert lab["hosts"]["kafka"]["address"] == "198.18.0.34"
    assert lab["services"]["mariadb"]["password"] == "file:/nowhere/home/secrets/HIVE_DB_PASSWORD"
    assert lab["services"]["trino"]["version"] == "478"


def test_a_lab_of_some_hosts_leaves_the_others_out():
    lab = lab_site("kafka", "airflow")
    assert list(lab["hosts"]) == ["kafka", "airflow"]
    assert lab["services"]["airflow-webserver"]["wants"] == []


@pytest.mark.parametrize(
    ("only", "hosts"),
    [
        (["kafka"], ["kafka"]),
        (["trino"], ["db-hive", "minio", "trino"]),
        (["kafka", "minio"], ["minio", "kafka"]),
        ([], [host.alias for host in HOSTS]),
    ],
)
def test_what_is_asked_for_comes_with_what_it_needs(only, hosts):
    assert [host.alias for host in hosts_of(only)] == hosts
