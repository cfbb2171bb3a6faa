"""Which limits a state has passed, and for how long. Pure: the time comes in, what was so before comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.document import Alert
from dashboard.fields import Field, Limit, Severity
from dashboard.source import Source

__all__ = ["judge", "limit_key"]


def judge(
    source: Source[Any], values: Mapping[str, float | None], over: Mapping[str, int], now_ms: int
) -> tuple[tuple[Alert, ...], dict[str, int]]:
    """The alerts of a state, the critical first, and since when each limit is passed.

    over: the same of the state before. Of the limits of one field that fire the same way, the most severe is told.
    """
    passed: dict[str, int] = {}
    alerts: dict[tuple[str, bool], Alert] = {}
    for field in source.numbers:
        value = values.get(field.name)
        for limit in field.limits:
            if value is None or not limit.passed_by(value):
                continue
            key = limit_key(field, limit)
            since = passed[key] = min(over.get(key, now_ms), now_ms)  # a clock may be set back
            if now_ms - since < limit.for_s * 1000:
                continue
            alert = Alert(field.name, field.label, limit.severity, value, limit.value, limit.above, field.unit, since)
            known = alerts.get((field.name, limit.above))
            if known is None or _weight(alert) > _weight(known):
                alerts[field.name, limit.above] = alert
    return tuple(sorted(alerts.values(), key=_weight, reverse=True)), passed


def limit_key(field: Field, limit: Limit) -> str:
    """Names a limit in what is kept."""
    return f"{field.name} {'>' if limit.above else '<'} {limit.words} {limit.severity}"


def _weight(alert: Alert) -> tuple[bool, float]:
    limit = alert.limit if alert.above else -alert.limit
    return alert.severity is Severity.CRITICAL, limit
