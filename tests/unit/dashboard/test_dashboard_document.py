"""What a reader holds after a snapshot and diffs is what a fresh snapshot would say."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dashboard.document import Alert, Document, Stale, changes, encoded, publication, snapshot_data
from dashboard.fields import Severity
from tests.unit.dashboard.sources import State, StateSource

SOURCE = StateSource()
STATES = st.builds(
    State, x=st.none() | st.floats(0, 50, width=16), y=st.sampled_from([1.0, 2.0]), note=st.text(max_size=3)
)
STALE = st.none() | st.builds(Stale, st.integers(0, 5), st.sampled_from(["failed", "slow"]), st.just("ValueError"))
ALERTS = st.lists(
    st.builds(Alert, *map(st.just, ("x", "X", Severity.WARNING)), st.floats(0, 9), st.just(1.0), st.just(True),
              st.just("ms"), st.integers(0, 2)),
    max_size=1,
)  # fmt: skip


@given(st.lists(st.tuples(STATES, STALE, ALERTS, st.booleans()), min_size=2, max_size=8))
def test_snapshot_and_diffs_are_a_fresh_snapshot(steps):
    documents = [
        Document(version, version, encoded(state), stale, tuple(alerts), {}, alone)
        for version, (state, stale, alerts, alone) in enumerate(steps, 1)
    ]
    held = plain(snapshot_data(SOURCE, documents[0], 0))
    for before, now in itertools.pairwise(documents):
        merge(held, plain(changes(before, now)))
    fresh = plain(snapshot_data(SOURCE, documents[-1], 0))
    # The value of an alert that goes on is in the state; the alert keeps the one it began with.
    for each in (*held["alerts"], *fresh["alerts"]):
        del each["value"]
    assert held == fresh


@given(STATES, STATES)
def test_only_changed_fields_are_told(first, then):
    before, now = (Document(version, version, encoded(state)) for version, state in ((1, first), (2, then)))
    told = set(changes(before, now)["state"])
    assert told == {name for name in ("x", "y", "note") if getattr(first, name) != getattr(then, name)}


def test_where_nothing_is_known_to_have_been_before_the_whole_is_told():
    now = Document(7, 5, encoded(State(1.0)))
    (item,) = publication(SOURCE, None, now, 6).items
    frame = msgspec.json.decode(item.frame)
    assert (frame["event"], frame["data"]["state"], item.seq, item.prev) == (
        "snapshot",
        {"x": 1.0, "y": 5.0, "note": ""},
        7,
        0,
    )
    assert "seq" not in frame


def test_a_field_of_another_release_is_not_shown():
    document = Document(1, 1, {**encoded(State()), "gone": msgspec.Raw(b"1")})
    assert set(snapshot_data(SOURCE, document, 0)["state"]) == {"x", "y", "note"}


def plain(told: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(told))


def merge(held: dict[str, Any], told: dict[str, Any]) -> None:
    """What docs/reference/protocol.md asks of clients."""
    held["state"] |= told.pop("state")
    held |= told
