"""The pure merge of snapshots and diffs, in Python and, by the same cases, in the browser's library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from presence.roster import Roster, merge

CASES = json.loads((Path(__file__).parents[2] / "wire" / "presence.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_told_becomes_the_roster(case) -> None:
    roster: Roster | None = None
    for event, data in case["told"]:
        roster = merge(roster, event, data)
    assert roster is not None
    users = None if roster.users is None else sorted(roster.users.values(), key=lambda user: user["id"])
    assert {"count": roster.count, "users": users} == case["roster"]


def test_a_roster_is_not_changed_but_made_anew() -> None:
    before = merge(None, "snapshot", {"count": 1, "users": [{"id": 1, "name": "ada", "status": "online"}]})
    merge(before, "diff", {"count": 0, "users": [], "left": [1]})
    assert before.users is not None
    assert list(before.users) == [1]
