"""Many at once: capped, in order, and one failure is one row."""

import threading

import pytest

from gti.errors import Failed
from gti.remote.fanout import Late, fan_out, within


def test_answers_come_in_the_order_of_the_question_whoever_is_first():
    gates = [threading.Event() for _ in range(3)]

    def work(number):
        if number < 2:
            gates[number + 1].wait(5)
        gates[number].set()
        return number

    assert [outcome.value for outcome in fan_out([0, 1, 2], work)] == [0, 1, 2]


def test_never_more_at_once_than_allowed():
    lock, now, most = threading.Lock(), 0, 0
    third = threading.Barrier(3)

    def work(_):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        third.wait(5)
        with lock:
            now -= 1

    list(fan_out(range(12), work, parallel=3))
    assert most == 3


def test_one_failure_costs_its_own_row():
    def work(number):
        if number == 1:
            raise Failed("dead")
        return number

    outcomes = list(fan_out([0, 1, 2], work))
    assert [outcome.value for outcome in outcomes] == [0, None, 2]
    assert outcomes[1].error.what == "dead"


def test_a_defect_is_raised_and_not_taken_for_an_answer():
    with pytest.raises(ZeroDivisionError):
        list(fan_out([0], lambda number: 1 / number))


def test_who_does_not_come_back_in_time_is_late_and_keeps_nobody_waiting():
    never = threading.Event()
    results = within(0.1, {"slow": lambda: never.wait(30), "quick": lambda: 7})
    assert results == {"slow": Late(), "quick": 7}
