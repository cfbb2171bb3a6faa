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
    assert health.report(1) == Report(ready=False, phase="starting", database="away", broker="ok")
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
    health.broker(False)
    assert (health.report(0).ready, health.report(0).broker) == (True, "degraded")
    health.broker(True)
    assert health.report(0).broker == "ok"
