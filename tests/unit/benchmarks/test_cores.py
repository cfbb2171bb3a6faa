"""How busy a processor has been, and what a machine has to have."""

from __future__ import annotations

import os
import resource

import pytest

from benchmarks.machine import cpu_model
from benchmarks.stage import StageError, choose_cores
from benchmarks.stage.cores import Ticks, raise_file_limit, ticks

STAT = """cpu  300 0 100 1000 10 0 0 0 0 0
cpu0 100 10 50 500 40 3 2 5 90 0
cpu1 200 0 50 500 0 0 0 0 0 0
intr 1 2 3
"""


def test_waiting_is_not_busy_and_what_other_machines_took_is():
    assert ticks(0, STAT) == Ticks(busy=100 + 10 + 50 + 3 + 2 + 5, total=710)
    assert ticks(1, STAT) == Ticks(busy=250, total=750)


def test_a_processor_that_is_not_there_is_an_error():
    with pytest.raises(StageError, match="no processor 7"):
        ticks(7, STAT)


def test_the_share_is_of_the_time_between():
    assert Ticks(150, 400).share_since(Ticks(100, 300)) == 0.5
    assert Ticks(100, 300).share_since(Ticks(100, 300)) == 0.0


def test_one_processor_is_not_enough(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    with pytest.raises(StageError, match="two processors"):
        choose_cores()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 2, 7})
    assert (choose_cores().server, choose_cores().load) == (2, 5)


def test_too_few_open_files_are_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    raised = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    with pytest.raises(StageError, match=r"10,000 sockets need 10,300 open files, and this shell allows 4,096"):
        raise_file_limit(10_000)
    raise_file_limit(2_000)
    assert raised == [(4_096, 4_096)] * 2


def test_a_processor_is_called_what_it_is_called():
    assert cpu_model("processor\t: 0\nmodel name\t: Some  CPU @ 3 GHz\nflags : a b\n") == "Some CPU @ 3 GHz"
    assert cpu_model("BogoMIPS : 50.00\n")
