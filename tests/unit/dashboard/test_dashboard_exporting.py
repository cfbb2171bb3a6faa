"""What `/metrics` says of dashboards: numbers with limits, alerts, and how old all that is."""

from __future__ import annotations

import math

import msgspec

from dashboard.document import Alert, Document, encoded
from dashboard.exporting import export, exported
from dashboard.fields import Severity
from realtime.metrics.registry import registry
from tests.unit.dashboard.sources import State, StateSource

SOURCE = StateSource()
ALERT = Alert("x", "X", Severity.CRITICAL, 25.0, 20.0, True, "ms", 1_000)


def value(name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"chorus_dashboard_{name}", {"source": "state", **labels})


def test_numbers_with_limits_are_exported_and_no_others():
    assert exported(SOURCE) == ["x", "y"]
    export(SOURCE, Document(1, 5_000, encoded(State(x=25.0)), alerts=(ALERT,)))
    assert value("value", field="x") == 25.0
    assert value("value", field="note") is None
    assert (value("alerts", severity="critical"), value("alerts", severity="warning")) == (1, 0)
    assert value("updated_timestamp_seconds") == 5.0


def test_what_is_not_known_is_no_number_and_so_past_no_limit():
    export(SOURCE, Document(2, 6_000, encoded(State(x=None))))
    assert math.isnan(value("value", field="x") or 0.0)
    assert value("alerts", severity="critical") == 0


def test_a_field_that_was_something_else_in_another_release_is_no_number():
    export(SOURCE, Document(3, 7_000, {**encoded(State()), "x": msgspec.Raw(b'"text"')}))
    assert math.isnan(value("value", field="x") or 0.0)
