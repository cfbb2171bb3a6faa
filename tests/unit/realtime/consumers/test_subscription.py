"""A subscription at its worst moments: refused, kicked, left, doubled and cut off half-way."""

from __future__ import annotations

import asyncio

import pytest

from realtime.consumers import TopicConsumer
from realtime.hub import current_hub, publish_event, signal
from realtime.protocol.errors import Internal, NotFound, NotSubscribed, RateLimited, Unavailable
from realtime.protocol.frames import Event, Reply, Unsubscribed
from tests.unit.realtime.consumers.awkward import Slow, Unreadable
from tests.unit.realtime.metrics.readings import Moved


@pytest.fixture(autouse=True)
def topics(engine, settings) -> None:
    settings.REALTIME = {
        **settings.REALTIME,
        "TOPICS": "tests.unit.realtime.consumers.awkward",
        "REQUESTS_BURST": 2_000,
        "BUDGET_BYTES": 1_000_000,
    }
    Slow.gate, Slow.reading = asyncio.Event(), asyncio.Event()
    Slow.said.clear()


def members() -> list[str]:
    """The streams in which anybody has a place."""
    return [stream.name for stream in current_hub().streams.values() if stream.active]


async def reading(person, topic: str = "slow/1") -> asyncio.Task:
    """A subscribe whose snapshot is being read."""
    subscribing = asyncio.ensure_future(person.subscribe(topic))
    await Slow.reading.wait()
    return subscribing


async def test_requests_to_topics_nobody_subscribed_to_leave_nothing_behind(client) -> None:
    async with client() as ada:
        for n in range(20):
            with pytest.raises(NotSubscribed):
                await ada.send(f"nowhere/{n}", "x", {})
            with pytest.raises(NotFound):
                await ada.subscribe(f"elsewhere/{n}")
        assert not ada.connection._subscriptions


async def test_a_snapshot_that_cannot_be_encoded_is_a_refusal_like_any_other(client) -> None:
    async with client() as ada:
        with pytest.raises(Internal):
            await ada.subscribe("unreadable")
        assert members() == []
        with pytest.raises(NotSubscribed):
            await ada.unsubscribe("unreadable")


async def test_every_request_is_answered_though_its_result_is_unreadable_or_given_up(client, monkeypatch) -> None:
    monkeypatch.setattr(Unreadable, "snapshot", TopicConsumer.snapshot)
    async with client() as ada:
        await ada.subscribe("unreadable")
        with pytest.raises(Internal):
            await ada.send("unreadable", "later", {})
        await ada.subscribe("door/open")
        with pytest.raises(Unavailable):
            await ada.send("door/open", "give-up", {})
        assert ada.connection.session.unanswered == 0


async def test_a_kick_while_the_snapshot_is_read_ends_the_subscription_and_all_of_it(client) -> None:
    async with client() as ada:
        subscribing = await reading(ada)
        signal("slow/1", "kick")
        assert await ada.event() == Unsubscribed("slow/1", "kicked", "Out.")
        Slow.gate.set()
        with pytest.raises(NotFound):
            await subscribing
        assert members() == []
        assert await ada.subscribe("slow/1") == {"snapshot": {"read": True}}
        assert members() == ["slow/1"]


async def test_one_who_is_kicked_at_the_door_is_in_no_stream(client) -> None:
    async with client() as ada:
        with pytest.raises(NotFound):
            await ada.subscribe("door/kicks")
        assert members() == []


async def test_a_fault_at_the_door_refuses_and_one_on_leaving_harms_nobody(client, caplog) -> None:
    async with client() as ada:
        with pytest.raises(Internal):
            await ada.subscribe("door/fails")
        await ada.subscribe("door/open")
        await ada.unsubscribe("door/open")
        await asyncio.sleep(0.01)
        assert caplog.text.count("ZeroDivisionError") >= 2
        assert members() == []


