"""Subscriptions: snapshots, recovery, holes, refusals; and iterating over them."""

import asyncio
from typing import Any

import pytest

from realtime.client import ClientClosed, Disconnected, SubscriptionEnded, SubscriptionState
from realtime.client.subscription import BUFFER_MAX
from realtime.protocol import NotFound, Since, Subscribe, Unsubscribe

TOPIC = "chat/general"


def subscribes(server: Any) -> list[Any]:
    return [frame.since and frame.since.seq for socket in server.sockets for frame in socket.of(Subscribe)]


async def taken(subscription: Any, settle: Any) -> list[tuple[str, Any]]:
    """What has come: snapshots as their number of messages, events by their seq."""
    await settle()
    items = [await anext(subscription) for _ in range(len(subscription._buffer))]
    return [(item.event, len(item.data["messages"]) if item.event == "snapshot" else item.seq) for item in items]


async def test_a_subscription_begins_with_the_snapshot_and_goes_on_with_events(client, server, settle):
    server.publish(TOPIC, "before")
    room = await client.subscribe(TOPIC)
    assert room.snapshot["messages"][0]["text"] == "before"
    assert room.position == Since("k3x", 1)
    server.publish(TOPIC, "after")
    assert await taken(room, settle) == [("snapshot", 1), ("message", 2)]
    assert room.position == Since("k3x", 2)


async def test_params_travel_along(client, server):
    await client.subscribe(TOPIC, params={"window_s": 60})
    assert server.socket.of(Subscribe)[0].params == {"window_s": 60}


async def test_what_was_missed_is_told_after_a_lost_connection_and_marked(client, server, clock, settle):
    room = await client.subscribe(TOPIC)
    server.publish(TOPIC, "one")
    await settle()
    server.socket.end(1006)
    await settle()
    assert room.state is SubscriptionState.WAITING
    server.publish(TOPIC, "two")
    server.publish(TOPIC, "three")
    await clock.advance(1)
    assert room.state is SubscriptionState.LIVE
    server.publish(TOPIC, "four")
    await settle()
    items = [await anext(room) for _ in range(5)]
    assert [(item.seq, item.recovered) for item in items] == [
        (0, False),
        (1, False),
        (2, True),
        (3, True),
        (4, False),
    ]
    assert subscribes(server) == [None, 1]


async def test_too_far_behind_means_a_new_snapshot(client, server, clock, settle):
    server.recover_max = 2
    room = await client.subscribe(TOPIC)
    server.socket.end(1006)
    await settle()
    for n in range(3):
        server.publish(TOPIC, str(n))
    await clock.advance(1)
    assert await taken(room, settle) == [("snapshot", 0), ("snapshot", 3)]
    assert room.position == Since("k3x", 3)


async def test_a_lost_event_is_healed_as_soon_as_the_next_one_shows_it(client, server, settle):
    room = await client.subscribe(TOPIC)
    server.publish(TOPIC, "one")
    server.publish(TOPIC, "lost", lose=True)
    server.publish(TOPIC, "three")
    assert await taken(room, settle) == [("snapshot", 0), ("message", 1), ("message", 2), ("message", 3)]
    assert subscribes(server) == [None, 1]


async def test_an_event_seen_before_is_dropped(client, server, settle):
    room = await client.subscribe(TOPIC)
    message = server.publish(TOPIC, "one")
    server.socket.push(op="event", topic=TOPIC, event="message", data=message, seq=1)
    server.socket.push(op="event", topic=TOPIC, event="message", data=message, seq=1, prev=0)
    assert await taken(room, settle) == [("snapshot", 0), ("message", 1)]
    assert subscribes(server) == [None]


async def test_an_event_that_names_what_it_follows_is_no_hole(client, server, settle):
    room = await client.subscribe(TOPIC)
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=5, prev=0)
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=9, prev=3)
    assert await taken(room, settle) == [("snapshot", 0), ("message", 5), ("message", 9)]
    assert subscribes(server) == [None]


async def test_events_without_a_seq_pass_even_while_a_hole_is_healed(client, server, settle):
    room = await client.subscribe(TOPIC)
    server.deaf_to = (Subscribe,)
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=5)
    server.socket.push(op="event", topic=TOPIC, event="typing", data={})
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=1)
    assert await taken(room, settle) == [("snapshot", 0), ("typing", None)]
    assert room.position == Since("k3x", 0)


