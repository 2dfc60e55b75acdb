"""What the probe of Kafka 3.9 says; the bytes are a broker's."""

from __future__ import annotations

from gti.components.answer import Login
from gti.components.kafka import probe

from .servers import answers

API_VERSIONS = bytes.fromhex(
    "000001780067746900000000003d00000000000b00010000001100020000000900030000000c000800000009000900000009"
    "000a00000006000b00000009000c00000004000d00000005000e00000005000f000000050010000000050011000000010012"
    "00000004001300000007001400000006001500000002001600000005001700000004001800000005001900000004001a0000"
    "0004001b00000001001c00000004001d00000003001e00000003001f00000003002000000004002100000002002200000002"
    "002300000004002400000002002500000003002600000003002700000002002800000002002900000003002a00000002002b"
    "00000002002c00000001002d00000000002e00000000002f0000000000300000000100310000000100320000000000330000"
    "0000003700000002003900000001003c00000001003d00000000004000000000004100000000004200000001004400000000"
    "004500000000004a00000000004b00000000005000000000005100000000"
)
A_CONTROLLERS = bytes.fromhex("0000001600677469000000000002000100000011001200000004")
BROKER = bytes.fromhex("00000001000000010009") + b"127.0.0.1" + bytes.fromhex("00002384ffff")
A_QUORUM = b"\x02\x13__cluster_metadata\x02\0\0\0\0"
ONE, NONE = b"\0\0\0\1", b"\xff\xff\xff\xff"


def partition(leader: bytes) -> bytes:
    return bytes(6) + leader + ONE + ONE + ONE + ONE


def metadata(controller: bytes, *leaders: bytes, internal: bytes = b"\0") -> bytes:
    topic = b"\0\0\0\x05sales" + internal + len(leaders).to_bytes(4, "big") + b"".join(map(partition, leaders))
    body = b"\0gti" + BROKER + controller + ONE + topic
    return len(body).to_bytes(4, "big") + body


def quorum(leader: bytes, error: bytes = b"\0\0", of_it: bytes = b"\0\0") -> bytes:
    body = b"\0gti" + b"\0" + error + A_QUORUM + of_it + leader + bytes(20)
    return len(body).to_bytes(4, "big") + body


def test_a_broker_with_a_controller_is_well(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE, ONE), quorum(ONE))), Login(), 1)
    assert (answer.well, answer.says) == (True, "1 broker, controller 1, 1 topic")


def test_the_release_is_inferred_from_what_the_broker_understands(serve):
    assert probe(serve(answers(API_VERSIONS, metadata(ONE), quorum(ONE))), Login(), 1).version == "3.9"


def test_topics_of_kafkas_own_are_not_counted(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE, internal=b"\1"), quorum(ONE))), Login(), 1)
    assert answer.says == "1 broker, controller 1, 0 topics"


def test_a_quorum_without_a_leader_is_no_controller_whatever_the_broker_names(serve):
    for lost in (quorum(NONE), quorum(ONE, of_it=b"\0\6")):
        answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE), lost)), Login(), 1)
        assert (answer.well, answer.says) == (False, "1 broker, no controller")


def test_a_quorum_that_does_not_answer_is_no_controller(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE))), Login(), 0.2)
    assert (answer.well, answer.says) == (False, "1 broker, no controller")


def test_a_controller_on_a_host_of_its_own_is_well(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE), quorum(b"\0\0\0\7"))), Login(), 1)
    assert (answer.well, answer.says) == (True, "1 broker, controller 7, 1 topic")


def test_where_the_quorum_may_not_be_asked_the_brokers_word_counts(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE), quorum(ONE, error=b"\0\x1f"))), Login(), 1)
    assert answer.well


def test_partitions_without_a_leader_are_unwell(serve):
    answer = probe(serve(answers(API_VERSIONS, metadata(ONE, ONE, NONE, NONE), quorum(ONE))), Login(), 1)
    assert (answer.well, answer.says) == (False, "1 broker, 2 partitions without a leader")


def test_a_controllers_port_is_named_as_such(serve):
    answer = probe(serve(answers(A_CONTROLLERS)), Login(), 1)
    assert (answer.well, answer.says) == (False, "a controller's port: no broker listens here")


def test_a_broker_that_tells_nothing_of_its_cluster_is_unwell(serve):
    answer = probe(serve(answers(API_VERSIONS)), Login(), 0.1)
    assert not answer.well
    assert answer.says == "answers, but tells nothing of its cluster (no answer in 0.1 s)"
