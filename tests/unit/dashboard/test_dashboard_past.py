"""Rows of the past become points of charts."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from dashboard.past import from_ms, layout_of, past_of, row_of, rows_of
from tests.unit.dashboard.sources import StateSource, TalkSource

SOURCE = StateSource()


def rows(*taken):
    return [msgspec.json.encode(row) for row in taken]


def test_a_moment_is_kept_with_every_number_in_order():
    row = row_of(SOURCE, {"x": 1.5, "y": None}, 4_000)
    assert row is not None
    assert msgspec.json.decode(row.body) == [4_000, 1.5, None]
    assert (row.layout, row.at_ms, row.most) == (layout_of(SOURCE), 4_000, 3_601)


def test_several_moments_of_one_step_are_their_mean_or_their_highest():
    past = past_of(SOURCE, rows([5_100, 1, 1], [6_900, 4, 2], [9_000, None, 3]), 15, 10_000)
    assert past.step_s == 5.0
    assert past.at == [5_000, 10_000]
    assert past.fields == {"x": [4, None], "y": [2.0, None]}


def test_a_step_without_a_moment_is_a_hole():
    past = past_of(SOURCE, rows([1_000, 1, 1], [3_000, 3, 3]), 5, 3_500)
    assert past.at == [1_000, 2_000, 3_000]
    assert past.fields["x"] == [1, None, 3]


def test_what_is_told_only_when_it_changes_stays_until_the_next_word():
    past = past_of(TalkSource(), rows([1_000, 1, 1], [3_000, 3, 3]), 5, 4_200)
    assert past.fields["x"] == [1, 1, 3, 3]


def test_what_was_told_before_the_minutes_asked_for_still_holds():
    past = past_of(TalkSource(), rows([1_000, 1, 1], [2_000, 2, 2], [898_000, 3, 3]), 5, 900_000)
    assert past.at[0] == 601_000
    assert (past.fields["x"][:2], past.fields["x"][-3:]) == ([2, 2], [3, 3, 3])


def test_what_lies_before_the_minutes_asked_for_is_left_out():
    past = past_of(SOURCE, rows([1_000, 1, 1], [900_000, 2, 2]), 5, 900_000)
    assert past.fields["x"] == [2]


def test_no_past_is_one_empty_point():
    assert past_of(SOURCE, [], 5, 900_000).fields == {"x": [None], "y": [None]}


def test_what_a_database_added_up_is_kept_as_a_number():
    (row,) = rows_of(SOURCE, [(from_ms(1_000), {"x": Decimal("1.5")})])
    assert msgspec.json.decode(row.body) == [1_000, 1.5, None]