async def test_a_hole_that_the_answer_leaves_is_asked_for_again_after_a_pause(client, server, clock, settle):
    room = await client.subscribe(TOPIC)
    for _ in range(5):
        server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=50)
        await settle()
    assert len(subscribes(server)) == 2
    await clock.advance(0.25)
    assert len(subscribes(server)) == 3
    assert room.state is SubscriptionState.LIVE


async def test_the_next_hole_after_a_healed_one_is_asked_for_at_once_again(client, server, settle):
    room = await client.subscribe(TOPIC)
    for n in range(3):
        server.publish(TOPIC, f"lost {n}", lose=True)
        server.publish(TOPIC, f"shows {n}")
        server.publish(TOPIC, f"fits {n}")
        await settle()
    assert subscribes(server) == [None, 0, 3, 6]
    assert room.position == Since("k3x", 9)


async def test_an_answer_to_a_subscription_closed_meanwhile_is_nobodys(client, server, settle):
    seen: list[Any] = []
    room = await client.subscribe(TOPIC, listener=seen.append)
    server.deaf_to = (Subscribe,)
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=5)
    await settle()
    room.close()
    server.subscribe(server.socket, server.socket.of(Subscribe)[-1])
    await settle()
    assert [received.event for received in seen] == ["snapshot"]


async def test_a_position_moves_to_the_reply_even_past_its_last_event(client, server, clock, settle):
    room = await client.subscribe(TOPIC)
    server.deaf_to = (Subscribe,)
    server.socket.end(1006)
    await clock.advance(1)
    data = {"epoch": "k3x", "seq": 9, "recovered": True, "snapshot": None}
    data["events"] = [{"event": "message", "data": {}, "seq": 4}]
    server.socket.push(op="reply", id=server.socket.of(Subscribe)[0].id, data=data)
    server.socket.push(op="event", topic=TOPIC, event="message", data={}, seq=10)
    assert await taken(room, settle) == [("snapshot", 0), ("message", 4), ("message", 10)]


async def test_a_topic_without_a_log_starts_again_from_its_snapshot(client, server, clock, settle):
    server.live_only = {"user/me"}
    me = await client.subscribe("user/me")
    server.socket.push(op="event", topic="user/me", event="room_changed", data={"slug": "a"})
    server.socket.push(op="event", topic="user/me", event="snapshot", data={"rooms": ["a"]})
    await settle()
    assert me.snapshot == {"rooms": ["a"]}
    server.socket.end(1006)
    await clock.advance(1)
    names = [(await anext(me)).event for _ in range(4)]
    assert names == ["snapshot", "room_changed", "snapshot", "snapshot"]
    assert subscribes(server) == [None, None]


async def test_a_refused_subscription_raises_and_is_forgotten(client, server):
    server.subscribe_refusals = [{"code": "not_found"}]
    with pytest.raises(NotFound):
        await client.subscribe(TOPIC)
    assert client.subscription(TOPIC) is None
    await client.subscribe(TOPIC)


async def test_a_refusal_that_passes_is_waited_for(client, server, clock, settle):
    server.subscribe_refusals = [{"code": "unavailable", "retryable": True}] * 2
    asked = asyncio.create_task(client.subscribe(TOPIC))
    await clock.advance(0.2)
    assert not asked.done()
    await clock.advance(1)
    assert (await asked).state is SubscriptionState.LIVE


async def test_a_refusal_says_how_long_to_wait(client, server, clock, settle):
    server.subscribe_refusals = [{"code": "rate_limited", "retryable": True, "retry_after_s": 5}]
    asked = asyncio.create_task(client.subscribe(TOPIC))
    await clock.advance(5)
    assert not asked.done()
    await clock.advance(0.25)
    await asked


async def test_subscribing_waits_through_a_lost_connection(client, server, clock, settle):
    await client.ready()
    server.deaf_to = (Subscribe,)
    asked = asyncio.create_task(client.subscribe(TOPIC))
    await settle()
    server.socket.end(1006)
    server.deaf_to = ()
    await clock.advance(1)
    assert (await asked).position == Since("k3x", 0)


async def test_cancelling_a_subscribe_takes_it_back(client, server, settle):
    await client.ready()
    server.deaf_to = (Subscribe,)
    asked = asyncio.create_task(client.subscribe(TOPIC))
    await settle()
    asked.cancel()
    await settle()
    assert client.subscription(TOPIC) is None
    assert server.socket.of(Unsubscribe)


async def test_the_same_topic_twice_is_a_mistake(client):
    await client.subscribe(TOPIC)
    with pytest.raises(ValueError, match="already"):
        await client.subscribe(TOPIC)


async def test_subscribing_at_rest_is_refused(make_client):
    with pytest.raises(ClientClosed):
        await make_client().subscribe(TOPIC)


