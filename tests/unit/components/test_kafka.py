"""What the probe of Kafka 3.9 says of the cluster."""

from __future__ import annotations

import pytest

from gti.components.answer import Login
from gti.components.kafka import probe

from .kafka_broker import (
    A_CONTROLLERS,
    API_VERSIONS,
    NONE,
    ONE,
    Broker,
    cluster,
    framed,
    log_folder,
    metadata,
    partition,
    quorum,
    topic,
)
from .servers import answers

TWO = b"\0\0\0\2"


def asked(serve, seconds=1.0, **lines):
    return probe(serve(Broker({name.replace("_", " "): line for name, line in lines.items()})), Login(), seconds)


def test_a_broker_with_a_controller_is_well(serve):
    answer = asked(serve)
    assert (answer.well, answer.says) == (True, "1 broker, controller 1, 1 topic")
    assert (answer.worries, answer.missing) == ((), None)


def test_the_release_is_inferred_from_what_the_broker_understands(serve):
    assert asked(serve).version == "3.9"


def test_topics_of_kafkas_own_are_not_counted(serve):
    assert asked(serve, metadata=metadata(ONE, ONE, internal=True)).says == "1 broker, controller 1, 0 topics"


def test_a_quorum_without_a_leader_is_no_controller_whatever_the_broker_names(serve):
    for lost in (quorum(NONE), quorum(ONE, of_it=b"\0\6")):
        answer = asked(serve, quorum=lost)
        assert (answer.well, answer.says) == (False, "1 broker, no controller")


def test_a_quorum_that_does_not_answer_is_no_controller(serve):
    answer = asked(serve, 0.2, quorum=b"")
    assert (answer.well, answer.says) == (False, "1 broker, no controller")


def test_a_controller_on_a_host_of_its_own_is_well(serve):
    answer = asked(serve, quorum=quorum(b"\0\0\0\7"))
    assert (answer.well, answer.says) == (True, "1 broker, controller 7, 1 topic")


def test_where_the_quorum_may_not_be_asked_the_brokers_word_counts(serve):
    assert asked(serve, quorum=quorum(ONE, error=b"\0\x1f")).well


def test_partitions_without_a_leader_are_named(serve):
    answer = asked(serve, metadata=metadata(ONE, ONE, NONE, NONE))
    assert (answer.well, answer.worries) == (True, ("2 partitions without a leader: sales[1,2]",))


def test_the_broker_that_would_have_to_lead_is_named_when_it_is_gone(serve):
    lost = topic("orders", partition(NONE, replicas=(TWO,)))
    answer = asked(serve, metadata=cluster(ONE, topic("sales", partition(ONE)), lost))
    assert answer.worries == ("1 partition without a leader: orders[0] (broker 2 is gone)",)


def test_copies_out_of_sync_are_a_worry(serve):
    lacking = topic("orders", partition(ONE, replicas=(ONE, TWO)))
    answer = asked(serve, metadata=cluster(ONE, lacking))
    assert answer.worries == ("1 partition with copies out of sync: orders[0] (broker 2 is gone)",)


def test_many_partitions_without_a_leader_stay_one_short_line(serve):
    some = [topic(f"t{n}", *(partition(NONE, number) for number in range(9))) for n in range(5)]
    answer = asked(serve, metadata=cluster(ONE, topic("sales", partition(ONE)), *some))
    names = "t0[0,1,2,…], t1[0,1,2,…], t2[0,1,2,…]"
    assert answer.worries == (f"45 partitions without a leader: {names}, and 2 more topics",)


def test_a_cluster_in_which_nothing_has_a_leader_is_unwell(serve):
    answer = asked(serve, metadata=metadata(ONE, NONE, NONE))
    assert (answer.well, answer.says) == (False, "1 broker, no partition has a leader")


@pytest.mark.parametrize(
    ("folder", "worries"),
    [
        (log_folder(1000, 51), ()),
        (log_folder(1000, 50), ("log folder /var/lib/kafka is 95 % full, 50 MiB free",)),
        (log_folder(0, 0, error=56), ("log folder /var/lib/kafka is offline",)),
        (log_folder(0, 0), ()),
    ],
)
def test_a_log_folder_that_is_full_or_offline_is_a_worry(serve, folder, worries):
    answer = asked(serve, log_folders=folder)
    assert (answer.well, answer.worries, answer.missing) == (True, worries, None)


@pytest.mark.parametrize(("error", "why"), [(b"\0\x1f", "not allowed"), (b"\0\x0e", "Kafka's error 14")])
def test_log_folders_that_may_not_be_seen_are_no_fault(serve, error, why):
    answer = asked(serve, log_folders=framed(bytes(5) + error + b"\1\0"))
    assert (answer.well, answer.worries) == (True, ())
    assert answer.missing == f"log folders not looked at: {why}"


def test_a_broker_that_goes_silent_half_way_is_well_and_not_wholly_looked_at(serve):
    answer = asked(serve, 0.2, log_folders=b"")
    assert answer.well
    assert answer.missing == "log folders not looked at: no answer in 0.2 s"


def test_a_controllers_port_is_named_as_such(serve):
    answer = probe(serve(answers(A_CONTROLLERS)), Login(), 1)
    assert (answer.well, answer.says) == (False, "a controller's port: no broker listens here")


def test_a_broker_that_tells_nothing_of_its_cluster_is_unwell(serve):
    answer = probe(serve(answers(API_VERSIONS)), Login(), 0.1)
    assert not answer.well
    assert answer.says == "answers, but tells nothing of its cluster (no answer in 0.1 s)"
