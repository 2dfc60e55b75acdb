"""`gti lab` where there is no lab: clear refusals, nothing changed."""

import json
import os

import pytest

as_anybody = {"GTI_LAB_HOME": "/nonexistent/home", "GTI_LAB_CACHE": "/nonexistent/cache"}


def test_without_real_it_says_that_there_is_no_embedded_lab_yet(gti):
    ran = gti("lab", "up", env=as_anybody)
    assert ran.code == 2
    assert "gti lab up --real" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may make containers")
def test_the_real_lab_is_refused_to_who_is_not_root_and_the_embedded_one_named(gti):
    for words in (["up", "--real"], ["down"], ["destroy", "--yes"], ["break", "unit-stopped"], ["heal"]):
        ran = gti("lab", *words, env=as_anybody)
        assert ran.code == 5
        assert "root" in ran.err
        assert "embedded lab" in ran.err


def test_where_no_lab_is_status_says_so_and_what_to_type(gti):
    ran = gti("lab", "status", "-o", "json", env=as_anybody)
    assert ran.code == 3
    seen = json.loads(ran.out)
    assert seen["state"] == "not made"
    assert len(seen["hosts"]) == 8
    assert "gti lab up --real" in ran.err


def test_where_no_lab_is_nothing_can_be_visited(gti):
    for words in (["env"], ["ssh", "kafka"], ["logs", "kafka"]):
        ran = gti("lab", *words, env=as_anybody)
        assert ran.code == 3, words
        assert "gti lab up --real" in ran.err


def test_destroy_asks_first(gti):
    ran = gti("lab", "destroy", env=as_anybody)
    assert ran.code == 5
    assert "--yes" in ran.err


def test_faults_are_listed_without_a_lab(gti):
    listed = json.loads(gti("lab", "faults", "-o", "json", env=as_anybody).out)
    assert len(listed) >= 25
    for fault in listed:
        assert fault["name"] and fault["component"] and fault["symptom"]
        assert fault["broken"] is False


def test_an_unknown_host_and_an_unknown_service_are_told(gti):
    assert "is no host of the lab" in gti("lab", "ssh", "kafak", env=as_anybody).err
    assert "did you mean 'kafka'" in gti("lab", "logs", "kafak", env=as_anybody).err
