"""Cases that compare or count for themselves, on what a server could have told."""

from __future__ import annotations

import pytest

from benchmarks.cases import history, reconnect, room_rate
from benchmarks.cases.storm import Return
from benchmarks.ladder import Climb, Rung
from benchmarks.sample import VOID, Finding
from benchmarks.stage import Usage
from tests.unit.benchmarks.builders import histogram, load

SCAN = ["Index Scan Backward a_room_posts_one_message_at_a_time chat_message"]
USERS = ["Index Scan Forward accounts_user_pkey accounts_user"]


def climbs(*latencies_and_ends: tuple[float, float]) -> Finding:
    """Two climbs of a server: at 1,000/s, 2,000/s and so on, with p99 in 2^n ns and so many seconds behind."""
    runs = [
        (1_000.0 * (at + 1), load(latency=histogram(**{f"n{power}": 100}), last_delivery_s=1.0 + behind_s))
        for at, (power, behind_s) in enumerate(latencies_and_ends)
    ]
    return room_rate.finding_of(
        Climb(tuple(Rung(rate, run, room_rate.sustained(run)) for rate, run in runs)),
        Climb(tuple(Rung(rate, run, room_rate.kept_up(run)) for rate, run in runs)),
    )


def test_the_highest_rate_in_time_and_the_highest_at_all():
    found = climbs((20, 0.0), (22, 0.1), (27, 0.3), (30, 2.0))
    assert (found.figures["rate"], found.figures["kept"]) == (2_000.0, 3_000.0)
    assert found.figures["p99_ms"] == pytest.approx(4.2, abs=0.1)
    assert found.figures["kept_p99_ms"] == pytest.approx(136, abs=1)
    assert found.faults == ()


def test_who_is_never_in_time_still_has_a_rate_that_was_kept_up_with():
    found = climbs((27, 0.1), (28, 0.2), (30, 2.0))
    assert "rate" not in found.figures
    assert "p99_ms" not in found.figures
    assert (found.figures["kept"], found.figures["cpu_us"]) == (2_000.0, pytest.approx(20.0))
    assert "every rate" in found.notes[0]


def test_who_never_keeps_up_has_nothing():
    found = climbs((30, 2.0))
    assert found.figures == {}
    assert "not even" in found.faults[0]


def usage(load_core: float = 0.4) -> Usage:
    return Usage(20.0, server_s=10.0, postgresql_s=1.0, redis_s=0.1, server_core=0.5, load_core=load_core)


def test_a_storm_is_late_by_what_its_slowest_twentieth_is_after_the_window():
    returns = [Return(at / 100 * 20, 0, whole=True) for at in range(1, 101)]
    finding = reconnect.finding_of(returns, usage(), queries=2)
    assert finding.faults == []
    assert finding.figures["p95_s"] == pytest.approx(19.0, abs=0.05)
    assert finding.figures["late_s"] == pytest.approx(-1.0, abs=0.05)
    assert finding.figures["queries"] == 0.02
    assert finding.figures["last_s"] == 20.0


def test_a_storm_counts_only_if_everybody_was_told_what_they_missed():
    returns = [Return(1.0, 0, whole=True)] * 9 + [Return(1.0, 2, whole=False)]
    finding = reconnect.finding_of(returns, usage(load_core=0.9), queries=2)
    assert finding.figures["refused"] == 0.2
    incomplete, void = finding.faults
    assert "1 of 10" in incomplete
    assert void.startswith(VOID)


def room(plan, buffers=7.0, time_ms=0.1):
    return {name: {"plan": plan, "buffers": buffers, "time_ms": time_ms} for name in ("first", "middle", "last")}


def test_the_worst_page_of_history_counts():
    small, large = room(["Limit", SCAN]), room(["Limit", SCAN])
    large["last"] |= {"buffers": 14.0, "time_ms": 0.3, "plan": ["Limit", ["Sort"]]}
    figures = history.finding_of(small, large).figures
    assert (figures["same_plans"], figures["buffers_ratio"]) == (2.0, 2.0)
    assert figures["time_ratio"] == pytest.approx(3.0)


def test_a_plan_that_remembers_authors_is_no_other_plan_and_both_are_shown():
    small = room(["Limit", ["Nested Loop", SCAN, USERS]])
    large = room(["Limit", ["Nested Loop", SCAN, ["Memoize", USERS]]])
    finding = history.finding_of(small, large)
    assert finding.figures["same_plans"] == 3.0
    assert any("Memoize" in note for note in finding.notes)
