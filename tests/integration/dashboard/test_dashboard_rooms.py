"""The dashboard of rooms: what it counts, over how many messages, and on a server with people in them."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from chat.log import Post, append
from chat.models import Room
from chat.services import room_create, room_update
from dashboard.builtin import rooms
from dashboard.builtin.rooms import RoomsSource, recent_talk
from realtime.client import RealtimeClient
from realtime.protocol.errors import RealtimeError

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
WITHIN_S = 30.0
STAFF_TOKEN = (
    "from accounts.models import User; from rest_framework_simplejwt.tokens import AccessToken;"
    "user, _ = User.objects.get_or_create(username='overseer', is_staff=True);"
    "print(AccessToken.for_user(user))"
)


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def general(ada) -> Room:
    return room_create(owner=ada, slug="general", name="General")


@pytest.fixture
def random(ada) -> Room:
    return room_create(owner=ada, slug="random", name="Random")


def post(room: Room, *seconds_ago: float, now: datetime = NOW) -> None:
    for ago in seconds_ago:
        author = User.objects.get(username="ada")
        (done,) = append(
            [Post(room_id=room.pk, author_id=author.pk, text="what was said")], at=now - timedelta(seconds=ago)
        )
        assert not isinstance(done, RealtimeError), done


def test_the_posts_of_the_past_minute_are_counted_by_room(general, random):
    post(general, 300, 61, 59, 30, 1)
    post(random, 2)
    talk = recent_talk(NOW)
    assert talk.rates == {general.pk: 3.0, random.pk: 1.0}
    assert talk.busiest() == [general.pk, random.pk]


def test_a_room_that_fell_silent_last_comes_before_one_that_did_earlier(general, random):
    post(general, 400)
    post(random, 300)
    assert recent_talk(NOW).busiest() == [random.pk, general.pk]


def test_more_posts_than_are_looked_at_give_the_rate_of_the_time_they_took(general, monkeypatch):
    monkeypatch.setattr(rooms, "SAMPLE", 10)
    post(general, *range(40, 0, -2))
    # Ten in the past 20 seconds.
    assert recent_talk(NOW).rates == {general.pk: pytest.approx(10 / 20 * 60)}


@pytest.mark.parametrize("sample", [1, 10])
def test_few_posts_in_a_new_database_are_not_taken_for_many(general, monkeypatch, sample):
    # PostgreSQL does not give a number again that an earlier test had: the first id may be any.
    monkeypatch.setattr(rooms, "SAMPLE", sample)
    post(general, 1)
    assert recent_talk(NOW).rates == {general.pk: 1.0}


def test_nothing_was_ever_said(db):
    state = RoomsSource().compute()
    assert (state.per_minute, state.active, state.rooms, state.posts, state.busiest) == (0, 0, 0, 0, [])


def test_the_state_names_rooms_with_their_members_and_not_what_was_said(general, random, ada):
    post(general, 5, 3, now=datetime.now(UTC))
    room_update(room=random, by=ada, archived=True)
    state = RoomsSource().compute()
    (line,) = state.busiest
    assert (line.room, line.per_minute, line.members) == ("general", 2.0, 1)
    assert abs(line.last_at - datetime.now(UTC).timestamp() * 1000) < 10_000
    assert line.present is None  # there is no server to ask
    assert (state.per_minute, state.active, state.rooms, state.posts) == (2.0, 1, 1, 2)
    assert "what was said" not in repr(state)


def test_only_so_many_rooms_are_shown(general, random, monkeypatch):
    monkeypatch.setattr(rooms, "SHOWN", 1)
    post(general, 5, now=datetime.now(UTC))
    post(random, 4, 3, now=datetime.now(UTC))
    state = RoomsSource().compute()
    assert [line.room for line in state.busiest] == ["random"]
    assert state.active == 2


async def test_who_is_in_a_room_of_a_server_is_counted(chorus):
    printed = await asyncio.to_thread(chorus.manage, "loadtest_users", "--count", "2", "--room", "counted")
    staff = (await asyncio.to_thread(chorus.manage, "shell", "-v", "0", "-c", STAFF_TOKEN)).strip()
    first, second = (RealtimeClient(chorus.ws_url, token=token) for token in printed.split())
    async with asyncio.timeout(WITHIN_S), first as ada, second as ben:
        for client in (ada, ben):
            await client.subscribe("chat/counted")
            await client.subscribe("presence/counted")
        await ada.post("chat/counted", "message.post", {"text": "Hello."})
        while not (line := await asyncio.to_thread(line_of, chorus.url, staff, "counted")) or line["present"] != 2:
            await asyncio.sleep(0.2)
    assert (line["members"], line["per_minute"]) == (2, 1.0)


def line_of(url: str, token: str, room: str) -> dict[str, Any] | None:
    request = urllib.request.Request(f"{url}/api/dashboard/rooms/", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        state = json.load(answer)["state"]
    return next((line for line in state.get("busiest", ()) if line["room"] == room), None)
