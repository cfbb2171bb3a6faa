"""Whoever leaves leaves nothing behind, at whatever moment: no place in a stream, no task, no object."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import User
from chat.consumers import ChatConsumer, UserConsumer
from chat.services import room_create
from realtime.consumers.connection import Connection
from realtime.consumers.subscription import Subscription
from realtime.groupcommit import flush_all
from realtime.hub.hub import Hub, current_hub
from realtime.hub.stream import Member
from realtime.hub.writers import QueueWriter
from realtime.identity import Identity, identity_of
from realtime.protocol.errors import RealtimeError
from realtime.protocol.session import Session
from realtime.testing import TopicClient, close_hub

pytestmark = pytest.mark.django_db(transaction=True)

CYCLES = 500
AT_ONCE = 25
KINDS = (Connection, Subscription, Session, QueueWriter, Member, ChatConsumer, UserConsumer)


@pytest.fixture
async def people(settings) -> AsyncIterator[list[Identity]]:
    settings.REALTIME = {"CHECK_EVERY_S": 0.2, "POSTS_PER_S": 100_000, "POSTS_BURST": 100_000}
    yield await sync_to_async(make_people)()
    await close_hub()
    # What `sync_to_async` opened in its thread nobody else would close.
    await sync_to_async(connections.close_all)()


def make_people() -> list[Identity]:
    for slug in ("harbour", "lobby"):
        room_create(owner=None, slug=slug, name=slug)
    return [identity_of(User.objects.create_user(f"person-{n}")) for n in range(5)]


async def come_and_go(identity: Identity, chance: random.Random) -> None:
    """Connect, subscribe, post, and leave after any of these, or in the middle of it."""
    async with TopicClient(identity) as one:
        steps = [
            lambda: one.subscribe("user/me"),
            lambda: one.subscribe("chat/harbour"),
            lambda: one.send("chat/harbour", "message.post", {"text": "Hello"}),
            lambda: one.subscribe("chat/lobby", since=("another", 3)),
            lambda: one.subscribe("chat/nowhere"),
            lambda: one.send("chat/nowhere", "message.post", {"text": "Hello"}),
            lambda: one.unsubscribe("chat/lobby"),
        ]
        for step in steps[: chance.randint(1, len(steps))]:
            asking = asyncio.ensure_future(step())
            asking.add_done_callback(lambda done: done.cancelled() or done.exception())
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random() / 100)
                asking.cancel()
                return
            try:
                await asking
            except RealtimeError:
                continue
        if chance.random() < 0.3:
            one.put({"op": "send", "topic": "chat/harbour", "event": "typing", "data": {"active": True}})


def left_behind() -> dict[str, int]:
    """How many objects there are of what belongs to one connection."""
    gc.collect()
    # By type(): isinstance() asks each object for its __class__, and the lazy ones that other tests left behind
    # (a CSP nonce after its response) raise when they are made to answer.
    found = [type(each) for each in gc.get_objects() if issubclass(type(each), KINDS)]
    return {kind.__name__: found.count(kind) for kind in KINDS if kind in found}


def tasks() -> list[asyncio.Task]:
    """What runs beside this test and the hub's own sweepers, which have names and wait for events."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return [
        task
        for task in others
        if not task.get_name().startswith("chorus-") and task.get_coro().__qualname__ != "Event.wait"
    ]


async def quiet(hub: Hub) -> None:
    """What was begun for those who left is over."""
    await flush_all()
    async with asyncio.timeout(10):
        while hub._tasks or tasks():
            await asyncio.sleep(0.02)


async def test_five_hundred_who_came_and_went_leave_nothing_behind(people):
    chance = random.Random(3)
    hub = current_hub()
    for _ in range(CYCLES // AT_ONCE):
        await asyncio.gather(*(come_and_go(chance.choice(people), chance) for _ in range(AT_ONCE)))
    await quiet(hub)
    assert len(hub.connections) == 0
    assert [hub.connections.of_user(one.id) for one in people] == [[]] * len(people)
    assert [stream.name for stream in hub.streams.values() if stream.active] == []
    hub.forget_idle(hub.loop.time() + hub.conf.LINGER_S + 1)
    assert hub.streams == {}
    assert left_behind() == {}


async def test_one_who_is_still_there_is_all_there_is(people):
    """The test above could not see what it does not count."""
    async with TopicClient(people[0]) as one:
        await one.subscribe("chat/harbour")
        kinds = ("Connection", "Subscription", "Session", "QueueWriter", "Member", "ChatConsumer")
        assert left_behind() == dict.fromkeys(kinds, 1)
