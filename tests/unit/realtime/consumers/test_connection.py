"""One connection on the real hub, without a socket."""

from __future__ import annotations

import asyncio

import pytest

from realtime.hub import signal
from realtime.hub.hub import current_hub
from realtime.protocol.errors import Forbidden, Internal, Invalid, NotFound, NotSubscribed
from realtime.protocol.frames import Error, Event, Unsubscribed
from realtime.testing import TopicClient
from tests.unit.realtime.consumers.topics import LOG, RoomConsumer


async def test_hello_names_the_user_and_the_limits(client) -> None:
    async with client() as ada:
        assert ada.hello.user.name == "ada"
        assert ada.hello.limits.topics == 2


async def test_two_people_in_a_room_read_the_same_log(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        for person in (ada, bob):
            await person.subscribe("log/a")
        replies = await asyncio.gather(*(ada.send("log/a", "post", {"text": str(n)}) for n in range(5)))
        assert [reply["seq"] for reply in replies] == [1, 2, 3, 4, 5]
        for person in (ada, bob):
            assert [(await person.event()).seq for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_the_snapshot_and_what_follows_leave_no_gap_and_no_double(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        await ada.subscribe("log/a")
        posting = [asyncio.ensure_future(ada.send("log/a", "post", {"text": str(n)})) for n in range(40)]
        seen = []
        for _ in range(6):
            await asyncio.sleep(0.003)
            state = await bob.subscribe("log/a")
            seen.append((state["seq"], bob))
        await asyncio.gather(*posting)
        await asyncio.sleep(0.1)
        last_seq = seen[-1][0]
        after = [event.seq for event in bob.pending()]
        # Events of earlier subscriptions come first; what follows the last reply is whole and single.
        assert after[len(after) - (40 - last_seq) :] == list(range(last_seq + 1, 41))


async def test_since_recovers_exactly_what_was_missed(client) -> None:
    async with client() as ada:
        for n in range(4):
            LOG.append("log/a", str(n))
        state = await ada.subscribe("log/a", since=("first", 1))
        assert (state["recovered"], state["snapshot"], state["seq"]) == (True, None, 4)
        assert state["events"] == [
            {"event": "message", "data": {"text": str(seq - 1)}, "seq": seq} for seq in (2, 3, 4)
        ]


async def test_who_comes_back_to_a_topic_that_others_listen_to_costs_the_log_nothing(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        for person in (ada, bob):
            await person.subscribe("log/a")
        for n in range(3):
            await bob.send("log/a", "post", {"text": str(n)})
        await ada.event()
        reads = LOG.reads
        state = await ada.subscribe("log/a", since=("first", 1))
        assert (state["recovered"], state["seq"]) == (True, 3)
        assert [event["seq"] for event in state["events"]] == [2, 3]
        assert LOG.reads == reads
        await bob.send("log/a", "post", {"text": "3"})
        while (await ada.event()).seq != 4:
            pass


@pytest.mark.parametrize(
    ("since", "rows"),
    [(("other", 1), 3), (("first", 9), 3), (("first", 0), 6), (("first", 2**53 - 1), 3)],
    ids=["another epoch", "ahead of the log", "too many changes", "a huge seq"],
)
async def test_a_since_that_cannot_be_served_gets_a_fresh_snapshot(client, since, rows) -> None:
    async with client() as ada:
        for n in range(rows):
            LOG.append("log/a", str(n))
        state = await ada.subscribe("log/a", since=since)
        assert (state["recovered"], state["events"], state["seq"]) == (False, [], rows)
        assert len(state["snapshot"]["rows"]) == rows


async def test_a_recovery_of_too_many_bytes_is_a_snapshot(client) -> None:
    async with client() as ada:
        LOG.append("log/a", "x" * 500)
        assert not (await ada.subscribe("log/a", since=("first", 0)))["recovered"]


async def test_what_the_wire_lost_is_healed_from_the_log(client) -> None:
    async with client() as ada:
        await ada.subscribe("log/a")
        LOG.loses = True
        LOG.append("log/a", "lost")
        LOG.append("log/a", "lost too")
        LOG.loses = False
        assert [(await ada.event()).seq for _ in range(2)] == [1, 2]


async def test_a_hole_is_filled_before_what_came_after_it_is_shown(client) -> None:
    async with client() as ada:
        await ada.subscribe("log/a")
        LOG.loses = True
        LOG.append("log/a", "lost")
        LOG.loses = False
        LOG.append("log/a", "came")
        assert [(await ada.event()).data["text"] for _ in range(2)] == ["lost", "came"]


async def test_a_replaced_log_sends_its_readers_back(client) -> None:
    async with client() as ada:
        await ada.subscribe("log/a")
        LOG.epoch = "second"
        code, _ = await ada.wait_closed()
        assert code == 4001


async def test_refusals_name_their_reason_and_the_connection_lives(client) -> None:
    async with client() as ada:
        for topic, error in [("log/secret", NotFound), ("nowhere", NotFound), ("log/closed", Forbidden)]:
            with pytest.raises(error):
                await ada.subscribe(topic)
        with pytest.raises(NotSubscribed):
            await ada.send("room/1", "echo", {})
        with pytest.raises(NotSubscribed):
            await ada.unsubscribe("room/1")
        await ada.subscribe("room/1")
        with pytest.raises(Invalid) as unknown:
            await ada.send("room/1", "nothing", {})
        assert unknown.value.field == "event"
        assert await ada.send("room/1", "echo", {"alive": True}) == {"alive": True}


async def test_a_refused_subscription_does_not_count_against_the_limit(client) -> None:
    async with client() as ada:
        for _ in range(3):
            with pytest.raises(NotFound):
                await ada.subscribe("log/secret")
        await ada.subscribe("room/1")
        await ada.subscribe("room/2")
        with pytest.raises(Invalid):
            await ada.subscribe("room/3")
        await ada.unsubscribe("room/1")
        await ada.subscribe("room/3")


async def test_a_fault_of_the_server_is_internal_and_tells_nothing(client, caplog) -> None:
    async with client() as ada:
        await ada.subscribe("room/1")
        with pytest.raises(Internal) as error:
            await ada.send("room/1", "fail", {"secret": 1})
        assert "secret" not in error.value.message
        assert "ZeroDivisionError" in caplog.text


async def test_a_slow_topic_holds_up_neither_another_nor_the_heartbeat(client) -> None:
    RoomConsumer.gate = asyncio.Event()
    async with client() as ada:
        await ada.subscribe("room/1")
        await ada.subscribe("room/2")
        slow = asyncio.ensure_future(ada.send("room/1", "slow", {"n": 1}))
        behind = asyncio.ensure_future(ada.send("room/1", "echo", {"n": 2}))
        assert await ada.send("room/2", "echo", {"n": 3}) == {"n": 3}
        ada.put({"op": "ping"})
        await asyncio.sleep(0.02)
        assert type(ada.frames[-1]).__name__ == "Pong"
        assert not behind.done()
        RoomConsumer.gate.set()
        assert [await slow, await behind] == [{"n": 1}, {"n": 2}]


async def test_a_post_that_waits_for_its_commit_does_not_stop_the_reading(client) -> None:
    async with client() as ada:
        await ada.subscribe("log/a")
        ids = [asyncio.ensure_future(ada.send("log/a", "post", {"text": "x"})) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Invalid):
            await ada.send("log/a", "post", {"text": 1})
        assert [reply["seq"] for reply in await asyncio.gather(*ids)] == [1, 2, 3]


async def test_an_event_without_reply_reaches_the_others(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        await ada.subscribe("room/1")
        await bob.subscribe("room/1")
        ada.put({"op": "send", "topic": "room/1", "event": "typing", "data": {"active": True}})
        event = await bob.event()
        assert event == Event("room/1", "typing", {"active": True})


async def test_one_topic_can_be_fed_by_several_streams(client) -> None:
    from realtime.hub import publish_event

    async with client() as ada, client("bob", 2) as bob:
        await ada.subscribe("user/me")
        await bob.subscribe("user/me")
        publish_event("user/1", "user/me", "yours", {})
        publish_event("site", "user/me", "all", {})
        assert {(await ada.event()).event for _ in range(2)} == {"yours", "all"}
        assert (await bob.event()).event == "all"


async def test_a_signal_can_end_a_subscription(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        await ada.subscribe("room/1")
        await bob.subscribe("room/1")
        signal("room/1", "kick", {"user": 1})
        assert await ada.event() == Unsubscribed("room/1", "kicked", "Out.")
        with pytest.raises(NotSubscribed):
            await ada.send("room/1", "echo", {})
        assert await bob.send("room/1", "echo", {"still": "here"}) == {"still": "here"}


async def test_leaving_and_disconnecting_tell_the_consumer(client) -> None:
    async with client() as ada:
        await ada.subscribe("room/1")
        await ada.unsubscribe("room/1")
        await asyncio.sleep(0)
    async with client("bob", 2) as bob:
        await bob.subscribe("room/1")
    await asyncio.sleep(0)
    assert RoomConsumer.gone == ["ada", "bob"]


async def test_bad_frames_are_answered_and_the_connection_lives(client) -> None:
    async with client() as ada:
        for bad in ("{", [], "x", "[" * 5_000, b"\xff\xfe", {"op": "fly", "id": 3}, {"op": "ping", "x": 1}):
            ada.put(bad)
        await ada.subscribe("room/1")
        codes = [frame.code for frame in ada.frames if isinstance(frame, Error)]
        assert codes == ["bad_frame"] * 5 + ["unknown_op", "bad_frame"]


async def test_nothing_but_auth_is_heard_before_auth_and_it_has_its_deadline() -> None:
    async with TopicClient(None, timeout_s=5) as nobody:
        assert nobody.hello.user is None
        assert nobody.hello.auth_within_s == 1
        with pytest.raises(Exception, match="Authenticate"):
            await nobody.subscribe("room/1")
        assert (await nobody.wait_closed())[0] == 4501


async def test_the_oldest_connection_of_a_user_goes_when_there_are_too_many(client) -> None:
    async with client() as first, client(), client(), client() as fourth:
        assert (await first.wait_closed())[0] == 4504
        await fourth.subscribe("room/1")
        assert len(current_hub().connections.of_user(1)) == 3


async def test_a_reader_that_stops_reading_is_closed_with_4008_and_the_others_are_not(client, monkeypatch) -> None:
    async with client() as ada, client("bob", 2) as bob:
        await ada.subscribe("room/1")
        await bob.subscribe("room/1")
        stuck = asyncio.Event()

        async def stalled(message: dict) -> None:
            if message["type"] != "websocket.close":
                await stuck.wait()
            await TopicClient._from_server(bob, message)

        monkeypatch.setattr(bob.connection.writer, "_send", stalled)
        for n in range(20):
            ada.put({"op": "send", "topic": "room/1", "event": "typing", "data": {"text": "x" * 1_000, "n": n}})
            await ada.event()
        stuck.set()
        assert (await bob.wait_closed())[0] == 4008


async def test_a_stream_nobody_listens_to_is_let_go(client) -> None:
    async with client() as ada:
        await ada.subscribe("log/a")
    hub = current_hub()
    assert "log/a" in hub.streams
    hub.forget_idle(hub.loop.time() + hub.conf.LINGER_S + 1)
    assert "log/a" not in hub.streams
