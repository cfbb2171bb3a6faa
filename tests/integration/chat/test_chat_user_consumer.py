"""`user/me` as a client meets it: rooms live, on every tab, healed where a word was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat import services
from chat.models import Room
from realtime.identity import identity_of
from realtime.testing import TopicClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

ME = "user/me"


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.REALTIME = {"CHECK_EVERY_S": 0.1}


@pytest.fixture
async def enter() -> AsyncIterator[Callable[[User], Any]]:
    """Connects somebody and subscribes them to their own topic; gives the client and the snapshot."""
    clients: list[TopicClient] = []

    async def connect(user: User) -> tuple[TopicClient, Any]:
        client = TopicClient(identity_of(user))
        await client.__aenter__()
        clients.append(client)
        return client, (await client.subscribe(ME))["snapshot"]

    yield connect
    for client in clients:
        await client.__aexit__(None, None, None)


async def call(service: Callable[..., Any], **arguments: Any) -> Any:
    return await sync_to_async(service)(**arguments)


async def quiet(room: Room) -> None:
    """As if the room lists had last heard of the room long ago."""
    await Room.objects.filter(pk=room.pk).aupdate(announced_at=datetime.now(UTC) - timedelta(hours=1))


async def test_the_snapshot_is_the_users_own_list(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    await call(make_room, owner=ben)
    _, snapshot = await enter(ada)
    assert snapshot["user"] == {"id": ada.pk, "name": "ada"}
    assert [row["slug"] for row in snapshot["rooms"]] == [room.slug]


async def test_a_post_in_a_room_of_theirs_is_news(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    client, _ = await enter(ada)
    await quiet(room)
    await call(services.message_post, room=room, author=ben, text="x")
    event = await client.event("room_changed")
    assert event.seq is None
    assert (event.data["slug"], event.data["last_no"], event.data["author_id"]) == (room.slug, 1, ben.pk)


async def test_the_last_of_many_posts_is_always_told(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    client, _ = await enter(ada)
    await quiet(room)
    for _ in range(4):
        await call(services.message_post, room=room, author=ben, text="x")
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < 4:
        event = await client.event("room_changed")
        seen.append((asyncio.get_running_loop().time(), event.data["last_no"]))
    assert len(seen) == 2
    assert seen[1][0] - seen[0][0] > 0.8


async def test_news_that_nobody_published_are_found_by_the_check(enter, make_room, ada, ben, monkeypatch) -> None:
    room = await call(make_room, owner=ada)
    client, _ = await enter(ada)
    await quiet(room)
    monkeypatch.setattr("chat.log.announce.publish", lambda publications: None)
    await call(services.message_post, room=room, author=ben, text="x")
    assert (await client.event("room_changed")).data["last_no"] == 1


async def test_a_new_room_shows_up_and_is_live_at_once(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    client, snapshot = await enter(ben)
    assert snapshot["rooms"] == []
    await call(services.member_invite, room=room, by=ada, user=ben)
    event = await client.event("room_added")
    assert (event.data["slug"], event.data["role"], event.data["by"]["name"]) == (room.slug, "member", "ada")
    await quiet(room)
    await call(services.message_post, room=room, author=ada, text="x")
    while (await client.event("room_changed")).data["last_no"] != 1:
        pass


async def test_a_room_that_was_left_is_gone_and_silent(enter, make_room, ada, ben) -> None:
    gone, kept = await call(make_room), await call(make_room)
    for room in (gone, kept):
        await call(services.member_join, room=room, user=ada)
        await quiet(room)
    client, _ = await enter(ada)
    await call(services.member_leave, room=gone, user=ada)
    assert (await client.event("room_removed")).data == {"slug": gone.slug}
    client.pending()
    await quiet(gone)
    for room in (gone, kept):
        await call(services.message_post, room=room, author=ben, text="x")
    assert (await client.event("room_changed")).data["slug"] == kept.slug


async def test_a_word_that_was_lost_comes_as_a_whole_list(enter, make_room, ada, ben, monkeypatch) -> None:
    room = await call(make_room, owner=ada)
    client, _ = await enter(ben)
    monkeypatch.setattr("chat.log.announce.publish", lambda publications: None)
    await call(services.member_invite, room=room, by=ada, user=ben)
    event = await client.event("snapshot")
    assert [row["slug"] for row in event.data["rooms"]] == [room.slug]
    monkeypatch.undo()
    await quiet(room)
    await call(services.message_post, room=room, author=ada, text="x")
    while (await client.event("room_changed")).data["last_no"] != 1:
        pass


async def test_all_tabs_hear_what_was_read_and_who_was_named(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    await call(services.member_join, room=room, user=ben)
    tabs = [(await enter(ben))[0] for _ in range(2)]
    await call(services.message_post, room=room, author=ada, text="@ben")
    for tab in tabs:
        assert (await tab.event("room_mentions")).data == {"slug": room.slug, "mentions": 1}
    await call(services.read_mark, room=room, user=ben, no=1)
    for tab in tabs:
        assert (await tab.event("room_read")).data == {"slug": room.slug, "last_read_no": 1, "mentions": 0}


async def test_nobody_hears_what_concerns_another(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    client, _ = await enter(ben)
    await call(services.message_post, room=room, author=ada, text="x")
    await call(services.read_mark, room=room, user=ada, no=1)
    await call(services.member_join, room=room, user=ben)
    assert (await client.event()).event == "room_added"


async def test_a_restriction_is_told_with_the_room_it_takes_away(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada)
    await call(services.member_join, room=room, user=ben)
    client, _ = await enter(ben)
    await call(services.member_restrict, room=room, by=ada, user=ben, banned=True)
    assert (await client.event("room_removed")).data == {"slug": room.slug}
    expected = {"slug": room.slug, "muted_until": None, "banned": True}
    assert (await client.event("restricted")).data == expected