@pytest.mark.parametrize("code", ["kicked", "banned", "removed", "gone", "moved"])
async def test_a_subscription_the_server_ended_tells_what_came_and_then_raises(client, server, clock, settle, code):
    room = await client.subscribe(TOPIC)
    server.publish(TOPIC, "one")
    server.socket.push(op="unsubscribed", topic=TOPIC, code=code, message="You were removed.")
    await settle()
    assert [(await anext(room)).event for _ in range(2)] == ["snapshot", "message"]
    for _ in range(2):
        with pytest.raises(SubscriptionEnded, match="removed") as caught:
            await anext(room)
        assert caught.value.wire_code == code
    server.socket.end(1006)
    await clock.advance(1)
    assert subscribes(server) == [None]
    room.retry()
    await settle()
    assert room.state is SubscriptionState.LIVE


async def test_access_lost_while_away_ends_the_subscription(client, server, clock, settle):
    room = await client.subscribe(TOPIC)
    await anext(room)
    waiting = asyncio.create_task(anext(room))
    server.subscribe_refusals = [{"code": "not_found"}]
    server.socket.end(1006)
    await clock.advance(1)
    with pytest.raises(NotFound):
        await waiting


async def test_closing_unsubscribes_and_ends_iteration(client, server, settle):
    room = await client.subscribe(TOPIC)

    async def read() -> list[str]:
        return [received.event async for received in room]

    reading = asyncio.create_task(read())
    server.publish(TOPIC, "one")
    await settle()
    room.close()
    room.close()
    assert await reading == ["snapshot", "message"]
    await settle()
    assert len(server.socket.of(Unsubscribe)) == 1
    again = await client.subscribe(TOPIC)
    assert again.snapshot["messages"]


async def test_stopping_the_client_ends_iteration_and_closing_it_raises(client, server, settle):
    room = await client.subscribe(TOPIC)
    await anext(room)
    waiting = asyncio.create_task(anext(room, "ended"))
    await settle()
    await client.stop()
    assert await waiting == "ended"
    client.start()
    await client.ready()
    waiting = asyncio.create_task(anext(room))
    server.socket.end(4503)
    with pytest.raises(ClientClosed, match="4503"):
        await waiting


async def test_a_subscription_goes_on_when_a_stopped_client_starts_again(client, server, settle):
    room = await client.subscribe(TOPIC)
    await client.stop()
    server.publish(TOPIC, "meanwhile")
    client.start()
    assert await taken(room, settle) == [("snapshot", 0), ("message", 1)]


async def test_a_subscribe_that_is_waiting_when_the_client_stops_raises(client, server, settle):
    await client.ready()
    server.deaf_to = (Subscribe,)
    asked = asyncio.create_task(client.subscribe(TOPIC))
    await settle()
    await client.stop()
    with pytest.raises(Disconnected):
        await asked


async def test_a_listener_gets_events_at_once_and_may_throw(client, server, settle):
    seen: list[Any] = []

    def listener(received: Any) -> None:
        seen.append(received.event)
        raise ValueError

    room = await client.subscribe(TOPIC, listener=listener)
    server.publish(TOPIC, "one")
    server.publish(TOPIC, "two")
    await settle()
    assert seen == ["snapshot", "message", "message"]
    assert room.position == Since("k3x", 2)


async def test_a_listener_may_close_its_subscription(client, server, settle):
    def listener(received: Any) -> None:
        if received.event == "message":
            client.subscription(TOPIC).close()

    room = await client.subscribe(TOPIC, listener=listener)
    server.publish(TOPIC, "one")
    server.publish(TOPIC, "two")
    await settle()
    assert room.state is SubscriptionState.CLOSED
    assert room.position == Since("k3x", 1)


async def test_events_of_topics_nobody_wants_are_passed_over(client, server, settle):
    await client.ready()
    server.socket.push(op="event", topic="chat/other", event="message", data={}, seq=1)
    server.socket.push(op="unsubscribed", topic="chat/other", code="kicked", message="")
    await settle()
    assert client.state == "connected"


async def test_whoever_does_not_read_starts_over_from_a_snapshot(client, server, settle, monkeypatch):
    assert BUFFER_MAX > 10_000
    monkeypatch.setattr("realtime.client.subscription.BUFFER_MAX", 10)
    room = await client.subscribe(TOPIC)
    for n in range(20):
        server.publish(TOPIC, str(n))
    await settle()
    items = await taken(room, settle)
    assert items[0] == ("snapshot", 20)
    assert room.position == Since("k3x", 20)
