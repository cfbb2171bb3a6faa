"""When streams are written: at once, gathered, in slices and in turn. Time jumps, writers are lists."""

from __future__ import annotations

import asyncio

import pytest

from realtime.hub import Item, Publication, pacing, publish
from tests.unit.realtime.hub.fakes import Gauge, LaneSink, Sink, enter, subscribe


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


async def test_a_state_of_many_readers_lets_a_room_pass(hub, database, sink, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "SLICE", 2)
    monkeypatch.setattr(pacing, "PATIENT_SLICE", 2)
    watching = [subscribe(hub, "board", Gauge, sink=sink()) for _ in range(9)]
    talking = [subscribe(hub, "log", sink=sink()) for _ in range(7)]
    publish([database.add("board")])
    await asyncio.sleep(0)
    publish([database.add("log")])
    await asyncio.sleep(0)
    assert [member.writer.got for member in talking] == [[1]] * 7
    assert [member.writer.got for member in watching] == [[1]] * 4 + [[]] * 5
    await settle(hub)
    assert [member.writer.got for member in watching] == [[1]] * 9


class Costly(Slow):
    """A writer that takes what a write to one of many sockets takes."""

    TAKES_S = 10e-6


READ_S, COMMIT_S = 100e-6, 0.002
"""Of the loop to read a message, and of a thread to commit it meanwhile."""


async def until_the_last_of_a_room_has_it(hub, database, last: Sink, due: float) -> float:
    """How long after it was due: each way through the loop may have to wait."""
    await asyncio.sleep(due - hub.loop.time())
    hub.loop._now += READ_S
    hub.pacer.hurry()  # as a connection does with each `send`
    await asyncio.sleep(COMMIT_S)
    publish([database.add("log")])
    before = len(last.got)
    while len(last.got) == before:
        await asyncio.sleep(READ_S)
    return hub.loop.time() - due


@pytest.mark.parametrize(("watching", "within_s"), [(0, 0.008), (10_000, 0.011)])
async def test_a_room_is_at_most_3_ms_later_beside_ten_thousand_who_watch(hub, database, watching, within_s) -> None:
    for _ in range(watching):
        subscribe(hub, "board", Gauge, sink=Costly(hub))
    members = [subscribe(hub, "log", sink=Costly(hub)) for _ in range(500)]
    start = hub.loop.time()
    talk = [
        asyncio.ensure_future(
            until_the_last_of_a_room_has_it(hub, database, members[-1].writer, start + 0.01 + turn * 0.0501)
        )
        for turn in range(60)
    ]
    for _ in range(3):
        publish([database.add("board")])
        await asyncio.sleep(1)
    assert max(await asyncio.gather(*talk)) <= within_s


@pytest.mark.usefixtures("slices")
async def test_rooms_that_keep_the_loop_busy_leave_a_slice_every_few_ms_to_states(hub, database, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "PATIENT_SLICE", 1)
    watching = [subscribe(hub, "board", Gauge, sink=Sink()) for _ in range(4)]
    talking = [subscribe(hub, "log", sink=Slow(hub)) for _ in range(40)]
    publish([database.add("board"), database.add("log")])
    while not watching[-1].writer.got:
        await asyncio.sleep(0)
    assert talking[-1].writer.got == []
    while not talking[-1].writer.got:
        await asyncio.sleep(0)
    assert [member.writer.got for member in talking] == [[1]] * 40


async def test_a_state_waits_for_a_message_that_was_read_and_no_longer_than_that(hub, database, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "PATIENT_SLICE", 1)
    watching = [subscribe(hub, "board", Gauge, sink=Sink()) for _ in range(4)]
    publish([database.add("board")])
    await asyncio.sleep(0)
    hub.pacer.hurry()
    for _ in range(10):
        hub.pacer._wake()
        await asyncio.sleep(0)
    assert [member.writer.got for member in watching] == [[1], [1], [], []]
    await asyncio.sleep(pacing.HOLD_S)
    await settle(hub)
    assert [member.writer.got for member in watching] == [[1]] * 4


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
