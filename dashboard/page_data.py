"""What a dashboard's page shows before any script runs: panels in the user's order, values in words.

Must not know requests and templates. Times come in the active zone. static/dashboard/ keeps it live from there
on, and so writes, orders and ranks just as it is done here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from dashboard.numbers import NOTHING, number_parts, number_words

__all__ = ["MINUTES", "alert_rows", "board_data", "board_groups", "card_data", "live_now"]

MINUTES = (5, 15, 60)
GROUPS = {"tile": "tiles", "chart": "charts", "table": "tables", "counts": "tables"}
COUNTS_MAX = 12
ROWS_MAX = 200
# What a card of the list has room for.
CARD_TILES = 3


def board_data(description: Mapping[str, Any], arrangement: Mapping[str, Any], minutes: int) -> dict[str, Any]:
    """What scripts are given beside the HTML (static/dashboard/types.d.ts)."""
    return {
        "name": description["name"],
        "description": description,
        "arrangement": arrangement,
        "minutes": minutes,
    }


def board_groups(description: Mapping[str, Any], arrangement: Mapping[str, Any]) -> dict[str, Any]:
    """The panels of each group in the user's order, each with `hidden`; `ids_json`: as the source has them."""
    panels = _panels(description)
    ids = [panel["id"] for panel in panels]
    known = [each for each in arrangement["order"] if each in ids]
    place = {name: number for number, name in enumerate([*known, *(each for each in ids if each not in known)])}
    groups: dict[str, Any] = {"tiles": [], "charts": [], "tables": []}
    for panel in sorted(panels, key=lambda each: place[each["id"]]):
        panel["hidden"] = panel["id"] in arrangement["hidden"]
        groups[GROUPS[panel["kind"]]].append(panel)
    for group in ("tiles", "charts", "tables"):
        groups[f"{group}_hidden"] = all(panel["hidden"] for panel in groups[group])
    groups["ids_json"] = json.dumps(ids)
    return groups


def alert_rows(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its alerts in words, as static/dashboard/alert-words.js has them."""
    fields = {field["name"]: field for field in description["fields"]}
    return [_alert_row(alert, fields[alert["field"]]) for alert in description["alerts"] if alert["field"] in fields]


def live_now(description: Mapping[str, Any]) -> dict[str, str]:
    """How the values are, before anybody counts seconds: static/dashboard/staleness.js takes over."""
    if description["at"] is None:
        pushed = description["interval_s"] is None
        return (
            {"tone": "empty", "words": gettext("Nothing yet")}
            if pushed
            else {"tone": "stale", "words": gettext("Waiting")}
        )
    return {"tone": "stale" if description["stale"] else "fresh", "words": gettext("Live")}


def card_data(description: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard in the list: its first tiles, and what is wrong."""
    tiles = [panel for panel in _panels(description) if panel["kind"] == "tile"]
    return {**description, "tiles": tiles[:CARD_TILES], "live": live_now(description)}


def _panels(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    state = description["state"]
    alerts = {alert["field"]: alert["severity"] for alert in description["alerts"]}
    fields = [_field_panel(field, state.get(field["name"]), alerts) for field in description["fields"]]
    numbers = {field["name"]: field for field in description["fields"]}
    charts = [_chart_panel(chart, numbers, state) for chart in description["charts"]]
    return [*(panel for panel in fields if panel is not None), *charts]


def _alert_row(alert: Mapping[str, Any], field: Mapping[str, Any]) -> dict[str, Any]:
    limit = alert["limit"]
    values = {
        "label": alert["label"],
        "value": number_words(alert["value"], alert["unit"], field["decimals"]),
        "limit": number_words(limit, alert["unit"], 0 if float(limit).is_integer() else field["decimals"]),
    }
    words = (
        gettext("%(label)s is %(value)s, above %(limit)s")
        if alert["above"]
        else gettext("%(label)s is %(value)s, below %(limit)s")
    )
    side = "above" if alert["above"] else "below"
    return {
        "key": f"{alert['field']}:{side}:{_number_key(limit)}",
        "severity": alert["severity"],
        "words": words % values,
        "anchor": f"panel-tile-{alert['field']}" if field["tile"] else "main",
    }


def _number_key(value: float) -> str:
    """A number as scripts write it: without a point where there is nothing behind it."""
    return str(int(value)) if float(value).is_integer() else str(value)


def _field_panel(field: Mapping[str, Any], value: Any, alerts: Mapping[str, str]) -> dict[str, Any] | None:
    kind = field["kind"]
    if kind == "table":
        return _panel("table", field) | {"columns": field["columns"], "rows": _rows(field, value or [])}
    if kind == "counts":
        return _panel("counts", field) | {"rows": _counts(field, value or {})}
    if kind == "number" and not field["tile"]:
        return None
    number, unit = _tile_words(field, value)
    severity = alerts.get(field["name"], "")
    return _panel("tile", field) | {"number": number, "unit": unit, "severity": severity, "of": kind}


def _chart_panel(chart: Mapping[str, Any], fields: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    lines = []
    for place, name in enumerate(chart["fields"]):
        field = fields[name]
        words = number_words(state.get(name), field["unit"], field["decimals"])
        lines.append({"label": field["label"], "words": words, "series": place % 6 + 1})
    # What the title says already.
    alone = len(lines) == 1 and lines[0]["label"] == chart["label"]
    return _panel("chart", chart) | {
        "alone": alone,
        "unit": "" if chart["unit"] in {"B", "s"} else chart["unit"],
        "lines": lines,
    }


def _panel(kind: str, what: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{kind}:{what['name']}",
        "anchor": f"panel-{kind}-{what['name']}",
        "kind": kind,
        "name": what["name"],
        "label": what["label"],
        "help": what.get("help", ""),
    }


def _rows(field: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    key = field["key"]
    return [
        {
            "key": row.get(key, number),
            "cells": [
                {
                    "words": _words(column, row.get(column["name"])),
                    "kind": column["kind"],
                    "head": column["name"] == key,
                }
                for column in field["columns"]
            ],
        }
        for number, row in enumerate(rows[:ROWS_MAX])
    ]


def _counts(field: Mapping[str, Any], counts: Mapping[str, float | None]) -> list[dict[str, Any]]:
    ranked = sorted(counts.items(), key=lambda item: (-(item[1] or 0), item[0]))[:COUNTS_MAX]
    most = (ranked[0][1] or 0) if ranked else 0
    return [
        {
            "name": name,
            "words": number_words(count, field["unit"], field["decimals"]),
            "share": max(1, int(100 * count / most + 0.5)) if most > 0 and count and count > 0 else 0,
        }
        for name, count in ranked
    ]


def _tile_words(field: Mapping[str, Any], value: Any) -> tuple[str, str]:
    if field["kind"] == "number":
        return number_parts(value, field["unit"], field["decimals"])
    return _words(field, value), ""


def _words(field: Mapping[str, Any], value: Any) -> str:
    if field["kind"] == "number":
        return number_words(value, field["unit"], field["decimals"])
    if value is None or value == "":
        return NOTHING
    if field["kind"] == "time":
        return _moment(value)
    return str(value)


def _moment(ms: int) -> str:
    try:
        return date_format(timezone.localtime(datetime.fromtimestamp(ms / 1000, UTC)), "M j, H:i")
    except (ValueError, OverflowError, OSError):
        return NOTHING  # nanoseconds, say: no year that a calendar has
