"""What a page shows before any script: numbers in words, panels in order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from dashboard.numbers import number_parts, number_words
from dashboard.page_data import alert_rows, board_groups, card_data, live_now
from tests.support.chorus import ROOT

EXAMPLES = json.loads((ROOT / "tests" / "dashboard" / "numbers.json").read_text())


def field(name: str, kind: str = "number", **more: Any) -> dict[str, Any]:
    plain = {"unit": "", "decimals": 0, "tile": True, "chart": "", "better": None, "limits": []}
    return {"name": name, "kind": kind, "label": name.title(), "help": "", **plain, **more}


def description(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {"charts": [], "state": {}, "alerts": [], "at": 1, "stale": None, "interval_s": 1.0}
    return {"name": "lab", "fields": list(fields), **plain, **more}


NO_WISH: dict[str, list[str]] = {"order": [], "hidden": []}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["words"])
def test_a_number_is_written_as_in_the_browser(example):
    given = {name: example[name] for name in ("unit", "decimals") if name in example}
    assert number_words(example["value"], **given) == example["words"]


def test_what_is_no_number_is_not_known():
    assert number_parts(float("nan"), "ms") == number_parts(None, "ms") == ("–", "")


def test_panels_stand_in_the_users_order_within_their_groups_and_hidden_ones_are_marked():
    found = board_groups(
        description(
            field("a"),
            field("b"),
            field("off", tile=False),
            field("c", "counts"),
            charts=[{"name": "x", "label": "X", "unit": "ms", "fields": ["a", "off"]}],
        ),
        {"order": ["counts:c", "tile:gone", "tile:b"], "hidden": ["tile:a", "chart:x"]},
    )
    assert [panel["id"] for panel in found["tiles"]] == ["tile:b", "tile:a"]
    assert [panel["hidden"] for panel in found["tiles"]] == [False, True]
    assert (found["tiles_hidden"], found["charts_hidden"], found["tables_hidden"]) == (False, True, False)
    assert json.loads(found["ids_json"]) == ["tile:a", "tile:b", "counts:c", "chart:x"]
    assert [line["label"] for line in found["charts"][0]["lines"]] == ["A", "Off"]


def test_every_kind_of_field_is_in_words_also_before_there_is_a_state():
    columns = [field("room", "text"), field("rate", unit="/s", decimals=1), field("since", "time")]
    given = (
        field("n", unit="B"),
        field("word", "text"),
        field("when", "time"),
        field("rooms", "table", key="room", columns=columns),
        field("errors", "counts", unit="/s", decimals=1),
    )
    state = {
        "n": 1536,
        "word": "<b>",
        "when": 1_764_508_309_000,
        "rooms": [{"room": "general", "rate": 2.25, "since": None}],
        "errors": {"b": 1, "a": 1, "c": 4, "d": 0},
    }
    with timezone.override("Europe/Berlin"):
        found = board_groups(description(*given, state=state), NO_WISH)
    assert [(tile["number"], tile["unit"]) for tile in found["tiles"]] == [
        ("1.5", "KiB"),
        ("<b>", ""),
        ("Nov 30, 14:11", ""),
    ]
    rooms, errors = found["tables"]
    assert [cell["words"] for cell in rooms["rows"][0]["cells"]] == ["general", "2.3/s", "–"]
    assert [(row["name"], row["share"]) for row in errors["rows"]] == [("c", 100), ("a", 25), ("b", 25), ("d", 0)]
    empty = board_groups(description(*given, at=None), NO_WISH)
    assert [tile["number"] for tile in empty["tiles"]] == ["–", "–", "–"]
    assert [panel["rows"] for panel in empty["tables"]] == [[], []]


def test_rows_without_a_key_are_told_apart_by_their_place():
    rooms = field("rooms", "table", key="", columns=[field("room", "text")])
    found = board_groups(description(rooms, state={"rooms": [{"room": "a"}, {"room": "a"}]}), NO_WISH)
    assert [row["key"] for row in found["tables"][0]["rows"]] == [0, 1]


def test_an_alert_is_a_sentence_and_marks_its_tile():
    alert = {"field": "p99", "label": "P99", "severity": "critical", "value": 140.25, "limit": 100.0, "above": True}
    given = description(field("p99", unit="ms", decimals=1), alerts=[{**alert, "unit": "ms", "since": 1}])
    (row,) = alert_rows(given)
    assert row["words"] == "P99 is 140.3\N{NO-BREAK SPACE}ms, above 100\N{NO-BREAK SPACE}ms"
    assert (row["key"], row["anchor"]) == ("p99:above:100", "panel-tile-p99")
    assert board_groups(given, NO_WISH)["tiles"][0]["severity"] == "critical"


def test_a_card_shows_the_first_three_values():
    card = card_data(description(*(field(name) for name in "abcd")))
    assert [tile["name"] for tile in card["tiles"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("more", "tone"),
    [
        ({}, "fresh"),
        ({"stale": {"since": 1, "reason": "failed"}}, "stale"),
        ({"at": None}, "stale"),
        ({"at": None, "interval_s": None}, "empty"),
    ],
)
def test_how_the_values_are_is_told_from_the_first_paint_on(more, tone):
    assert live_now(description(**more))["tone"] == tone


def test_what_another_release_or_a_slip_left_in_the_state_is_shown_as_not_known():
    fields = (
        field("errors", "counts"),
        field("began", "time"),
        field("rows", "table", key="id", columns=[field("id", "text"), field("new", "number")]),
    )
    # An average of nothing, nanoseconds, and a row whose key had another name.
    state = {"errors": {"a": None, "b": 2}, "began": 1_764_500_000_000_000_000, "rows": [{"name": "x"}]}
    groups = board_groups(description(*fields, state=state), NO_WISH)
    errors, rows = groups["tables"]
    assert [(row["name"], row["words"], row["share"]) for row in errors["rows"]] == [("b", "2", 100), ("a", "–", 0)]
    assert groups["tiles"][0]["number"] == "–"
    assert [cell["words"] for cell in rows["rows"][0]["cells"]] == ["–", "–"]
