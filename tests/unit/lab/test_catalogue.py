"""The faults as a list: each has a name, a victim, a symptom, and no secret in its scripts."""

import pytest

from gti.errors import Misused
from gti.lab.real.faults.catalogue import FAULTS, component_of, fault_called, target, targets
from gti.lab.real.faults.fault import DATA
from gti.lab.real.faults.units import CONFIG
from gti.site.find import platform
from gti.site.model import COMPONENTS


def test_every_component_has_a_fault_and_every_fault_a_service():
    assert len(FAULTS) >= 25
    assert {component_of(fault) for fault in FAULTS.values()} == set(COMPONENTS)


def test_a_fault_can_hit_its_own_service():
    for fault in FAULTS.values():
        assert target(fault, None).name == fault.service
        if fault.on:
            assert fault.service in targets(platform(), fault)


def test_a_service_has_the_precedence_over_the_host_of_the_same_name():
    assert target(fault_called("unit-stopped"), "gitea").name == "gitea"
    assert target(fault_called("host-cut-off"), "db-hive").name == "mariadb"


def test_a_fault_of_one_service_hits_no_other():
    with pytest.raises(Misused, match="hits trino, and nothing else"):
        target(fault_called("trino-catalog-misspelt"), "kafka")


def test_a_fault_of_data_folders_hits_those_that_have_one():
    with pytest.raises(Misused, match="cannot hit 'superset'"):
        target(fault_called("disk-full"), "superset")
    assert set(DATA) <= {service.name for service in platform().services}


def test_an_unknown_fault_is_asked_back():
    with pytest.raises(Misused, match="did you mean 'unit-masked'"):
        fault_called("unit-maskd")


def test_every_service_has_a_configuration_that_can_be_broken():
    assert set(CONFIG) == {service.name for service in platform().services}
