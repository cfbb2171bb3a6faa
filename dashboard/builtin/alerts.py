"""`alerts`: every limit that is passed anywhere, and those that were lately. Told whenever one changes.

Being a dashboard like the others, it is the topic to be notified by.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any

import msgspec

from dashboard.document import Alert, Document, encoded
from dashboard.fields import hidden, number, table, text, time
from dashboard.source import Source

__all__ = ["AlertsSource", "alerts_of", "following_alerts"]

RECENT_MAX = 50


class Firing(msgspec.Struct):
    """A limit that is passed now."""

    id: Annotated[str, hidden()]
    severity: Annotated[str, text("Severity")]
    label: Annotated[str, text("What")]
    dashboard: Annotated[str, text("Dashboard")]
    value: Annotated[float, number("Value when it began", decimals=1)]
    limit: Annotated[str, text("Limit")]
    since: Annotated[int, time("Since")]


class Ended(msgspec.Struct):
    """A limit that was passed."""

    id: Annotated[str, hidden()]
    severity: Annotated[str, text("Severity")]
    label: Annotated[str, text("What")]
    dashboard: Annotated[str, text("Dashboard")]
    limit: Annotated[str, text("Limit")]
    since: Annotated[int, time("Since")]
    until: Annotated[int, time("Until")]


class Alerts(msgspec.Struct):
    """All of them."""

    critical: Annotated[int, number("Critical", better="low")] = 0
    warnings: Annotated[int, number("Warnings", better="low")] = 0
    firing: Annotated[list[Firing], table("Firing now", key="id")] = []
    recent: Annotated[list[Ended], table("Over, newest first", key="id")] = []


class AlertsSource(Source[Alerts]):
    """See the module."""

    name = "alerts"
    title = "Alerts"
    about = "Limits that are passed, on any dashboard."


def following_alerts(before: Document | None, source: Source[Any], now: Document, now_ms: int) -> Document | None:
    """The list after what `source` has come to; None where it stays as it was."""
    listed = Alerts() if before is None else _state(before)
    others = [each for each in listed.firing if each.dashboard != source.name]
    mine = {each.id: each for each in listed.firing if each.dashboard == source.name}
    firing = [mine.get(_id(source, alert)) or _firing(source, alert) for alert in now.alerts]
    ids = {each.id for each in firing}
    ended = [
        Ended(each.id, each.severity, each.label, each.dashboard, each.limit, each.since, now_ms)
        for each in mine.values()
        if each.id not in ids
    ]
    if not ended and ids == set(mine):
        return None
    return _document([*others, *firing], [*ended, *listed.recent], now_ms, alone=now.alone)


def alerts_of(before: Document, names: Collection[str], now_ms: int) -> Document | None:
    """The list without dashboards that are no more; None where there are none."""
    listed = _state(before)
    firing = [each for each in listed.firing if each.dashboard in names]
    if len(firing) == len(listed.firing):
        return None
    return _document(firing, listed.recent, now_ms, alone=before.alone)


def _document(firing: Sequence[Firing], recent: Sequence[Ended], now_ms: int, *, alone: bool) -> Document:
    together = sorted(firing, key=lambda each: (each.severity != "critical", -each.since))
    critical = sum(each.severity == "critical" for each in together)
    state = Alerts(critical, len(together) - critical, together, list(recent[:RECENT_MAX]))
    return Document(0, now_ms, encoded(state), alone=alone)


def _state(document: Document) -> Alerts:
    try:
        return msgspec.convert(msgspec.json.decode(msgspec.json.encode(document.state)), Alerts)
    except msgspec.ValidationError:
        return Alerts()  # of another release


def _firing(source: Source[Any], alert: Alert) -> Firing:
    return Firing(
        id=_id(source, alert),
        severity=alert.severity.value,
        label=alert.label,
        dashboard=source.name,
        value=alert.value,
        limit=f"{'above' if alert.above else 'below'} {alert.limit:g} {alert.unit}".rstrip(),
        since=alert.since,
    )


def _id(source: Source[Any], alert: Alert) -> str:
    """One alert over all it lasts. A new one of the same limit is another."""
    return f"{source.name}/{alert.field}/{alert.severity}/{alert.since}"
