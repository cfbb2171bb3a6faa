"""Schedules, and which runs of them count."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases.figures import COSTS, LATENCIES, load_figures
from benchmarks.cases.room_rate import sustained
from benchmarks.stage import LOAD_BUSY_MAX, schedule
from benchmarks.systems import Crowd
from tests.unit.benchmarks.builders import histogram, load


def test_every_room_gets_its_rate_evenly_and_its_members_speak_in_turn():
    messages = schedule(Crowd(6, 2), per_room_s=10.0, length_s=0.5)
    assert [message.by for message in messages] == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    gaps = [later.at_s - message.at_s for message, later in itertools.pairwise(messages)]
    assert gaps == pytest.approx([0.05] * 9)


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.5, 50), st.floats(0.5, 5))
def test_no_message_is_early_late_or_from_somebody_of_another_room(rooms, size, per_s, length_s):
    crowd = Crowd(rooms * size, rooms)
    messages = schedule(crowd, per_s, length_s)
    assert [message.at_s for message in messages] == sorted(message.at_s for message in messages)
    counts = Counter(crowd.place(message.by) for message in messages)
    assert set(counts.values()) == {max(1, round(per_s * length_s))}
    assert len(counts) == rooms


def test_not_everybody_of_a_large_room_speaks():
    assert len({message.by for message in schedule(Crowd(10_000), 1_000.0, 1.0)}) == 100


def test_a_good_run_has_no_faults():
    assert load().faults() == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"missing": 1}, "incomplete"),
        ({"doubled": 1}, "incomplete"),
        ({"disordered": 1}, "out of order"),
        ({"closed": 1}, "connections closed"),
        ({"acknowledged": 9}, "never acknowledged"),
        ({"refused": 1, "first_error": "rate_limited"}, "rate_limited"),
        ({"load_core": LOAD_BUSY_MAX + 0.01}, "void"),
    ],
)
def test_a_run_that_does_not_count_says_why(changes, word):
    (fault,) = load(**changes).faults()
    assert word in fault


def test_at_the_bound_a_run_is_not_void_yet():
    assert not load(load_core=LOAD_BUSY_MAX).void


def test_who_gives_no_replies_owes_none():
    assert load(acknowledged=0, wants_replies=False).faults() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"missing": 1},
        {"load_core": 0.9},
        {"last_delivery_s": 1.6},
        {"latency": histogram(n20=98, n26=2)},  # 2^26 ns are 67 ms
    ],
)
def test_a_rate_is_not_sustained_if_anything_is_wrong(changes):
    assert sustained(load())
    assert not sustained(load(**changes))


def test_a_run_becomes_every_figure_that_is_shown():
    figures = load_figures(load())
    assert set(figures) == {figure.key for figure in (*LATENCIES, *COSTS)}
    assert figures["cpu_us"] == pytest.approx(20.0)
    assert figures["postgresql_us"] == pytest.approx(10.0)
    assert figures["load_us"] == pytest.approx(10.0)
    assert (figures["load_core"], figures["bytes"]) == (50.0, 200.0)
    assert figures["p99_ms"] == pytest.approx(1.065, abs=0.01)


def test_a_run_in_which_nothing_came_has_figures_too():
    nothing = load(deliveries=0, last_delivery_s=0.0, latency=histogram())
    assert load_figures(nothing)["cpu_us"] == pytest.approx(2_000.0)
    assert nothing.behind_s == 0.0
