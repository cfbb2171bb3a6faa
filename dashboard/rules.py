"""The limits of all dashboards as a rule file for Prometheus: `manage.py alert_rules > rules.yml`. Pure.

Prometheus evaluates them by itself, so they also fire when no process of ours is there to say so.
Page: docs/how-to/monitor.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboard.fields import Field, Limit
from dashboard.source import Source

__all__ = ["rules_for"]

LATE_FACTOR = 3
LATE_MIN_S = 60


def rules_for(sources: Iterable[Source[Any]]) -> dict[str, Any]:
    """The content of the file: one group per dashboard."""
    groups = [{"name": f"chorus-dashboard-{source.name}", "rules": _rules(source)} for source in sources]
    return {"groups": [group for group in groups if group["rules"]]}


def _rules(source: Source[Any]) -> list[dict[str, Any]]:
    rules = [_rule(source, field, limit) for field in source.numbers for limit in field.limits]
    if rules and source.always and source.interval_s is not None:
        rules.append(_late(source, source.interval_s))
    return rules


def _rule(source: Source[Any], field: Field, limit: Limit) -> dict[str, Any]:
    # Several targets say the same, at most seconds apart.
    chosen, sign = ("max", ">") if limit.above else ("min", "<")
    series = f'chorus_dashboard_value{{source="{source.name}",field="{field.name}"}}'
    side = "above" if limit.above else "below"
    number = limit.words
    return {
        "alert": _camel("chorus", source.name, field.name, side, limit.severity),
        "expr": f"{chosen} by (source, field) ({series}) {sign} {number}",
        "for": f"{round(limit.for_s)}s",
        "labels": {"severity": limit.severity.value, "dashboard": source.name},
        "annotations": {
            "summary": f"{_literal(field.label)} is {{{{ $value }}}} {_literal(field.unit)}".rstrip(),
            "description": _literal(f"{source.title}: {side} {number} {field.unit}".rstrip()),
        },
    }


def _late(source: Source[Any], interval_s: float) -> dict[str, Any]:
    late_s = round(max(LATE_MIN_S, LATE_FACTOR * interval_s))
    series = f'chorus_dashboard_updated_timestamp_seconds{{source="{source.name}"}}'
    return {
        "alert": _camel("chorus", source.name, "late"),
        "expr": f"time() - max by (source) ({series}) > {late_s}",
        "for": "0s",
        "labels": {"severity": "warning", "dashboard": source.name},
        "annotations": {
            "summary": f"{_literal(source.title)} has not been computed for {{{{ $value | humanizeDuration }}}}"
        },
    }


def _literal(text: str) -> str:
    """`text` as Prometheus' templates write it, which take two braces for theirs."""
    return text.replace("{{", '{{ "{{" }}')


def _camel(*words: str) -> str:
    parts = "_".join(words).replace("-", "_").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts if part)
