"""What a source may describe its state with, and the sentence it gets for what cannot work."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard import Source, above, below, counts, hidden, number, register, table, text, time, unregister
from dashboard.fields import Limit, fields_of
from realtime.identity import Identity


class Line(msgspec.Struct):
    id: Annotated[int, number("Id")]
    name: Annotated[str, text("Name")]


class Whole(msgspec.Struct):
    rate: Annotated[float | None, number("Rate", unit="/s", decimals=1, chart="rates", better="high")] = None
    other: Annotated[int, number("Other", chart="rates", tile=False)] = 0
    note: Annotated[str, text("Note", help="What is meant.")] = ""
    began: Annotated[int | None, time("Began")] = None
    errors: Annotated[dict[str, float], counts("Errors", unit="/s")] = {}
    lines: Annotated[list[Line], table("Lines", key="id")] = []


class Plain(Source[Whole]):
    name = "plain"
    title = "Plain"
    interval_s = 1.0

    def compute(self) -> Whole:
        return Whole()


def test_every_kind_of_field_is_described():
    told = [field.data() for field in fields_of(Whole)]
    assert [(field["name"], field["kind"]) for field in told] == [
        ("rate", "number"), ("other", "number"), ("note", "text"), ("began", "time"), ("errors", "counts"),
        ("lines", "table"),
    ]  # fmt: skip
    assert told[0] == {
        "name": "rate", "kind": "number", "label": "Rate", "help": "", "unit": "/s", "decimals": 1, "tile": True,
        "chart": "rates", "better": "high", "limits": [],
    }  # fmt: skip
    assert [column["name"] for column in told[5]["columns"]] == ["id", "name"]
    assert told[5]["key"] == "id"


def test_numbers_with_one_chart_s_name_are_drawn_together():
    assert Plain().description["charts"] == [
        {"name": "rates", "label": "Rate", "unit": "/s", "fields": ["rate", "other"]}
    ]


class Unsaid(msgspec.Struct):
    rate: float = 0


class Mistaken(msgspec.Struct):
    rate: Annotated[str, number("Rate")] = ""


class Keyless(msgspec.Struct):
    lines: Annotated[list[Line], table("Lines", key="nothing")] = []


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Unsaid, r"Unsaid\.rate does not say what it is"),
        (Mistaken, r"Mistaken\.rate is a number, and its type has to be float"),
        (Keyless, r"Keyless\.lines has no column 'nothing'"),
    ],
)
def test_a_state_that_says_too_little_is_refused_by_name(state, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        fields_of(state)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Not A Slug"}, "Wrong.name is 'Not A Slug'"),
        ({"title": ""}, "Wrong has no title"),
        ({"interval_s": 0.01}, "Wrong.interval_s is 0.01"),
        ({"compute": Source.compute}, r"Wrong has an interval and no compute\(\)"),
        ({"charts": {"absent": "Absent"}}, "Wrong.charts names 'absent'"),
    ],
)
def test_a_source_that_cannot_work_is_refused_when_it_is_registered(changes, sentence):
    wrong = type("Wrong", (Plain,), {"name": "wrong", **changes})
    with pytest.raises(ImproperlyConfigured, match=sentence):
        register(wrong)


def test_a_source_says_what_its_state_is():
    class Vague(Source):  # type: ignore[type-arg]
        name = "vague"
        title = "Vague"

    with pytest.raises(ImproperlyConfigured, match="does not say what its state is"):
        register(Vague)


def test_a_name_is_taken_once():
    register(Plain)
    try:
        register(Plain)  # a module that is imported again is not another source
        with pytest.raises(ImproperlyConfigured, match="two sources named 'plain': Plain, Other"):
            register(type("Other", (Plain,), {}))
    finally:
        unregister("plain")


def test_staff_alone_sees_a_source_that_does_not_say_who_may():
    assert Plain().may_see(Identity(1, "ada", staff=True))
    assert not Plain().may_see(Identity(2, "ben"))


@pytest.mark.parametrize(
    ("limit", "value", "passed"),
    [
        (above(3), 3, False),
        (above(3), 3.1, True),
        (below(3), 3, False),
        (below(3), 2.9, True),
        (above(3), None, False),
        (below(3), None, False),
    ],
)
def test_a_limit_is_passed_beyond_its_value_and_never_by_what_is_not_known(limit: Limit, value, passed):
    assert limit.passed_by(value) is passed


class Quiet(msgspec.Struct):
    id: Annotated[str, hidden()]
    name: Annotated[str, text("Name")]


class Rows(msgspec.Struct):
    rows: Annotated[list[Quiet], table("Rows", key="id")] = []


def test_a_row_may_have_a_key_that_nobody_is_shown():
    (told,) = [field.data() for field in fields_of(Rows)]
    assert told["key"] == "id"
    assert [column["name"] for column in told["columns"]] == ["name"]
