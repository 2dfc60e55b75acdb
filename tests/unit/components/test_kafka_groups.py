"""Consumer groups that are at work and read nothing. The bytes are those of a broker with a reader that hung."""

from __future__ import annotations

import struct

import pytest

from gti.components.answer import Login
from gti.components.kafka import probe
from gti.components.kafka_commits import log_of

from .kafka_broker import CALM, ONE, Broker, array, cluster, framed, partition, text, topic

GROUPS = framed(bytes.fromhex("00000000000000020862696c6c696e6709636f6e73756d657207537461626c650000"))
COMMITTED = framed(bytes.fromhex("00000001000573616c657300000001000000000000000000000005000000000000"))
ENDS = framed(bytes.fromhex("00000001000573616c657300000001000000000000ffffffffffffffff0000000000000081"))
NOTHING_YOUNGER = framed(
    bytes.fromhex(
        "0000000200125f5f636f6e73756d65725f6f66667365747300000001000000090000ffffffffffffffffffffffffffffffff"
        "000573616c657300000001000000000000ffffffffffffffffffffffffffffffff"
    )
)
MEMBERS = framed(
    bytes.fromhex(
        "000000010000000762696c6c696e670006537461626c650008636f6e73756d6572000572616e676500000001002c62696c6c"
        "696e672d66613364393862362d646365392d346664642d616535372d333632313937363932303438000762696c6c696e6700"
        "0a2f3132372e302e302e3100000011000000000001000573616c65730000000000000019000000000001000573616c657300"
        "0000010000000000000000"
    )
)
# The first commit of this group, as it lies in the topic of commits.
COMMIT = bytes.fromhex(
    "00000000025da5ceaf000000000000000001a1fd829db1000001a1fd829db1ffffffffffffffffffff000000000000000168"
    "0000002c0001000762696c6c696e67000573616c6573000000003000030000000000000005000000000000000001a1fd829d"
    "b000"
)
OFFSET = struct.pack(">hq", 3, 5)
# The group forms itself: a record that the broker writes when a member comes or goes.
FORMED = bytes.fromhex(
    "0000000002344bb200000000000000000001a1fd829576000001a1fd829576ffffffffffffffffffffffffffff00000001a6"
    "03000000160002000762696c6c696e67820300030008636f6e73756d657200000001000572616e6765002c62696c6c696e67"
    "2d66613364393862362d646365392d346664642d616535372d333632313937363932303438000001a1fd8295710000000100"
    "2c62696c6c696e672d66613364393862362d646365392d346664642d616535372d333632313937363932303438ffff000762"
    "696c6c696e67000a2f3132372e302e302e3102932e000000afc800000011000000000001000573616c657300000000000000"
    "0a00000000000000000000000000000000"
)
OF_COMMITS = topic("__consumer_offsets", *(partition(ONE, number) for number in range(50)), internal=True)
SALES = topic("sales", partition(ONE))
CONVERSATION = (
    CALM["api versions"],
    cluster(ONE, SALES, OF_COMMITS),
    CALM["quorum"],
    CALM["log folders"],
    *(GROUPS, COMMITTED, ENDS, NOTHING_YOUNGER, MEMBERS),
)
STUCK = "group billing stands still on sales[0]: 124 unread, oldest over 30 s, 1 member on 127.0.0.1"


def commit(offset: int) -> bytes:
    return COMMIT.replace(OFFSET, struct.pack(">hq", 3, offset))


def places(**offsets: int) -> bytes:
    """The answer to ListOffsets for partition 9 of the commits and partition 0 of sales."""
    names = {"commits": ("__consumer_offsets", 9), "sales": ("sales", 0)}
    return framed(
        array(
            *(
                text(names[name][0]) + array(struct.pack(">ihqq", names[name][1], 0, -1, offset))
                for name, offset in offsets.items()
            )
        )
    )


def log(*batches: bytes, end: int | None = None) -> bytes:
    """The answer to Fetch: batches of one record each, from the first offset on."""
    records = b"".join(struct.pack(">qi", n, len(batch)) + batch for n, batch in enumerate(batches))
    last = len(batches) if end is None else end
    head = struct.pack(">ihqqi", 9, 0, last, last, -1)
    commits = text("__consumer_offsets") + array(head + struct.pack(">i", len(records)) + records)
    return framed(bytes(4) + array(commits))


def asked(serve, ends: bytes = ENDS, younger: bytes = NOTHING_YOUNGER, **lines: bytes):
    lines = {"groups": GROUPS, "committed": COMMITTED, "members": MEMBERS, **lines}
    metadata = cluster(ONE, SALES, OF_COMMITS)
    return probe(serve(Broker({**lines, "metadata": metadata, "offsets": [ends, younger]})), Login(), 1)


def test_a_group_that_reads_nothing_while_old_messages_wait_is_stuck(serve):
    answer = asked(serve)
    assert (answer.well, answer.worries, answer.missing) == (True, (STUCK,), None)


def test_a_group_that_commits_the_same_again_and_again_is_stuck(serve):
    answer = asked(serve, younger=places(commits=0, sales=-1), fetch=log(commit(5), commit(5)))
    assert answer.worries == (STUCK,)


@pytest.mark.parametrize(
    "lately",
    [
        log(commit(3), commit(5)),
        log(commit(5)),
        log(FORMED, commit(5), commit(5)),
        log(commit(5), commit(5), end=3),
        log(commit(5)[:-20]),
    ],
    ids=["moves", "moved", "has just been formed", "not all could be read", "is broken"],
)
def test_a_group_that_moves_or_may_move_is_not_stuck_however_far_behind(serve, lately):
    answer = asked(serve, younger=places(commits=0, sales=-1), fetch=lately)
    assert answer.well
    assert answer.worries == ()


@pytest.mark.parametrize("younger", [places(commits=-1, sales=5), places(commits=-1, sales=2)])
def test_a_group_that_has_only_young_messages_to_read_is_not_stuck(serve, younger):
    assert asked(serve, younger=younger).worries == ()


def test_a_handful_of_unread_messages_is_not_worth_a_line(serve):
    assert asked(serve, ends=places(sales=14)).worries == ()


def test_a_group_that_is_beyond_the_end_of_its_topic_is_a_worry(serve):
    answer = asked(serve, ends=places(sales=2))
    assert answer.worries == ("group billing has read sales[0] up to 5, but it ends at 2: made anew?",)


def test_a_group_that_never_committed_is_no_worry(serve):
    never = COMMITTED.replace(struct.pack(">q", 5), struct.pack(">q", -1))
    assert asked(serve, ends=places(), committed=never).worries == ()


def test_without_members_in_the_answer_the_group_is_told_of_all_the_same(serve):
    nobody = array(b"\0\0" + text("billing") + text("Dead") + text("") + text("") + array())
    assert asked(serve, members=framed(nobody)).worries == (STUCK.removesuffix(", 1 member on 127.0.0.1"),)


def test_without_groups_at_work_nothing_more_is_asked(serve):
    broker = Broker({"metadata": cluster(ONE, OF_COMMITS), "groups": framed(bytes(7) + b"\1\0")})
    answer = probe(serve(broker), Login(), 1)
    assert (answer.worries, broker.asked[-1]) == ((), "groups")


@pytest.mark.parametrize(("group", "log"), [("billing", 9), ("arquivo-logs", 47), ("painel-eventos", 12)])
def test_the_log_of_a_groups_commits_is_where_the_broker_has_it(group, log):
    assert log_of(group, 50) == log
