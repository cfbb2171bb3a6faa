"""What a change of the store becomes on the wire."""

from __future__ import annotations

import json

import pytest

from presence.announce import SITE, presence_stream, publication, room_of, snapshot_data, snapshot_item
from presence.roster import Diff, Person, Status
from presence.store import RoomState

ADA = Person(1, "ada", Status.ONLINE)


def told(diff: Diff, list_max: int = 2):
    found = publication(diff, list_max)
    assert found is not None
    frame = json.loads(found.items[0].frame)
    return found.stream, frame["event"], frame["data"], found.items[0]


def test_a_diff_names_who_came_who_changed_and_who_left():
    diff = Diff("den", 4, 5, 1, 2, came=(ADA,), changed=(Person(2, "ben", Status.AWAY),), left=(3,))
    stream, event, data, item = told(diff)
    assert (stream, event) == ("presence/den", "diff")
    assert data == {
        "users": [{"id": 1, "name": "ada", "status": "online"}, {"id": 2, "name": "ben", "status": "away"}],
        "left": [3],
        "count": 2,
    }
    assert (item.seq, item.prev) == (5, 4)
    assert b'"seq"' not in item.frame  # the version is the hub's


@pytest.mark.parametrize(
    ("before", "count", "event", "data"),
    [(3, 4, "diff", {"count": 4}), (2, 3, "snapshot", {"count": 3, "users": None})],
)
def test_a_large_room_is_told_as_a_number(before, count, event, data):
    assert told(Diff("den", 4, 5, before, count, came=(ADA,)))[1:3] == (event, data)


def test_a_room_that_is_listed_again_is_shown_as_a_whole():
    assert publication(Diff("den", 4, 5, 3, 2, left=(1,)), 2) is None


def test_the_site_has_a_topic_of_its_own():
    assert presence_stream(SITE) == "site/presence"
    assert room_of("site/presence") == SITE
    assert room_of(presence_stream("den")) == "den"


def test_a_snapshot_heals_whoever_is_behind_and_nobody_else():
    state = RoomState(9, 1, (ADA,))
    item = snapshot_item("den", state.version, snapshot_data(state), after=3)
    assert (item.seq, item.follows) == (9, 3)
    assert snapshot_data(RoomState(9, 5_000, None)) == {"count": 5_000, "users": None}
