"""One hub: pace, slices, state topics, signals. Time jumps, writers are lists, the database is a dictionary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from realtime.consumers import TopicConsumer
from realtime.hub import Item, Publication, Signal, StreamKind, pacing, publish
from realtime.hub.doors import PROCESS_STREAM, on_signal
from realtime.hub.hub import current_hub
from realtime.hub.stream import Member
from tests.unit.realtime.hub.fakes import ADA, Broken, Gauge, LaneSink, Notes, Ping, Sink, enter, subscribe


def event(stream: str, name: str = "beep") -> Publication:
    return Publication(stream, (Item.of(stream, name, {}),))


class Slow(Sink):
    """A writer that takes a second for each write."""

    TAKES_S = 1.0

    def __init__(self, hub) -> None:
        super().__init__()
        self._loop = hub.loop

    def write_batch(self, batch) -> None:
        super().write_batch(batch)
        self._loop._now += self.TAKES_S


async def settle(hub) -> None:
    """Let everything that is due happen, and what follows from it."""
    await asyncio.sleep(hub.conf.GATHER_S * 2)


# --- pace ---------------------------------------------------------------------------------------------


async def test_an_idle_topics_event_goes_out_at_once_and_a_busy_ones_are_gathered(hub, database) -> None:
    member = subscribe(hub, "log")
    start = hub.loop.time()
    publish([database.add("log")])
    await asyncio.sleep(0)
    assert member.writer.writes == [[1]]
    assert hub.loop.time() == start
    for _ in range(3):
        publish([database.add("log")])
        await asyncio.sleep(0)
    assert member.writer.writes == [[1]]
    await settle(hub)
    assert member.writer.writes == [[1], [2, 3, 4]]


async def test_a_busy_topic_does_not_hold_up_another(hub, database) -> None:
    subscribe(hub, "busy")
    member = subscribe(hub, "idle")
    publish([database.add("busy")])
    await asyncio.sleep(0)
    publish([database.add("busy"), database.add("idle")])
    await asyncio.sleep(0)
    assert member.writer.got == [1]


async def test_a_flood_is_written_in_pieces_with_time_to_read_between_them(hub, database) -> None:
    member = subscribe(hub, "log")
    publish([database.add("log", "x" * 100_000) for _ in range(8)])
    await asyncio.sleep(0)
    assert member.writer.writes == [[1, 2, 3]]
    await asyncio.sleep(1)
    assert member.writer.writes == [[1, 2, 3], [4, 5, 6], [7, 8]]


# --- slices -------------------------------------------------------------------------------------------


@pytest.fixture
def slices(monkeypatch) -> None:
    """Two members a slice and a slice a turn, so that five are three turns of the loop."""
    monkeypatch.setattr(pacing, "SLICE", 2)
    monkeypatch.setattr(pacing, "TURN_S", 0.0)


@pytest.fixture(params=[Sink, LaneSink])
def sink(request) -> type[Sink | LaneSink]:
    """The two ways to write: to any writer, and past it straight to the transport."""
    return request.param


@pytest.mark.usefixtures("slices")
async def test_a_large_room_is_written_in_slices_and_in_order(hub, database, sink) -> None:
    members = [subscribe(hub, "log", sink=sink()) for _ in range(5)]
    publish([database.add("log")])
    await asyncio.sleep(0)
    assert [member.writer.got for member in members] == [[1], [1], [], [], []]
    publish([database.add("log"), database.add("log")])
    await settle(hub)
    assert [member.writer.got for member in members] == [[1, 2, 3]] * 5


@pytest.mark.usefixtures("slices")
async def test_whoever_leaves_while_the_slices_are_written_gets_nothing_more(hub, database, sink) -> None:
    members = [subscribe(hub, "log", sink=sink()) for _ in range(5)]
    publish([database.add("log")])
    await asyncio.sleep(0)
    stream = hub.streams["log"]
    hub.leave(stream, members[4])
    again = subscribe(hub, "log", sink=members[4].writer)
    await settle(hub)
    assert members[4].writer.got == []
    publish([database.add("log")])
    await settle(hub)
    assert again.writer.got == [2]


@pytest.mark.usefixtures("slices")
async def test_whoever_joins_while_the_slices_are_written_gets_each_event_once(hub, database, sink) -> None:
    members = [subscribe(hub, "log", sink=sink()) for _ in range(5)]
    stream, late = enter(hub, "log", sink=sink())
    publish([database.add("log")])
    await asyncio.sleep(0)
    hub.settle(stream, late, 0, "first")
    publish([database.add("log")])
    later = subscribe(hub, "log", sink=sink())
    await settle(hub)
    assert late.writer.got == [1, 2]
    assert later.writer.got == []
    assert [member.writer.got for member in members] == [[1, 2]] * 5
    publish([database.add("log")])
    await settle(hub)
    assert (late.writer.got[2:], later.writer.got) == ([3], [3])


@pytest.mark.usefixtures("slices")
async def test_streams_take_turns_so_a_large_room_does_not_hold_up_a_small_one(hub, database, sink) -> None:
    large = [subscribe(hub, "large", sink=sink()) for _ in range(7)]
    small = subscribe(hub, "small", sink=sink())
    publish([database.add("large"), database.add("small")])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert small.writer.got == [1]
    assert large[-1].writer.got == []
    await settle(hub)
    assert [member.writer.got for member in large] == [[1]] * 7


async def test_a_stream_that_takes_long_to_write_rests_for_as_long(hub, database, monkeypatch) -> None:
    member = subscribe(hub, "log", sink=Slow(hub))
    publish([database.add("log")])
    await asyncio.sleep(0)
    publish([database.add("log"), database.add("log")])
    await asyncio.sleep(Slow.TAKES_S * 0.9)
    assert member.writer.writes == [[1]]
    await asyncio.sleep(Slow.TAKES_S * 0.2)
    assert member.writer.writes == [[1], [2, 3]]


async def test_after_its_close_nothing_is_written_to_a_lane(hub, database) -> None:
    members = [subscribe(hub, "log", sink=LaneSink()) for _ in range(2)]
    publish([database.add("log")])
    await settle(hub)
    members[0].writer.close(4000)
    publish([database.add("log")])
    await settle(hub)
    assert [member.writer.got for member in members] == [[1], [1, 2]]


async def test_a_flush_that_fails_sends_its_readers_back_and_the_stream_goes_on(hub, database, caplog) -> None:
    members = [subscribe(hub, "log", sink=LaneSink()) for _ in range(2)]
    other = subscribe(hub, "other", sink=LaneSink())
    publish([Publication("log", (Item("not bytes", 1),)), database.add("other")])
    await settle(hub)
    assert [member.writer.close_code for member in members] == [1011, 1011]
    assert other.writer.got == [1]
    assert "could not be written" in caplog.text
    database.add("log")
    again = subscribe(hub, "log", sink=LaneSink())
    publish([database.add("log")])
    await settle(hub)
    assert again.writer.got == [2]


# --- faults -------------------------------------------------------------------------------------------


async def test_a_member_whose_writer_fails_is_closed_and_the_others_get_everything(hub, database, caplog) -> None:
    broken = subscribe(hub, "log", sink=Broken())
    member = subscribe(hub, "log")
    publish([database.add("log")])
    await settle(hub)
    assert member.writer.got == [1]
    assert broken.writer.code == 1011
    assert "ZeroDivisionError" in caplog.text


async def test_a_publication_that_cannot_be_delivered_neither_raises_nor_stops_the_next(hub, database, caplog) -> None:
    member = subscribe(hub, "log")
    nonsense = Publication("log", (Item(b"{}", seq="one"),))  # type: ignore[arg-type]  # what is tested
    publish([nonsense, database.add("log")])
    await settle(hub)
    assert member.writer.got == [1]
    assert "TypeError" in caplog.text


async def test_a_fault_on_the_loop_does_not_deliver_twice(hub, monkeypatch) -> None:
    member = subscribe(hub, "beeps", Ping)
    deliver = hub._deliver

    def delivers_and_fails(publication: Publication) -> None:
        deliver(publication)
        raise RuntimeError

    monkeypatch.setattr(hub, "_deliver", delivers_and_fails)
    publish([event("beeps")])
    await settle(hub)
    assert member.writer.got == ["beep"]


# --- one stream, several kinds of topic ---------------------------------------------------------------


async def test_a_stream_is_what_its_own_topic_says_whoever_joined_it_first(hub, database) -> None:
    listener = Member(Sink(), Ping("me", identity=ADA))
    stream = hub.join("log", StreamKind.EPHEMERAL, listener)
    hub.settle(stream, listener, None, None)
    publish([database.add("log")])
    await settle(hub)
    reader = subscribe(hub, "log")
    lost = database.add("log")
    publish([database.add("log")])
    await settle(hub)
    assert reader.writer.got == []
    publish([lost])
    await settle(hub)
    assert (listener.writer.got, reader.writer.got) == ([1, 2, 3], [2, 3])
    assert hub.streams["log"].source is Notes


async def test_one_that_only_listens_does_not_make_a_log_start_from_nothing(hub, database) -> None:
    for _ in range(30):
        database.add("log")
    stream, reader = enter(hub, "log")
    listener = Member(Sink(), Ping("me", identity=ADA))
    hub.join("log", StreamKind.EPHEMERAL, listener)
    hub.settle(stream, listener, None, None)
    hub.settle(stream, reader, 30, "first")
    publish([database.add("log")])
    await settle(hub)
    assert (listener.writer.got, reader.writer.got) == ([31], [31])
    assert database.reads == []


# --- state topics -------------------------------------------------------------------------------------


async def test_a_reader_that_lags_on_a_state_topic_gets_the_newest_alone_once_it_has_caught_up(hub, database) -> None:
    member, other = subscribe(hub, "gauge", Gauge), subscribe(hub, "gauge", Gauge)
    member.writer.unsent = hub.conf.STATE_BUDGET_BYTES + 1
    for _ in range(3):
        publish([database.add("gauge")])
        await settle(hub)
    assert (member.writer.got, other.writer.got) == ([], [1, 2, 3])
    member.writer.unsent = 0
    await asyncio.sleep(0.2)
    assert member.writer.got == [3]
    publish([database.add("gauge")])
    await settle(hub)
    assert member.writer.got == [3, 4]


async def lagging(hub, database) -> Member:
    """A reader that missed version 1 and has room again, the newest being on its way from the database."""
    member = subscribe(hub, "gauge", Gauge)
    member.writer.unsent = hub.conf.STATE_BUDGET_BYTES + 1
    publish([database.add("gauge")])
    await settle(hub)
    member.writer.unsent = 0
    return member


async def test_a_state_that_was_read_while_a_newer_one_came_does_not_overtake_it(hub, database) -> None:
    member = await lagging(hub, database)
    database.slow = asyncio.Event()
    await asyncio.sleep(0.2)
    publish([database.add("gauge")])
    await settle(hub)
    database.slow.set()
    await asyncio.sleep(0.2)
    assert member.writer.got == sorted(member.writer.got)
    assert member.writer.got[-1] == 2


async def test_a_reader_that_lagged_while_the_database_was_away_gets_the_newest_later(hub, database) -> None:
    database.away = True
    member = await lagging(hub, database)
    await asyncio.sleep(1)
    assert member.writer.got == []
    database.away = False
    await asyncio.sleep(1)
    assert member.writer.got == [1]


async def test_a_reader_that_left_while_the_newest_was_read_gets_nothing(hub, database) -> None:
    member = await lagging(hub, database)
    database.slow = asyncio.Event()
    await asyncio.sleep(0.2)
    hub.leave(hub.streams["gauge"], member)
    database.slow.set()
    await asyncio.sleep(0.2)
    assert member.writer.got == []


# --- signals ------------------------------------------------------------------------------------------


class Listener(TopicConsumer):
    """Remembers what it was told."""

    told: list[tuple[str, str, Any]] = []

    def signalled(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "fail":
            raise ZeroDivisionError
        self.told.append((self.topic, name, data["n"]))


class Waiter(Listener):
    """One that has to wait for something first."""

    async def signalled(self, name: str, data: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        super().signalled(name, data)


@pytest.mark.parametrize("kind", [Listener, Waiter])
async def test_a_signal_reaches_every_consumer_once_joining_or_joined_and_a_fault_in_one_is_logged(
    hub, caplog, kind
) -> None:
    Listener.told.clear()
    for topic in ("a", "b"):
        member = Member(Sink(), kind(topic, identity=ADA))
        stream = hub.join("room", StreamKind.EPHEMERAL, member)
        if topic == "a":
            hub.settle(stream, member, None, None)
    publish([Publication("room", signal=Signal("fail"))])
    publish([Publication("room", signal=Signal("now", {"n": 1}))])
    await settle(hub)
    assert Listener.told == [("a", "now", 1), ("b", "now", 1)]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(("kind", "tasks"), [(Ping, 0), (Listener, 0), (Waiter, 3)])
async def test_only_consumers_that_have_to_wait_cost_a_task(hub, kind, tasks) -> None:
    for _ in range(3):
        subscribe(hub, "room", kind)
    before = len(asyncio.all_tasks())
    publish([Publication("room", signal=Signal("now", {"n": 1}))])
    assert len(asyncio.all_tasks()) - before == tasks
    await settle(hub)


async def test_signals_to_the_process_reach_its_handlers_and_a_fault_in_one_stops_no_other(hub, monkeypatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("realtime.hub.doors._handlers", {})
    on_signal("news", lambda hub, data: 1 / 0)
    on_signal("news", lambda hub, data: told.append(data["n"]))
    publish([Publication(PROCESS_STREAM, signal=Signal("news", {"n": 1}))])
    assert told == [1]


# --- coming to an end ---------------------------------------------------------------------------------


async def test_a_stream_is_let_go_after_the_linger_time_unless_somebody_came_back(hub) -> None:
    member = subscribe(hub, "log")
    hub.leave(hub.streams["log"], member)
    await asyncio.sleep(hub.conf.LINGER_S - 5)
    assert "log" in hub.streams
    member = subscribe(hub, "log")
    await asyncio.sleep(hub.conf.LINGER_S + 5)
    assert "log" in hub.streams
    hub.leave(hub.streams["log"], member)
    await asyncio.sleep(hub.conf.LINGER_S + 5)
    assert "log" not in hub.streams


async def test_a_hub_that_closes_lets_what_it_started_finish_but_does_not_wait_for_ever(hub) -> None:
    done: list[str] = []

    async def goodbye() -> None:
        await asyncio.sleep(0.1)
        done.append("said")

    async def endless() -> None:
        await asyncio.Event().wait()

    hub.spawn(goodbye())
    hub.spawn(endless())
    await hub.aclose()
    assert done == ["said"]
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_closed_hub_makes_room_for_a_new_one(hub) -> None:
    await hub.aclose()
    fresh = current_hub()
    assert fresh is not hub
    member = subscribe(fresh, "room", Ping)
    publish([event("room")])
    await settle(fresh)
    assert member.writer.got == ["beep"]
    await fresh.aclose()
