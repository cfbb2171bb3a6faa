"""What is kept of one source: its state as of a moment, how it stands, and what changed from one to the next.

A document is made by the one process that computed it and read by all. Fields are encoded once; whether one changed
is told by its bytes. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from dashboard.fields import Severity
from dashboard.source import Source
from realtime.hub import Item, Publication

__all__ = [
    "Alert",
    "Document",
    "Stale",
    "changes",
    "encoded",
    "publication",
    "snapshot_data",
    "snapshot_item",
]

Reason = Literal["failed", "slow"]
"""`failed`: compute raised. `slow`: it takes longer than it may."""


class Stale(msgspec.Struct, frozen=True):
    """Since when (ms) the state has not been renewed, and why. detail: for who looks into it; never a message."""

    since: int
    reason: Reason
    detail: str = ""


class Alert(msgspec.Struct, frozen=True):
    """A limit that has been passed for long enough. since: ms, when it was passed."""

    field: str
    label: str
    severity: Severity
    value: float
    limit: float
    above: bool
    unit: str
    since: int


class Document(msgspec.Struct, frozen=True):
    """version: grows with each, over processes and restarts (it begins at the clock, in µs). at: ms; None: never yet.

    over: since when each limit is passed, those that do not fire yet included. alone: one process' own view.
    """

    version: int
    at: int | None
    state: dict[str, msgspec.Raw]
    stale: Stale | None = None
    alerts: tuple[Alert, ...] = ()
    over: dict[str, int] = {}
    alone: bool = False


def changes(before: Document, now: Document) -> dict[str, Any]:
    """What a reader of `before` has to be told: changed fields alone, which are never more than the whole."""
    told: dict[str, Any] = {"at": now.at}
    told["state"] = {name: raw for name, raw in now.state.items() if not _same(before.state.get(name), raw)}
    if before.stale != now.stale:
        told["stale"] = now.stale
    if before.alone != now.alone:
        told["alone"] = now.alone
    if not _same_alerts(before.alerts, now.alerts):
        told["alerts"] = now.alerts
    return told


def snapshot_data(source: Source[Any], document: Document | None, now_ms: int) -> dict[str, Any]:
    """The whole, as `GET /api/dashboard/<name>/` and a subscription begin."""
    found = document or Document(0, None, {})
    known = {field.name for field in source.fields}
    return {
        **source.description,
        "at": found.at,
        "now": now_ms,
        "stale": found.stale,
        "alone": found.alone,
        "alerts": found.alerts,
        "state": {name: raw for name, raw in found.state.items() if name in known},
    }


def snapshot_item(source: Source[Any], document: Document, *, prev: int, now_ms: int) -> Item:
    """Event `snapshot`, which replaces all that anybody at `prev` or later holds."""
    data = snapshot_data(source, document, now_ms)
    return Item.of(source.topic, "snapshot", data, seq=document.version, prev=prev, shown=False)


def publication(source: Source[Any], before: Document | None, now: Document, now_ms: int) -> Publication:
    """What everybody who looks is told: what changed, or, where nothing is known to have been before, the whole."""
    if before is None:
        return Publication(source.topic, (snapshot_item(source, now, prev=0, now_ms=now_ms),))
    data = changes(before, now)
    item = Item.of(source.topic, "diff", data, seq=now.version, prev=before.version, shown=False)
    return Publication(source.topic, (item,))


def encoded(state: msgspec.Struct) -> dict[str, msgspec.Raw]:
    """Each field of a state as JSON."""
    values: Mapping[str, Any] = {name: getattr(state, name) for name in state.__struct_fields__}
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in values.items()}


def _same(before: msgspec.Raw | None, now: msgspec.Raw) -> bool:
    return before is not None and before == now


def _same_alerts(before: tuple[Alert, ...], now: tuple[Alert, ...]) -> bool:
    """Whether the same limits fire; what the value is by now is in the state."""
    return [_which(each) for each in before] == [_which(each) for each in now]


def _which(alert: Alert) -> tuple[str, Severity, float, int]:
    return alert.field, alert.severity, alert.limit, alert.since