async def test_a_fault_in_a_signals_reader_ends_nothing(client, caplog) -> None:
    Slow.gate.set()
    async with client() as ada:
        await ada.subscribe("slow/1")
        signal("slow/1", "fail")
        signal("slow/1", "hear", {"n": 1})
        assert (await ada.event()).event == "told"
        assert "ZeroDivisionError" in caplog.text


async def test_what_a_consumer_says_while_its_snapshot_is_read_follows_the_reply(client) -> None:
    async with client() as ada:
        subscribing = await reading(ada)
        signal("slow/1", "hear", {"n": 1})
        publish_event("slow/1", "slow/1", "public", {})
        await asyncio.sleep(0.02)
        assert len(ada.frames) == 1
        Slow.gate.set()
        await subscribing
        assert isinstance(ada.frames[1], Reply)
        assert {(await ada.event()).event for _ in range(2)} == {"told", "public"}


async def test_a_stream_that_is_named_twice_is_joined_once_and_one_joined_early_follows_the_reply(client) -> None:
    async with client() as ada:
        await ada.subscribe("twice")
        assert [type(frame) for frame in ada.frames[1:]] == [Reply, Event]
        assert (await ada.event()).event == "early"
        publish_event("twice", "twice", "once", {})
        await asyncio.sleep(0.03)
        assert [event.event for event in ada.pending()] == ["once"]
        await ada.unsubscribe("twice")
        assert members() == []


async def test_subscribing_again_before_the_first_is_answered_gives_two_replies_and_one_place(client) -> None:
    async with client() as ada:
        first = await reading(ada)
        second = asyncio.ensure_future(ada.subscribe("slow/1"))
        await asyncio.sleep(0)
        Slow.gate.set()
        assert [await first, await second] == [{"snapshot": {"read": True}}] * 2
        publish_event("slow/1", "slow/1", "once", {})
        await asyncio.sleep(0.03)
        assert [event.event for event in ada.pending()] == ["once"]
        assert len(current_hub().streams["slow/1"].everyone()) == 1
        assert Slow.said == ["reads", "reads", "left"]


async def test_leaving_while_the_snapshot_is_read_waits_its_turn_and_leaves(client) -> None:
    async with client() as ada:
        subscribing = await reading(ada)
        leaving = asyncio.ensure_future(ada.unsubscribe("slow/1"))
        await asyncio.sleep(0)
        Slow.gate.set()
        assert [await subscribing, await leaving] == [{"snapshot": {"read": True}}, {}]
        await asyncio.sleep(0)
        assert members() == []
        assert Slow.said == ["reads", "left"]
        assert not ada.connection._subscriptions


@pytest.mark.parametrize("doing", ["subscribe", "send"])
async def test_a_disconnect_in_the_middle_leaves_nothing_behind(client, doing) -> None:
    async with client() as ada:
        if doing == "subscribe":
            await reading(ada)
        else:
            Slow.gate.set()
            await ada.subscribe("slow/1")
            Slow.gate.clear()
            ada.put({"op": "send", "id": 9, "topic": "slow/1", "event": "wait", "data": {}})
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    assert members() == []
    assert len(current_hub().connections) == 0
    assert Slow.said == ["reads", "left"]
    assert not [task for task in asyncio.all_tasks() if "Subscription" in repr(task)]


async def test_what_waits_for_one_topic_is_bounded(client) -> None:
    async with client() as ada:
        subscribing = await reading(ada)
        waiting = [asyncio.ensure_future(ada.send("slow/1", "wait", {"n": n})) for n in range(600)]
        hit = Moved("chorus_limits_hit_total", limit="requests_waiting")
        refused_at_once = 600 - current_hub().conf.REQUESTS_WAITING
        async with asyncio.timeout(10):
            while sum(each.done() for each in waiting) < refused_at_once:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        done = {each for each in waiting if each.done()}
        assert len(done) == hit() == refused_at_once
        for refused in done:
            with pytest.raises(RateLimited):
                refused.result()
        Slow.gate.set()
        await subscribing
        rest = await asyncio.gather(*(each for each in waiting if each not in done))
        assert [reply["n"] for reply in rest] == list(range(len(rest)))
