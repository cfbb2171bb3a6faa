"""Numbers with limits, as Prometheus reads them from any process: what `manage.py alert_rules` writes rules about.

Every process exports what the store has, so it matters not which one is asked. Page: docs/reference/metrics.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from prometheus_client import Gauge

from dashboard.document import Document
from dashboard.source import Source
from realtime.metrics.registry import registry

__all__ = ["export", "exported"]

_value = Gauge(
    "chorus_dashboard_value",
    "A number of a dashboard that has limits, as it was last computed.",
    ["source", "field"],
    multiprocess_mode="mostrecent",
    registry=registry,
)
_updated = Gauge(
    "chorus_dashboard_updated_timestamp_seconds",
    "When a dashboard was last computed, in seconds since the epoch.",
    ["source"],
    multiprocess_mode="mostrecent",
    registry=registry,
)
_alerts = Gauge(
    "chorus_dashboard_alerts",
    "Limits of a dashboard that are passed now.",
    ["source", "severity"],
    multiprocess_mode="mostrecent",
    registry=registry,
)


def exported(source: Source[Any]) -> list[str]:
    """The fields of a source that are exported: those that rules are written about."""
    return [field.name for field in source.numbers if field.limits]


def export(source: Source[Any], document: Document) -> None:
    """Have `/metrics` say what a dashboard says."""
    if document.at is not None:
        _updated.labels(source.name).set(document.at / 1000)
    for severity in ("warning", "critical"):
        _alerts.labels(source.name, severity).set(sum(alert.severity == severity for alert in document.alerts))
    for name in exported(source):
        _value.labels(source.name, name).set(_number(document.state, name))


def _number(state: Mapping[str, msgspec.Raw], name: str) -> float:
    try:
        value = msgspec.json.decode(state[name], type=float | None) if name in state else None
    except msgspec.ValidationError:
        value = None  # of another release, where the field was something else
    return math.nan if value is None else value
