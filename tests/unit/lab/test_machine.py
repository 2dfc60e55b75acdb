"""Where the real lab can be, and that one gti at a time has it in hand."""

import os
import threading

import pytest

from gti.errors import Refused
from gti.lab.real import machine


def test_who_is_not_root_is_refused_and_shown_the_embedded_lab(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine, "_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    with pytest.raises(Refused, match="the real lab needs root:") as refused:
        machine.check()
    assert "embedded lab" in "\n".join(refused.value.lines())


def test_a_machine_that_is_no_debian_12_is_refused(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_os_release", lambda: {"ID": "fedora"})
    with pytest.raises(Refused, match="the real lab needs Debian 12"):
        machine.check()


def test_a_second_gti_waits_for_the_first_and_says_so(tmp_path):
    told, order, inside = [], [], threading.Event()
    lock = tmp_path / "lock"

    def second():
        inside.wait(5)
        with machine.alone(lock, told.append):
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with machine.alone(lock, told.append):
        inside.set()
        while not told:
            waiting.join(0.01)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert f"process {os.getpid()}" in told[0]
