"""One contract for every channel layer Chorus may be run with, and where they differ by design.

What only our own layers promise stands in tests/unit/realtime/test_layers.py and test_redis_layer.py.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer as CoreRedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from realtime.layers import InProcessChannelLayer
from realtime.redis import RedisChannelLayer

CAPACITY = 5
PREFIXES = (f"contract-{number}" for number in itertools.count(1))
WITHIN_S = 10


@dataclass(frozen=True)
class Kind:
    """A layer, and what it does not promise.

    is_own: what is received is the receiver's to change. (Redis' core layer gives one object to a process's channels.)
    by_name: capacities may differ by patterns of names. (Channels' own layer fails on them.)
    is_bounded: a full channel refuses `send` and is passed over by `group_send`. (Over pub/sub no sender can know: with
    channels_redis the queue has no end, in ours the oldest goes.)
    names: names that are none are refused. (channels_redis' pub/sub takes what Redis takes.)
    keeps: what was sent waits for the first `receive`. (pub/sub keeps nothing for who is not there yet.)
    cancels: a cancelled `receive` loses nothing. (channels_redis' pub/sub leaves the channel with it; its core layer
    has no copy yet of what Redis has just handed over: of 3,000 messages one was lost on a busy machine.)
    loops: may be sent to from another thread's loop. (Channels' own layer was made for tests of one loop.)
    """

    make: Callable[[str], Any]
    is_own: bool = True
    by_name: bool = True
    is_bounded: bool = True
    names: bool = True
    keeps: bool = True
    cancels: bool = True
    loops: bool = True


BY_NAME = {"small*": 1}


def on_redis(layer: Callable[..., Any], **options: Any) -> Callable[[str], Any]:
    return lambda url: layer(hosts=[url], prefix=next(PREFIXES), **options)


KINDS = {
    "ours": Kind(lambda _: InProcessChannelLayer(capacity=CAPACITY, channel_capacity=BY_NAME)),
    "ours-redis": Kind(
        lambda url: RedisChannelLayer(url, prefix=next(PREFIXES)), by_name=False, is_bounded=False, keeps=False
    ),
    "channels": Kind(lambda _: InMemoryChannelLayer(capacity=CAPACITY), by_name=False, loops=False),
    "redis": Kind(
        on_redis(CoreRedisChannelLayer, capacity=CAPACITY, channel_capacity=BY_NAME), is_own=False, cancels=False
    ),
    "pubsub": Kind(
        on_redis(RedisPubSubChannelLayer), by_name=False, is_bounded=False, names=False, keeps=False, cancels=False
    ),
}


def promised(what: str) -> Any:
    """Run with the layers that promise it."""
    return pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if getattr(kind, what)])


@pytest.fixture(params=list(KINDS))
def kind(request) -> str:
    return request.param


@pytest.fixture
async def layer(kind, redis_url) -> AsyncIterator[Any]:
    layer = KINDS[kind].make(redis_url)
    async with asyncio.timeout(WITHIN_S):
        yield layer
        await layer.flush()


async def receive_many(layer: Any, channel: str, count: int) -> list[Any]:
    return [(await layer.receive(channel))["n"] for _ in range(count)]


async def test_messages_of_a_channel_arrive_in_the_order_they_were_sent(layer):
    channel = await layer.new_channel()
    for number in range(CAPACITY):
        await layer.send(channel, {"n": number})
    assert await receive_many(layer, channel, CAPACITY) == list(range(CAPACITY))


async def test_a_message_arrives_as_it_was(layer):
    sent = {"type": "a.b", "n": None, "bytes": b"\0\xff", "list": [1, -1, 2**53, 0.5, True], "inner": {"text": "é\0"}}
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.send(channel, sent)
    await layer.group_send("room", sent)
    assert [await layer.receive(channel) for _ in range(2)] == [sent, sent]


async def test_a_receiver_waits_until_there_is_something(layer):
    channel, other = await layer.new_channel(), await layer.new_channel()
    waiting = [asyncio.ensure_future(layer.receive(name)) for name in (channel, other)]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    await layer.send(other, {"n": 2})
    await layer.send(channel, {"n": 1})
    assert [message["n"] for message in await asyncio.gather(*waiting)] == [1, 2]


async def test_a_group_reaches_each_of_its_channels_once_and_nobody_else(layer):
    inside, twice, outside = [await layer.new_channel() for _ in range(3)]
    for channel in (inside, twice, twice):
        await layer.group_add("room", channel)
    await layer.group_add("other", outside)
    await layer.group_send("room", {"n": 1})
    for channel in (inside, twice, outside):
        await layer.send(channel, {"n": "behind"})
    assert await receive_many(layer, inside, 2) == [1, "behind"]
    assert await receive_many(layer, twice, 2) == [1, "behind"]
    assert await receive_many(layer, outside, 1) == ["behind"]


async def test_who_left_a_group_hears_no_more_of_it_and_may_leave_again(layer):
    stays, leaves = await layer.new_channel(), await layer.new_channel()
    for channel in (stays, leaves):
        await layer.group_add("room", channel)
    for _ in range(2):
        await layer.group_discard("room", leaves)
    await layer.group_discard("never.joined", leaves)
    await layer.group_send("room", {"n": 1})
    await layer.send(leaves, {"n": "behind"})
    assert await receive_many(layer, stays, 1) == [1]
    assert await receive_many(layer, leaves, 1) == ["behind"]


async def test_a_group_without_anybody_in_it_takes_a_message_and_keeps_none(layer):
    await layer.group_send("nobody", {"n": 1})
    channel = await layer.new_channel()
    await layer.group_add("nobody", channel)
    await layer.send(channel, {"n": "behind"})
    assert await receive_many(layer, channel, 1) == ["behind"]


async def test_no_two_channels_have_the_same_name(layer):
    names = [await layer.new_channel() for _ in range(50)]
    assert len(set(names)) == len(names)


async def test_a_flushed_layer_has_forgotten_all_and_goes_on(layer):
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.send(channel, {"n": "before"})
    await layer.flush()
    await layer.group_send("room", {"n": "to nobody"})
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.group_send("room", {"n": "after"})
    assert await receive_many(layer, channel, 1) == ["after"]


# --- what not all of them promise -----------------------------------------------------------------------


@promised("is_own")
async def test_what_one_receiver_or_the_sender_changes_is_nobody_elses(layer):
    sent = {"inner": {"text": "as sent"}}
    channels = [await layer.new_channel() for _ in range(2)]
    for channel in channels:
        await layer.group_add("room", channel)
    await layer.group_send("room", sent)
    sent["inner"]["text"] = "changed"
    for channel in channels:
        received = await layer.receive(channel)
        assert received == {"inner": {"text": "as sent"}}
        received["inner"]["text"] = "changed"


@promised("is_bounded")
async def test_a_full_channel_refuses_and_a_group_passes_it_over(layer):
    full, other = await layer.new_channel(), "other"
    for number in range(CAPACITY):
        await layer.send(full, {"n": number})
    with pytest.raises(ChannelFull):
        await layer.send(full, {"n": "too many"})
    for channel in (full, other):
        await layer.group_add("room", channel)
    await layer.group_send("room", {"n": "to the other"})
    assert await receive_many(layer, other, 1) == ["to the other"]
    assert await receive_many(layer, full, CAPACITY) == list(range(CAPACITY))
    await layer.send(full, {"n": "room again"})
    assert await receive_many(layer, full, 1) == ["room again"]


@promised("by_name")
async def test_a_capacity_may_be_set_by_a_pattern_of_names(layer):
    await layer.send("small.one", {"n": 1})
    with pytest.raises(ChannelFull):
        await layer.send("small.one", {"n": 2})
    for number in range(2):
        await layer.send("large", {"n": number})
    assert await receive_many(layer, "large", 2) == [0, 1]


async def test_the_pubsub_layer_has_no_capacity(redis_url):
    layer = KINDS["pubsub"].make(redis_url)
    channel = await layer.new_channel()
    for number in range(500):
        await layer.send(channel, {"n": number})
    assert await asyncio.wait_for(receive_many(layer, channel, 500), WITHIN_S) == list(range(500))
    await layer.flush()


@promised("names")
@pytest.mark.parametrize("name", ["", "a room", "a/b", "ü", "x" * 100, 5, None])
async def test_names_that_are_none_are_refused(layer, name):
    with pytest.raises(TypeError):
        await layer.group_add(name, "channel")
    with pytest.raises(TypeError):
        await layer.group_send(name, {"n": 1})
    for call in (layer.send(name, {"n": 1}), layer.receive(name), layer.group_discard("room", name)):
        with pytest.raises(TypeError):
            await call


@promised("keeps")
async def test_what_was_sent_before_anybody_asked_for_it_waits(layer):
    await layer.send("later", {"n": 1})
    assert await receive_many(layer, "later", 1) == [1]


@promised("cancels")
async def test_a_cancelled_receive_loses_nothing(layer):
    channel = await layer.new_channel()
    got: list[int] = []
    # Cancelled before there is anything, and then at every moment around the arrival of a message.
    for number, pause_s in enumerate((0, 0.001, 0.002, 0.005, 0.02)):
        waiting = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0)
        await layer.send(channel, {"n": number})
        await asyncio.sleep(pause_s)
        waiting.cancel()
        await asyncio.wait([waiting])
        if not waiting.cancelled():
            got.append(waiting.result()["n"])
    got += await receive_many(layer, channel, 5 - len(got))
    assert got == [0, 1, 2, 3, 4]


@promised("loops")
async def test_a_loop_of_another_thread_reaches_a_receiver_that_waits(layer):
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    waiting = asyncio.ensure_future(receive_many(layer, channel, 3))
    await asyncio.sleep(0.05)

    async def send() -> None:
        await layer.send(channel, {"n": 1})
        await layer.group_send("room", {"n": 2})
        await layer.send(channel, {"n": 3})

    await asyncio.to_thread(asyncio.run, send())
    assert await waiting == [1, 2, 3]
