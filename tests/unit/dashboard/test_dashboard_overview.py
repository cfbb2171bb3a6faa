"""What the processes of a cluster come to together, and what is said of one that falls silent."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.builtin.overview import overview
from dashboard.builtin.processes import processes
from dashboard.samples import Heard, added
from realtime.metrics import BOUNDS_S, Sample

EMPTY = {name: [0] * (len(BOUNDS_S) + 1) for name in ("delivery", "ack", "fanout", "commit")}


def sample(process: str = "p1", **changes: Any) -> Sample:
    plain: dict[str, Any] = {
        "process": process,
        "pid": 7,
        "host": "one",
        "version": "1",
        "started_at": 100.0,
        "at": 200.0,
        "span_s": 2.0,
        "cpu": 0.5,
        "memory_bytes": 1_000,
        "lag_s": 0.002,
        "connections": 10,
        "users": 8,
        "unsent_bytes": 5,
        "waiting": 1,
        "lagging": 0,
        "database_s": 0.001,
        "broker_s": None,
        "broker": "ok",
        "counts": {},
        "errors": {},
        "delays": EMPTY,
    }
    return Sample(**{**plain, **changes})


def heard(ago_ms: int = 0, delays: dict[str, list[int]] | None = None, **changes: Any) -> Heard:
    return Heard(ago_ms, sample(**changes), delays or EMPTY)


def bucket(seconds: float, count: int = 1) -> list[int]:
    """`count` delays of that length."""
    place = next(number for number, bound in enumerate(BOUNDS_S) if seconds <= bound)
    return [count if number == place else 0 for number in range(len(BOUNDS_S) + 1)]


def test_counts_become_rates_and_processes_are_added_up():
    state = overview(
        [heard(counts={"changes": 20, "deliveries": 400}), heard(process="p2", counts={"changes": 4}, connections=5)], 9
    )
    assert (state.connections, state.people, state.workers) == (15, 9, 2)
    assert (state.messages, state.deliveries) == (12.0, 200.0)
    assert state.cpu == 100.0


def test_a_percentile_is_that_of_all_messages_and_not_a_mean_of_percentiles():
    quick = {**EMPTY, "delivery": bucket(0.001, 990)}
    slow = {**EMPTY, "delivery": bucket(0.5, 10)}
    state = overview([heard(delays=quick), heard(process="p2", delays=slow)], None)
    assert state.delivery_p50 is not None
    assert state.delivery_p50 <= 1.0
    assert state.delivery_p99 is not None
    assert state.delivery_p99 <= 1.0
    more = {**EMPTY, "delivery": bucket(0.5, 100)}
    assert overview([heard(delays=quick), heard(process="p2", delays=more)], None).delivery_p99 >= 300.0  # type: ignore[operator]


def test_errors_are_told_by_code_and_together():
    state = overview([heard(errors={"invalid": 4}), heard(process="p2", errors={"invalid": 2, "muted": 1})], None)
    assert state.errors == {"invalid": 3.0, "muted": 0.5}
    assert state.refused == 3.5


def test_the_slowest_process_speaks_for_the_database_and_the_loop():
    state = overview(
        [heard(), heard(process="p2", database_s=0.25, lag_s=0.4), heard(process="p3", database_s=None)], None
    )
    assert (state.database, state.lag, state.broker) == (250.0, 400.0, None)


def test_nobody_heard_of_is_nothing_and_not_an_error():
    state = overview([], None)
    assert (state.connections, state.delivery_p99, state.database) == (0, None, None)


def test_a_process_that_falls_silent_is_late_and_not_added_up():
    state = processes([heard(), heard(4_000, process="p2", started_at=50.0)])
    assert (state.workers, state.late, state.memory) == (1, 1, 1_000)
    assert [(row.id, row.state, row.heard) for row in state.rows] == [("p2", "late", 4), ("p1", "serving", 0)]


@pytest.mark.parametrize("lists", [[], [[1, 2]], [[1, 2], [3, 4]]])
def test_histograms_are_added_bucket_by_bucket(lists):
    assert added(lists) == [sum(column) for column in zip(*lists, strict=True)]
