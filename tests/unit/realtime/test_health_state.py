"""When a process is ready for traffic."""

from __future__ import annotations

import pytest

from realtime.health import AWAY_S, Health, Phase, Report


@pytest.fixture
def health() -> Health:
    health = Health()
    health.enter(Phase.READY)
    health.database_answered()
    return health


def test_a_process_is_born_starting_and_not_ready():
    report = Health().report(0)
    assert (report.ready, report.phase) == (False, "starting")


def test_it_is_not_ready_before_its_database_has_answered_for_the_first_time():
    health = Health()
    health.enter(Phase.READY)
    health.database_failed(1)
    reasons = ["The process is starting.", "The database has not answered yet."]
    assert health.report(1) == Report(ready=False, phase="starting", database="away", broker="ok", reasons=reasons)
    health.database_answered()
    assert health.report(2) == Report(ready=True, phase="ready", database="ok", broker="ok")


def test_it_is_ready_once_it_says_so_and_no_more_when_it_drains(health):
    assert health.report(0).ready
    health.enter(Phase.DRAINING)
    assert (health.report(0).ready, health.report(0).phase) == (False, "draining")


def test_a_database_away_for_a_moment_is_told_and_forgiven(health):
    health.database_failed(100)
    report = health.report(100 + AWAY_S)
    assert (report.ready, report.database) == (True, "away")


def test_a_database_away_for_over_ten_seconds_ends_readiness(health):
    health.database_failed(100)
    # Later failures do not start the clock again.
    health.database_failed(109)
    assert not health.report(100 + AWAY_S + 0.1).ready


def test_the_first_answer_brings_readiness_back(health):
    health.database_failed(100)
    health.database_answered()
    report = health.report(200)
    assert (report.ready, report.database) == (True, "ok")


def test_a_lost_broker_is_told_and_leaves_the_process_ready(health):
    health.broker(False, 10)
    health.broker(False, 12)
    report = health.report(15)
    assert (report.ready, report.broker) == (True, "degraded")
    assert report.reasons == ["The broker has been away for 5 s; messages come from the database, later."]
    health.broker(True, 16)
    assert (health.report(16).broker, health.report(16).reasons) == ("ok", [])


def test_it_says_since_when_the_database_is_away(health):
    health.database_failed(100)
    assert health.report(112).reasons == ["The database has been away for 12 s."]


def test_a_process_that_drains_says_so(health):
    health.enter(Phase.DRAINING)
    assert health.report(0).reasons == ["The process is draining and takes nobody in."]


@pytest.mark.parametrize(
    ("lag_s", "fullness", "now", "reason"),
    [
        (0.8, 0.0, 1, "The event loop kept something waiting for 0.8 s."),
        (0.0, 0.9, 1, "The writer's queue is 90% full."),
        (0.0, 0.0, 8, "The event loop has not been looked at for 8 s."),
    ],
)
def test_a_slow_loop_and_a_full_queue_are_told_and_leave_the_process_ready(health, lag_s, fullness, now, reason):
    health.looked(0.1, 0.1, 0)
    assert health.report(0).reasons == []
    health.looked(lag_s, fullness, 0)
    assert (health.report(now).ready, health.report(now).reasons) == (True, [reason])
