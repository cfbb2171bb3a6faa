"""One hub: faults, state topics, signals, its end. Time jumps, writers are lists, the database is a dictionary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from realtime.consumers import TopicConsumer
from realtime.hub import Item, Publication, Signal, StreamKind, publish
from realtime.hub.doors import PROCESS_STREAM, on_signal
from realtime.hub.hub import current_hub
from realtime.hub.stream import Member
from tests.unit.realtime.hub.fakes import ADA, Broken, Gauge, Notes, Ping, Sink, enter, subscribe


def event(stream: str, name: str = "beep") -> Publication:
    return Publication(stream, (Item.of(stream, name, {}),))


async def settle(hub) -> None:
    """Let everything that is due happen, and what follows from it."""
    await asyncio.sleep(hub.conf.GATHER_S * 2)


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
