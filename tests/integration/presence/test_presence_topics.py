"""`presence/<room>`, `user/presence` and `site/presence` as clients meet them: the real hub, without the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat import services
from presence import signals
from presence.announce import SITE
from presence.keeper import keeper
from presence.models import PresenceRecord
from presence.roster import Choice, merge
from presence.store import StoreAway
from realtime.hub import current_hub
from realtime.identity import identity_of
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.errors import Invalid, NotFound, NotSubscribed, RateLimited, Unavailable
from realtime.protocol.frames import Event, Unsubscribed
from realtime.testing import TopicClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

GRACE_S, TICK_S = 0.4, 0.05
ME = "user/presence"
Enter = Callable[[User], Any]


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.REALTIME = {**settings.REALTIME, "CHECK_EVERY_S": 0.1}
    settings.PRESENCE = {**settings.PRESENCE, "PRESENCE_GRACE_S": GRACE_S, "PRESENCE_TICK_S": TICK_S}


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """Connects somebody."""
    async with AsyncExitStack() as stack:

        async def connect(user: User) -> TopicClient:
            return await stack.enter_async_context(TopicClient(identity_of(user)))

        yield connect


def topic(room: Any) -> str:
    return f"presence/{room.slug}"


class Watcher:
    """Somebody who looks on and merges what they are told."""

    def __init__(self, client: TopicClient, topic: str) -> None:
        self.client, self.topic, self.told = client, topic, []

    @classmethod
    async def of(cls, client: TopicClient, topic: str, **params: Any) -> Watcher:
        made = cls(client, topic)
        reply = await client.subscribe(topic, params={"present": False, **params})
        made.roster = merge(None, "snapshot", reply["snapshot"])
        return made

    def take(self) -> dict[int, str]:
        for event in self.client.pending():
            if isinstance(event, Event) and event.topic == self.topic:
                self.told.append(event)
                self.roster = merge(self.roster, event.event, event.data)
        users = self.roster.users or {}
        return {user["id"]: user["status"] for user in users.values()}

    async def until(self, expected: dict[int, str], within_s: float = 5.0) -> None:
        async with asyncio.timeout(within_s):
            while self.take() != expected:
                await asyncio.sleep(0.01)

    async def stays(self, expected: dict[int, str], for_s: float) -> None:
        told = len(self.told)
        await asyncio.sleep(for_s)
        assert self.take() == expected
        assert self.told[told:] == []


@pytest.fixture
async def watcher(enter, person, room) -> Watcher:
    return await Watcher.of(await enter(await sync_to_async(person)("watcher")), topic(room))


async def test_being_subscribed_is_being_here_and_looking_on_is_not(enter, ada, room, watcher) -> None:
    client = await enter(ada)
    reply = await client.subscribe(topic(room))
    assert reply == {"snapshot": {"count": 0, "users": []}}
    await watcher.until({ada.pk: "online"})
    assert watcher.roster.count == 1
    again = await client.subscribe(topic(room))
    assert again["snapshot"] == {"count": 1, "users": [{"id": ada.pk, "name": "ada", "status": "online"}]}
    await watcher.stays({ada.pk: "online"}, GRACE_S * 2)
    await client.unsubscribe(topic(room))
    await watcher.stays({ada.pk: "online"}, GRACE_S / 2)
    await watcher.until({})


async def test_two_tabs_are_one_and_a_reload_makes_no_noise(enter, ada, room, watcher) -> None:
    tab = TopicClient(identity_of(ada))
    await tab.__aenter__()
    await tab.subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    other = await enter(ada)
    await other.subscribe(topic(room))
    await tab.__aexit__(None, None, None)
    await watcher.stays({ada.pk: "online"}, GRACE_S * 2)
    await other.unsubscribe(topic(room))
    await asyncio.sleep(GRACE_S / 2)
    await (await enter(ada)).subscribe(topic(room))
    await watcher.stays({ada.pk: "online"}, GRACE_S * 2)


async def test_away_and_back(enter, ada, room, watcher) -> None:
    phone, laptop = await enter(ada), await enter(ada)
    for client in (phone, laptop):
        await client.subscribe(ME)
        await client.subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    await phone.send(ME, "away", {"away": True})
    await watcher.stays({ada.pk: "online"}, TICK_S * 4)
    await laptop.send(ME, "away", {"away": True})
    await watcher.until({ada.pk: "away"})
    await phone.send(ME, "away", {"away": False})
    await watcher.until({ada.pk: "online"})


async def test_what_one_chose_holds_everywhere_and_the_next_time(enter, ada, room, watcher) -> None:
    phone, laptop = await enter(ada), await enter(ada)
    assert await phone.subscribe(ME) == {"snapshot": {"choice": "auto"}}
    await laptop.subscribe(ME)
    await laptop.subscribe(topic(room))
    await phone.send(ME, "choice", {"choice": "dnd"})
    assert (await laptop.event("choice")).data == {"choice": "dnd"}
    await watcher.until({ada.pk: "dnd"})
    await phone.send(ME, "choice", {"choice": "invisible"})
    await watcher.until({})
    assert watcher.roster.count == 0
    again = await enter(ada)
    assert await again.subscribe(ME) == {"snapshot": {"choice": "invisible"}}
    await again.subscribe(topic(room))
    await watcher.stays({}, TICK_S * 6)
    await again.send(ME, "choice", {"choice": "auto"})
    await watcher.until({ada.pk: "online"})


async def test_a_choice_that_no_word_was_heard_of_is_found(enter, ada, room, watcher, monkeypatch) -> None:
    monkeypatch.setattr("presence.chronicle.TICK_S", 0.1)
    await (await enter(ada)).subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    monkeypatch.setattr("presence.services.signal", lambda *_: None)
    await sync_to_async(lambda: __import__("presence.services").services.choice_set(ada.pk, Choice.INVISIBLE))()
    await watcher.until({})


async def test_who_may_not_see_the_room_does_not_see_who_is_in_it(enter, ada, make_room) -> None:
    hidden = await sync_to_async(make_room)(visibility="private")
    client = await enter(ada)
    for refused in (topic(hidden), "presence/nowhere"):
        with pytest.raises(NotFound):
            await client.subscribe(refused)
    with pytest.raises(NotSubscribed):
        await client.send(topic(hidden), "anything", {})


async def test_the_banned_vanish_at_once_and_see_no_more(enter, ada, person, room, watcher) -> None:
    owner = await sync_to_async(person)("owner", is_superuser=True, is_staff=True)
    client = await enter(ada)
    await client.subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    await sync_to_async(services.member_restrict)(room=room, by=None, user=ada, banned=True)
    told = await client.event()
    while not isinstance(told, Unsubscribed):
        told = await client.event()
    assert (told.topic, told.code) == (topic(room), UnsubscribeCode.BANNED)
    await watcher.until({}, within_s=GRACE_S)
    assert owner


async def test_the_end_of_a_log_in_has_no_grace(enter, ada, room, watcher) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    keeper(current_hub()).hurry(ada.pk)
    await client.unsubscribe(topic(room))
    await watcher.until({}, within_s=GRACE_S * 0.8)


async def test_a_diff_that_was_lost_is_healed_by_a_snapshot(enter, ada, ben, room, watcher, monkeypatch) -> None:
    await (await enter(ada)).subscribe(topic(room))
    await watcher.until({ada.pk: "online"})
    monkeypatch.setattr("presence.keeper.publish", lambda publications: None)
    await (await enter(ben)).subscribe(topic(room))
    await watcher.until({ada.pk: "online", ben.pk: "online"}, within_s=2.0)
    assert watcher.told[-1].event == "snapshot"


async def test_a_large_room_is_a_number_until_it_is_small_again(enter, person, room, settings) -> None:
    settings.PRESENCE = {**settings.PRESENCE, "PRESENCE_LIST_MAX": 2}
    users = [await sync_to_async(person)(f"many-{n}") for n in range(5)]
    watcher = await Watcher.of(await enter(users[4]), topic(room))
    clients = [await enter(user) for user in users[:3]]
    for client in clients:
        await client.subscribe(topic(room))
    async with asyncio.timeout(5):
        while watcher.take() or watcher.roster.count != 3:
            await asyncio.sleep(0.01)
    assert watcher.roster.users is None
    late = await (await enter(users[3])).subscribe(topic(room), params={"present": False})
    assert late["snapshot"] == {"count": 3, "users": None}
    await clients[0].unsubscribe(topic(room))
    await watcher.until({users[1].pk: "online", users[2].pk: "online"}, within_s=8.0)
    assert watcher.roster.count == 2


async def test_numbers_for_a_list_of_rooms(enter, ada, ben, make_room) -> None:
    one, two = await sync_to_async(make_room)(), await sync_to_async(make_room)()
    hidden = await sync_to_async(make_room)(visibility="private")
    await (await enter(ada)).subscribe(topic(one))
    client = await enter(ben)
    await client.subscribe(ME)
    asked = {"rooms": [one.slug, two.slug, hidden.slug, "nowhere", one.slug]}
    await asyncio.sleep(TICK_S * 4)
    assert (await client.send(ME, "counts", asked))["counts"] == {one.slug: 1, two.slug: 0}
    with pytest.raises(Invalid):
        await client.send(ME, "counts", {"rooms": ["x"] * 101})
    with pytest.raises(RateLimited):
        await asyncio.gather(*(client.send(ME, "counts", {"rooms": []}) for _ in range(12)))


async def test_only_staff_sees_everybody(enter, ada, ben, person, room) -> None:
    staff = await enter(await sync_to_async(person)("staff", is_staff=True))
    everybody = await Watcher.of(staff, "site/presence")
    await (await enter(ada)).subscribe(topic(room))
    await (await enter(ben)).subscribe(ME)
    await everybody.until({ada.pk: "online", ben.pk: "online"})
    with pytest.raises(NotFound):
        await (await enter(ada)).subscribe("site/presence")


async def test_when_somebody_was_last_seen_is_written_down_unless_they_were_invisible(enter, ada, ben, room) -> None:
    hidden, seen = await enter(ben), await enter(ada)
    await hidden.subscribe(ME)
    await asyncio.sleep(TICK_S * 4)
    await hidden.send(ME, "choice", {"choice": "invisible"})
    rows = PresenceRecord.objects.filter(last_seen_at__isnull=False).order_by("last_seen_at")
    # Who turns invisible leaves, to all others: that is when they were last seen.
    async with asyncio.timeout(5):
        while [row.user_id async for row in rows.all()] != [ben.pk]:
            await asyncio.sleep(0.02)
    before = (await rows.aget(user_id=ben.pk)).last_seen_at
    for client in (hidden, seen):
        await client.subscribe(topic(room))
    await asyncio.sleep(TICK_S * 4)
    for client in (hidden, seen):
        await client.unsubscribe(topic(room))
    await hidden.unsubscribe(ME)
    async with asyncio.timeout(5):
        while [row.user_id async for row in rows.all()] != [ben.pk, ada.pk]:
            await asyncio.sleep(0.02)
    await asyncio.sleep(GRACE_S)
    assert (await rows.aget(user_id=ben.pk)).last_seen_at == before


async def test_code_hears_of_the_first_join_and_the_last_leave_once(enter, ada, make_room) -> None:
    heard: list[tuple[str, Any]] = []

    def listen(name: str) -> Callable[..., None]:
        def receiver(**said: Any) -> None:
            heard.append((name, said.get("room"), said["user_ids"]))

        return receiver

    receivers = {name: listen(name) for name in ("user_came", "user_left", "room_came", "room_left")}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)

    def broken(**_: Any) -> None:
        raise RuntimeError("a developer's mistake")

    signals.user_came.connect(broken)
    try:
        one, two = await sync_to_async(make_room)(), await sync_to_async(make_room)()
        clients = [await enter(ada) for _ in range(3)]
        await clients[0].subscribe(topic(one))
        await clients[1].subscribe(topic(one))
        await clients[2].subscribe(topic(two))
        await _until(lambda: len(heard) >= 3)
        for client, room in zip(clients, (one, one, two), strict=True):
            await client.unsubscribe(topic(room))
        await _until(lambda: len(heard) >= 6)
        await asyncio.sleep(GRACE_S)
    finally:
        for name, receiver in receivers.items():
            getattr(signals, name).disconnect(receiver)
        signals.user_came.disconnect(broken)
    assert sorted(heard, key=repr) == sorted(
        [
            ("user_came", None, [ada.pk]),
            ("room_came", one.slug, [ada.pk]),
            ("room_came", two.slug, [ada.pk]),
            ("room_left", one.slug, [ada.pk]),
            ("room_left", two.slug, [ada.pk]),
            ("user_left", None, [ada.pk]),
        ],
        key=repr,
    )


async def test_while_the_store_is_away_a_room_says_so_and_those_who_came_are_told_later(
    enter, ada, room, watcher, monkeypatch
) -> None:
    store = keeper(current_hub()).store

    async def away(*_: Any, **__: Any) -> Any:
        raise StoreAway("gone")

    real = {name: getattr(store, name) for name in ("state", "apply", "tick", "tops")}
    for name in real:
        monkeypatch.setattr(store, name, away)
    keeper(current_hub()).rosters._states.clear()
    client = await enter(ada)
    with pytest.raises(Unavailable):
        await client.subscribe(topic(room))
    for name, method in real.items():
        monkeypatch.setattr(store, name, method)
    await client.subscribe(topic(room))
    await watcher.until({ada.pk: "online"})


async def test_bad_input_is_named(enter, ada, room) -> None:
    client = await enter(ada)
    with pytest.raises(Invalid) as refused:
        await client.subscribe(topic(room), params={"presnt": False})
    assert refused.value.field == "params"
    await client.subscribe(ME)
    for event, data in (("choice", {"choice": "hidden"}), ("away", {"away": 1}), ("counts", {"rooms": "all"})):
        with pytest.raises(Invalid):
            await client.send(ME, event, data)
    for _ in range(8):
        await client.send(ME, "away", {"away": True})
    with pytest.raises(RateLimited):
        await asyncio.gather(*(client.send(ME, "away", {"away": True}) for _ in range(5)))


async def test_nothing_is_left_of_who_was_here(enter, ada, room) -> None:
    client = TopicClient(identity_of(ada))
    await client.__aenter__()
    await client.subscribe(ME)
    await client.subscribe(topic(room))
    table = keeper(current_hub()).table
    assert set(table.rooms) == {room.slug, SITE}
    await client.__aexit__(None, None, None)
    await _until(lambda: not table.rooms)
    assert (table.users, table._devices, table._dirty, table._due) == ([], {}, {}, {})


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)
