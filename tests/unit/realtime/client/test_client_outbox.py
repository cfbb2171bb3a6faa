"""The outbox: kept, in order, once; whatever happens to the connection."""

import asyncio
import uuid
from typing import Any

import pytest

from realtime.client import ClientClosed, Disconnected, EntryState, MemoryStore
from realtime.protocol import Invalid, Muted, NotFound, NotSubscribed, Send, TooLarge

TOPIC = "chat/general"


def texts(server: Any, topic: str = TOPIC) -> list[str]:
    return [message["text"] for message in server.logs.get(topic, [])]


def keys(server: Any) -> list[str]:
    return [frame.key for socket in server.sockets for frame in socket.of(Send)]


async def post(client: Any, text: str, topic: str = TOPIC) -> Any:
    return await client.post(topic, "message.post", {"text": text})


async def test_a_post_is_answered(client, server):
    await client.subscribe(TOPIC)
    reply = await post(client, "Hello")
    assert (reply["seq"], reply["duplicate"]) == (1, False)
    assert texts(server) == ["Hello"]
    assert uuid.UUID(keys(server)[0])
    assert client.outbox.waiting == 0
    assert client.outbox.entries() == []


async def test_posts_of_one_topic_go_one_at_a_time_and_in_order(client, server, settle):
    await client.subscribe(TOPIC)
    server.deaf_to = (Send,)
    asked = [asyncio.create_task(post(client, str(n))) for n in range(3)]
    await settle()
    assert len(server.socket.of(Send)) == 1
    assert [entry.state for entry in client.outbox.entries(TOPIC)] == ["sending", "pending", "pending"]
    server.deaf_to = ()
    server.answer(server.socket, server.socket.of(Send)[0])
    await asyncio.gather(*asked)
    assert texts(server) == ["0", "1", "2"]


async def test_topics_do_not_wait_for_each_other(client, server, settle):
    await client.subscribe("chat/a")
    await client.subscribe("chat/b")
    server.deaf_to = (Send,)
    client.outbox.add("chat/a", "message.post", {"text": "a"})
    client.outbox.add("chat/b", "message.post", {"text": "b"})
    await settle()
    assert {frame.topic for frame in server.socket.of(Send)} == {"chat/a", "chat/b"}


