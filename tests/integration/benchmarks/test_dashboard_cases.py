"""The cases of dashboards, very small, on a real Chorus: that they measure what they say, not how good it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.case import Case
from benchmarks.cases import CASES, dashboard, dashboard_chat, dashboard_polling, watching
from benchmarks.sample import VOID, Finding
from benchmarks.stage import Stage
from benchmarks.systems import SYSTEMS
from tests.support.processes import RUNNING

CLIENTS = 20


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    before = list(RUNNING)
    with Stage(quick=True) as opened:
        yield opened
    assert before == RUNNING


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module, name, value in (
        (dashboard, "QUICK_WATCHERS", CLIENTS),
        *((dashboard, name, 1.0) for name in ("QUIET_S", "WARM_UP_S")),
        *((dashboard_polling, name, 1.0) for name in ("QUIET_S", "WARM_UP_S", "QUICK_FULL_S", "EVERY_S")),
        *((module, "QUICK_LENGTH_S", 4.0) for module in (dashboard, dashboard_polling)),
        (dashboard_polling, "QUICK_POLLERS", CLIENTS),
        (dashboard_polling, "QUICK_POLLED_S", 4.0),
        (dashboard_chat, "ROOM", CLIENTS),
        *((dashboard_chat, name, 2.0) for name in ("WARM_UP_S", "QUICK_LENGTH_S")),
        # Few ticks fit into so short a time, and the first may just be missed.
        (watching, "TICKS_MIN", 0.4),
    ):
        monkeypatch.setattr(module, name, value)


def measured(case: Case, stage: Stage) -> Finding:
    finding = case.measure(stage, SYSTEMS["chorus"], ())
    # Who else runs on this machine may make a run void; the rest has nothing wrong.
    assert [fault for fault in finding.faults if not fault.startswith(VOID)] == []
    assert {figure.key for figure in case.figures} == set(finding.figures)
    return finding


def test_watchers_are_told_what_changed_once_a_second_and_soon(stage):
    figures = measured(CASES["dashboard"], stage).figures
    assert 0.5 <= figures["updates_per_s"] <= 1.6
    assert 0 < figures["age_p50_ms"] <= figures["age_p99_ms"] < 5_000
    assert 300 < figures["held_ms"] < 5_000
    # Nine numbers and the table, and not the whole with its description.
    assert 600 < figures["update_bytes"] < 2_000
    assert figures["core"] > 0 < figures["empty_core"]


def test_pollers_get_the_whole_and_what_they_have_is_older(stage):
    finding = measured(CASES["dashboard-polling"], stage)
    figures = finding.figures
    assert figures["asked_per_s"] == CLIENTS
    assert figures["answer_bytes"] > 2_000
    assert figures["polled_core"] > 100 * figures["asked_per_s"] * figures["answer_ms"] / 1_000
    assert figures["polled_age_ms"] > 500
    assert figures["unchanged_per_s"] > 10
    assert any("computed for 20" in note for note in finding.notes)


def test_a_room_talks_with_and_without_watchers(stage):
    figures = measured(CASES["dashboard-chat"], stage).figures
    assert figures["moved_ms"] == pytest.approx(figures["beside_p99_ms"] - figures["alone_p99_ms"])
    assert figures["allowed_ms"] >= 3.0
    assert figures["updates_per_s"] > 0.4
