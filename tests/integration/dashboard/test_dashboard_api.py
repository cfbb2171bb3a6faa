"""Dashboards over HTTP, on a real server."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.integration.dashboard.test_dashboard_cluster import staff_token, tokens
from tests.integration.dashboard.watching import request

WITHIN_S = 15.0


@pytest.fixture(scope="module")
def people(board) -> list[str]:
    """The tokens of two who are anybody."""
    return tokens(board, 2)


@pytest.fixture
def one(people) -> str:
    return people[0]


@pytest.fixture(scope="module")
def chief(board) -> str:
    """The token of one of the staff."""
    return staff_token(board)


async def until(server, path: str, token: str, true):
    async with asyncio.timeout(WITHIN_S):
        while True:
            status, body, headers = await asyncio.to_thread(request, server, path, token)
            if status == 200 and true(body):
                return body, headers
            await asyncio.sleep(0.1)


async def test_a_dashboard_is_read_and_its_etag_saves_what_is_known(board, one, chief) -> None:
    body, _ = await until(board, "dashboard/ticks/", one, lambda body: body["state"].get("count", 0) >= 3)
    assert body["title"] == "Ticks"
    assert body["now"] - body["at"] < 2_000
    # A source that nobody tells anything stays as it is, so its tag does.
    body, headers = await until(board, "dashboard/pushed/", chief, lambda body: True)
    assert body["title"] == "Pushed"
    assert headers["Cache-Control"] == "private, no-cache"
    status, nothing, again = await asyncio.to_thread(
        request, board, "dashboard/pushed/", chief, If_None_Match=headers["ETag"]
    )
    assert (status, nothing, again["ETag"]) == (304, None, headers["ETag"])
    status, *_ = await asyncio.to_thread(request, board, "dashboard/pushed/", chief, If_None_Match='"1"')
    assert status == 200


async def test_its_past_is_read_and_wrong_minutes_are_refused(board, one) -> None:
    path = "dashboard/ticks/history/?minutes=5"
    past, _ = await until(board, path, one, lambda past: sum(v is not None for v in past["fields"]["count"]) >= 3)
    assert past["step_s"] == 1.0
    assert len(past["at"]) == len(past["fields"]["count"])
    assert past["at"] == sorted(past["at"])
    status, error, _ = await asyncio.to_thread(request, board, "dashboard/ticks/history/?minutes=7", one)
    assert (status, error["code"], error["field"]) == (400, "invalid", "minutes")


async def test_what_one_may_not_see_is_not_found_by_any_address(board, one) -> None:
    for path in ("pushed/", "absent/", "pushed/history/", "pushed/arrangement/"):
        status, error, _ = await asyncio.to_thread(request, board, f"dashboard/{path}", one)
        assert (status, error["code"]) == (404, "not_found")
    listed, _ = await until(board, "dashboard/", one, lambda body: True)
    names = {each["name"] for each in listed["results"]}
    assert {"ticks", "lazy"} <= names
    assert not names & {"pushed", "failing", "alerts"}
    status, *_ = await asyncio.to_thread(request, board, "dashboard/", None)
    assert status == 401


async def test_an_arrangement_is_kept_for_its_user_alone(board, people) -> None:
    one, other = people
    path = "dashboard/ticks/arrangement/"
    kept = {"order": ["chart:b", "chart:a"], "hidden": ["tile:count"]}
    assert (await asyncio.to_thread(request, board, path, one))[1] == {"order": [], "hidden": []}
    assert (await asyncio.to_thread(request, board, path, one, "PUT", kept))[:2] == (200, kept)
    assert (await asyncio.to_thread(request, board, path, one))[1] == kept
    assert (await asyncio.to_thread(request, board, path, other))[1] == {"order": [], "hidden": []}
    too_long, too_many = {"order": ["x" * 101], "hidden": []}, {"order": ["x"] * 201, "hidden": []}
    for wrong in (too_long, too_many, {"order": []}, {**kept, "a": 1}):
        assert (await asyncio.to_thread(request, board, path, one, "PUT", wrong))[0] == 400
    assert json.dumps((await asyncio.to_thread(request, board, path, one))[1]) == json.dumps(kept)