async def test_a_post_whose_answer_was_lost_is_sent_again_under_its_key_and_done_once(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.deaf_to = (Send,)
    asked = asyncio.create_task(post(client, "Hello"))
    await settle()
    frame = server.socket.of(Send)[0]
    server.deaf_to = ()
    old, server.sockets = server.sockets, []
    server.post(old[0], frame)  # committed, but the connection ends before the reply can be read
    old[0]._queue._queue.clear()
    old[0].end(1006)
    await clock.advance(1)
    reply = await asked
    assert reply["duplicate"] is True
    assert texts(server) == ["Hello"]
    assert keys(server) == [frame.key]


async def test_what_was_written_while_away_goes_out_in_order_after_resubscribing(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.socket.end(1006)
    await settle()
    asked = [asyncio.create_task(post(client, str(n))) for n in range(3)]
    await settle()
    assert client.outbox.waiting == 3
    server.publish(TOPIC, "theirs")
    await clock.advance(1)
    await asyncio.gather(*asked)
    assert texts(server) == ["theirs", "0", "1", "2"]
    kinds = [type(frame).__name__ for frame in server.socket.heard]
    assert kinds == ["Subscribe", "Send", "Send", "Send"]


async def test_a_final_refusal_is_raised_and_the_next_post_goes_on(client, server):
    await client.subscribe(TOPIC)
    server.refusals = [{"code": "muted"}]
    results = await asyncio.gather(post(client, "a"), post(client, "b"), return_exceptions=True)
    assert isinstance(results[0], Muted)
    assert texts(server) == ["b"]
    assert client.outbox.entries() == []


async def test_a_refusal_that_passes_is_waited_for_and_nothing_overtakes(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.refusals = [{"code": "slow_mode", "retryable": True, "retry_after_s": 4}]
    asked = [asyncio.create_task(post(client, text)) for text in "ab"]
    await clock.advance(4)
    head = client.outbox.entries()[0]
    assert head.retry_at == clock.now() + 0.25
    assert texts(server) == []
    await clock.advance(0.25)
    await asyncio.gather(*asked)
    assert texts(server) == ["a", "b"]
    assert len(set(keys(server))) == 2


async def test_refusals_without_a_time_are_backed_off_from(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.refusals = [{"code": "unavailable", "retryable": True}] * 4
    asked = asyncio.create_task(post(client, "a"))
    await clock.advance(0.25 + 0.5 + 1)
    assert not asked.done()
    await clock.advance(2)
    await asked


async def test_a_subscription_the_server_forgot_is_made_again_and_the_post_with_it(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.subscribed.clear()
    asked = asyncio.create_task(post(client, "a"))
    await clock.advance(1)
    await asked
    assert texts(server) == ["a"]


async def test_posting_without_a_subscription_fails_at_once(client):
    with pytest.raises(NotSubscribed):
        await post(client, "a")


async def test_what_waits_for_a_topic_fails_when_access_to_it_is_lost(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.socket.end(1006)
    await settle()
    asked = asyncio.create_task(post(client, "a"))
    await settle()
    server.subscribe_refusals = [{"code": "not_found"}]
    await clock.advance(1)
    with pytest.raises(NotFound):
        await asked
    assert client.outbox.entries() == []


async def test_closing_the_client_fails_who_waits_and_keeps_what_waits(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.deaf_to = (Send,)
    asked = asyncio.create_task(post(client, "a"))
    await settle()
    server.socket.end(4504)
    with pytest.raises(ClientClosed):
        await asked
    assert client.outbox.waiting == 1
    server.deaf_to = ()
    client.start()
    await settle()
    assert texts(server) == ["a"]
    assert client.outbox.waiting == 0


async def test_what_a_client_left_in_its_store_is_sent_by_the_next_under_the_same_key(make_client, server, settle):
    store = MemoryStore()
    async with make_client(store=store) as first:
        await first.subscribe(TOPIC)
        server.deaf_to = (Send,)
        first.outbox.add(TOPIC, "message.post", {"text": "a"})
        first.outbox.add(TOPIC, "message.post", {"text": "b"})
        await settle()
    left = [stored.key for stored in store.load()]
    server.deaf_to = ()
    async with make_client(store=store) as second:
        assert second.outbox.waiting == 2
        await second.subscribe(TOPIC)
        await settle()
    assert texts(server) == ["a", "b"]
    assert list(server.keys) == left
    assert store.load() == []


async def test_cancelling_the_wait_does_not_take_the_post_back(client, server, settle):
    await client.subscribe(TOPIC)
    server.deaf_to = (Send,)
    asked = asyncio.create_task(post(client, "a"))
    await settle()
    asked.cancel()
    await settle()
    server.deaf_to = ()
    server.answer(server.socket, server.socket.of(Send)[0])
    await settle()
    assert texts(server) == ["a"]
    assert client.outbox.waiting == 0


async def test_discarding_forgets_an_entry_and_tells_who_waits(client, server, settle):
    await client.subscribe(TOPIC)
    server.socket.end(1006)
    await settle()
    entry = client.outbox.add(TOPIC, "message.post", {"text": "a"})
    waiting = asyncio.create_task(entry.wait())
    await settle()
    client.outbox.discard(entry.key)
    client.outbox.discard(entry.key)
    with pytest.raises(Disconnected):
        await waiting
    client.retry_now()
    await settle()
    assert texts(server) == []


async def test_a_discarded_entry_that_is_under_way_holds_nothing_up(client, server, settle):
    await client.subscribe(TOPIC)
    server.deaf_to = (Send,)
    entry = client.outbox.add(TOPIC, "message.post", {"text": "a"})
    client.outbox.add(TOPIC, "message.post", {"text": "b"})
    await settle()
    client.outbox.discard(entry.key)
    server.deaf_to = ()
    server.refusals = [{"code": "unavailable", "retryable": True}]
    server.answer(server.socket, server.socket.of(Send)[0])
    await settle()
    assert texts(server) == ["b"]


async def test_a_failed_entry_stays_until_it_is_tried_again(client, server, settle):
    await client.subscribe(TOPIC)
    server.refusals = [{"code": "muted"}]
    entry = client.outbox.add(TOPIC, "message.post", {"text": "a"})
    await settle()
    assert (entry.state, client.outbox.waiting) == (EntryState.FAILED, 0)
    assert isinstance(entry.error, Muted)
    with pytest.raises(Muted):
        await entry.wait()
    client.outbox.retry(entry.key)
    await settle()
    assert texts(server) == ["a"]
    assert client.outbox.get(entry.key) is None


async def test_a_wait_after_a_refusal_can_be_cut_short(client, server, settle):
    await client.subscribe(TOPIC)
    server.refusals = [{"code": "slow_mode", "retryable": True, "retry_after_s": 60}]
    entry = client.outbox.add(TOPIC, "message.post", {"text": "a"})
    await settle()
    client.outbox.retry(entry.key)
    await settle()
    assert texts(server) == ["a"]


async def test_what_is_too_large_for_a_frame_is_not_sent(client, server):
    await client.subscribe(TOPIC)
    with pytest.raises(TooLarge):
        await post(client, "x" * 65_536)
    await post(client, "small")
    assert texts(server) == ["small"]


async def test_a_close_for_too_large_a_message_does_not_repeat_itself(client, server, clock, settle):
    await client.subscribe("chat/a")
    await client.subscribe("chat/b")
    server.deaf_to = (Send,)
    asked = [asyncio.create_task(post(client, "x" * size, topic)) for size, topic in ((9, "chat/a"), (99, "chat/b"))]
    await settle()
    server.socket.end(1009)
    server.deaf_to = ()
    await clock.advance(1)
    with pytest.raises(TooLarge):
        await asked[1]
    assert (await asked[0])["seq"] == 1


async def test_the_data_is_taken_as_it_was_when_posted(client, server, clock, settle):
    await client.subscribe(TOPIC)
    server.socket.end(1006)
    await settle()
    data = {"text": "then"}
    client.outbox.add(TOPIC, "message.post", data)
    data["text"] = "now"
    await clock.advance(1)
    assert texts(server) == ["then"]


async def test_what_is_no_json_or_no_text_is_refused_at_once(client):
    await client.subscribe(TOPIC)
    with pytest.raises(TypeError):
        await client.post(TOPIC, "message.post", {"text": object()})
    with pytest.raises(Invalid):
        await client.post(TOPIC, "message.post", {"text": "\ud800"})
    assert client.outbox.entries() == []


async def test_a_key_of_ones_own_is_kept_and_not_used_twice_at_once(client, server, settle):
    await client.subscribe(TOPIC)
    key = str(uuid.uuid4())
    server.deaf_to = (Send,)
    client.outbox.add(TOPIC, "message.post", {"text": "a"}, key=key)
    with pytest.raises(ValueError, match=key):
        client.outbox.add(TOPIC, "message.post", {"text": "a"}, key=key)
    await settle()
    assert keys(server) == [key]
