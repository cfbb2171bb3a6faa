"""What only our own channel layer promises; the rest is its contract with the others' (tests/integration)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

import pytest
from channels.exceptions import ChannelFull

from realtime.layers import InProcessChannelLayer


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        self.start(end_all_others()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def end_all_others() -> None:
    """A receiver may still wait for what never comes."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def loops():
    threads = [LoopThread() for _ in range(2)]
    yield threads
    for thread in threads:
        thread.close()


@pytest.fixture
def layer() -> InProcessChannelLayer:
    return InProcessChannelLayer(capacity=10_000)


async def receive_many(layer: InProcessChannelLayer, channel: str, count: int) -> list[int]:
    return [(await layer.receive(channel))["n"] for _ in range(count)]


async def send_many(layer: InProcessChannelLayer, channel: str, numbers: range) -> None:
    for number in numbers:
        await layer.send(channel, {"n": number})
        if number % 7 == 0:
            await asyncio.sleep(0)


def test_messages_cross_from_loop_to_loop_and_none_is_missed(layer, loops) -> None:
    """The receiver mostly sleeps when a message comes from the other thread, or is just about to."""
    received = loops[0].start(receive_many(layer, "there", 3_000))
    loops[1].start(send_many(layer, "there", range(3_000))).result(20)
    assert received.result(20) == list(range(3_000))


def test_a_message_that_arrives_as_its_receiver_lies_down_wakes_it(layer, loops, monkeypatch) -> None:
    """The one moment in which a wake-up can be missed: between the look into the queue and the wait."""
    sent = threading.Event()
    lying_down = loops[0]._loop.create_future

    def create_future() -> asyncio.Future[Any]:
        if not sent.is_set():
            sent.set()
            thread = threading.Thread(target=lambda: asyncio.run(layer.send("there", {"n": 1})))
            thread.start()
            thread.join(0.2)
        return lying_down()

    monkeypatch.setattr(loops[0]._loop, "create_future", create_future)
    assert loops[0].start(receive_many(layer, "there", 1)).result(5) == [1]


def test_groups_hold_under_joins_and_leaves_from_several_loops(layer, loops) -> None:
    async def come_and_go(name: str) -> None:
        for _ in range(500):
            await layer.group_add("room", name)
            await layer.group_discard("room", name)
            await asyncio.sleep(0)

    work = [loop.start(come_and_go(f"c{number}")) for number, loop in enumerate(loops)]
    for each in work:
        each.result(20)
    assert not layer._groups
    assert not layer._groups_of


def test_a_receiver_whose_loop_was_closed_is_passed_over(layer) -> None:
    gone = LoopThread()
    gone.start(layer.receive("there"))
    gone.start(asyncio.sleep(0.01)).result(5)
    gone.close()

    async def rest() -> Any:
        await layer.send("there", {"n": 1})
        return await asyncio.wait_for(layer.receive("there"), 5)

    assert asyncio.run(rest()) == {"n": 1}


async def test_channels_that_come_and_go_leave_nothing_behind(layer) -> None:
    for _ in range(100):
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        await layer.group_send("room", {"n": 1})
        await layer.receive(channel)
        waiting = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0)
        await layer.group_discard("room", channel)
        waiting.cancel()
        await asyncio.wait([waiting])
    assert not layer._channels
    assert not layer._groups
    assert not layer._groups_of


async def test_a_channel_whose_receiver_died_is_forgotten_when_its_messages_are_stale(layer, monkeypatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    await layer.group_add("room", "dead")
    await layer.group_send("room", {"n": 1})
    now += layer.expiry + 1
    await layer.group_send("room", {"n": 2})
    assert not layer._groups
    assert not layer._channels


async def test_what_a_receiver_left_behind_is_forgotten_though_nobody_sends_there_any_more(layer, monkeypatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    for number in range(3):
        await layer.send(f"dead.{number}", {"n": 1})
    waiting = asyncio.ensure_future(layer.receive("alive"))
    await asyncio.sleep(0)
    now += layer.expiry + 1
    await layer.send("alive", {"n": 2})
    assert await asyncio.wait_for(waiting, 5) == {"n": 2}
    assert not layer._channels


async def test_stale_messages_make_room_and_are_not_received(monkeypatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    layer = InProcessChannelLayer(capacity=2, expiry=60)
    for number in range(2):
        await layer.send("slow", {"n": number})
    with pytest.raises(ChannelFull):
        await layer.send("slow", {"n": 2})
    now += 61
    await layer.send("slow", {"n": 3})
    assert await layer.receive("slow") == {"n": 3}


async def test_of_several_receivers_each_message_has_one_and_a_cancelled_one_gives_it_up(layer) -> None:
    first, second = (asyncio.ensure_future(layer.receive("there")) for _ in range(2))
    await asyncio.sleep(0)
    await layer.send("there", {"n": 1})
    first.cancel()
    assert await asyncio.wait_for(second, 5) == {"n": 1}


async def test_a_message_that_is_no_dictionary_is_refused(layer) -> None:
    for send in (layer.send, layer.group_send):
        with pytest.raises(TypeError):
            await send("there", "text")
