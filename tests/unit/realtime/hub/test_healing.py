"""How loss heals: holes, lost publications, replaced logs. Time jumps, the database is a dictionary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from realtime.hub import Top, publish
from realtime.hub import healing as healing_module
from realtime.hub.healing import BEHIND_FOR_S
from tests.unit.realtime.hub.fakes import Gauge, Notes, Ping, enter, subscribe


@pytest.fixture
def within_s(hub) -> float:
    """The longest a lost publication may go unnoticed, with the time to read it."""
    return hub.conf.CHECK_EVERY_S + BEHIND_FOR_S + 0.1


# --- holes --------------------------------------------------------------------------------------------


async def test_a_hole_is_given_a_moment_and_costs_nothing_if_it_closes(hub, database) -> None:
    member = subscribe(hub, "log")
    late, early = database.add("log"), database.add("log")
    publish([early])
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 0.8)
    assert member.writer.got == []
    publish([late])
    await asyncio.sleep(hub.conf.GAP_WAIT_S)
    assert member.writer.got == [1, 2]
    assert database.reads == []


async def test_a_hole_that_stays_is_filled_by_one_read_however_many_listen(hub, database) -> None:
    members = [subscribe(hub, "log") for _ in range(3)]
    for _ in range(3):
        database.add("log")
    publish([database.add("log")])
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 2)
    assert [member.writer.got for member in members] == [[1, 2, 3, 4]] * 3
    assert database.reads == [("log", 0)]
    assert hub.healer.healed == 4


async def test_a_hole_that_opens_while_another_is_filled_is_filled_as_quickly(hub, database) -> None:
    member = subscribe(hub, "log")
    database.add("log")
    publish([database.add("log")])
    database.slow = asyncio.Event()
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 2)
    database.add("log")
    publish([database.add("log")])
    database.slow.set()
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 3)
    assert member.writer.got == [1, 2, 3, 4]


async def test_a_hole_that_no_row_fills_is_not_read_over_and_over(hub, database) -> None:
    subscribe(hub, "log")
    database.add("log")
    hidden = database.add("log")
    publish([database.add("log")])
    del database.rows["log"][1:]
    await asyncio.sleep(1)
    assert len(database.reads) <= 3
    database.rows["log"] += ["x", "x"]
    publish([hidden])


async def test_a_first_reader_learns_at_once_of_a_hole_behind_its_reply(hub, database) -> None:
    stream, member = enter(hub, "log")
    database.add("log")
    publish([database.add("log")])
    await asyncio.sleep(0)
    hub.settle(stream, member, 0, "first")
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 2)
    assert member.writer.got == [1, 2]


async def test_a_long_outage_is_read_in_pages(hub, database, monkeypatch, within_s) -> None:
    monkeypatch.setattr(healing_module, "SLICE_CHANGES", 4)
    member = subscribe(hub, "log")
    for _ in range(10):
        database.add("log")
    await asyncio.sleep(within_s)
    assert member.writer.got == list(range(1, 11))
    assert database.reads == [("log", 0), ("log", 4), ("log", 8)]


# --- the check of the tops ----------------------------------------------------------------------------


async def test_what_was_never_published_is_read_within_one_check(hub, database, within_s) -> None:
    member = subscribe(hub, "log")
    database.add("log")
    await asyncio.sleep(within_s)
    assert member.writer.got == [1]


async def test_one_question_covers_every_log_that_has_a_reader_and_no_other(hub, database) -> None:
    for number in range(3):
        subscribe(hub, f"log/{number}")
    subscribe(hub, "room", Ping)
    gone = subscribe(hub, "log/gone")
    hub.leave(hub.streams["log/gone"], gone)
    await asyncio.sleep(hub.conf.CHECK_EVERY_S * 1.5)
    assert database.asked == [["log/0", "log/1", "log/2"]]


async def test_a_lost_state_is_healed_by_the_newest_alone(hub, database, within_s) -> None:
    member = subscribe(hub, "gauge", Gauge)
    for _ in range(5):
        database.add("gauge")
    await asyncio.sleep(within_s)
    assert member.writer.got == [5]


async def test_a_state_reader_whose_reply_was_ahead_gets_what_comes_after_it(hub, database, within_s) -> None:
    first = subscribe(hub, "gauge", Gauge)
    database.add("gauge")
    ahead = subscribe(hub, "gauge", Gauge)
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 2)
    assert (first.writer.got, ahead.writer.got) == ([1], [])
    publish([database.add("gauge")])
    await asyncio.sleep(hub.conf.GATHER_S * 2)
    assert (first.writer.got, ahead.writer.got) == ([1, 2], [2])


async def test_while_the_database_is_away_nothing_is_lost(hub, database, within_s) -> None:
    member = subscribe(hub, "log")
    database.add("log")
    publish([database.add("log")])
    database.away = True
    await asyncio.sleep(10)
    assert member.writer.got == []
    database.away = False
    await asyncio.sleep(within_s)
    assert member.writer.got == [1, 2]


class Broken(Notes):
    """A topic whose author made a mistake."""

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> Mapping[str, Top]:
        raise ZeroDivisionError


async def test_a_fault_in_one_kind_of_topic_leaves_the_others_healed(hub, database, caplog, within_s) -> None:
    subscribe(hub, "broken", Broken)
    member = subscribe(hub, "log")
    database.add("log")
    await asyncio.sleep(within_s)
    assert member.writer.got == [1]
    assert "ZeroDivisionError" in caplog.text


async def test_whoever_rides_along_with_the_check_is_called_whatever_the_others_do(hub, monkeypatch, caplog) -> None:
    called: list[str] = []

    async def fails(hub) -> None:
        raise ZeroDivisionError

    async def works(hub) -> None:
        called.append("works")

    monkeypatch.setattr(healing_module, "_checks", [fails, works])
    await asyncio.sleep(hub.conf.CHECK_EVERY_S * 1.5)
    assert called == ["works"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_crowd_that_joins_at_once_is_checked_together(hub, database) -> None:
    subscribe(hub, "log")
    for _ in range(50):
        hub.healer.check_soon()
        await asyncio.sleep(0.002)
    assert len(database.asked) <= 3


# --- a replaced log -----------------------------------------------------------------------------------


async def test_readers_of_a_replaced_log_are_sent_back_whether_they_had_caught_up_or_not(hub, database) -> None:
    stream, early = enter(hub, "log")
    hub.settle(stream, early, 0, "first")
    ahead = subscribe(hub, "log")
    database.slow = asyncio.Event()
    stream, waiting = enter(hub, "log")
    hub.settle(stream, waiting, 40, "first")
    assert waiting in stream.joiners
    database.epoch = "second"
    database.slow.set()
    await asyncio.sleep(hub.conf.CHECK_EVERY_S * 1.5)
    assert [member.writer.code for member in (early, ahead, waiting)] == [4001] * 3


async def test_what_was_read_of_the_old_log_is_not_taken_for_the_new_one(hub, database) -> None:
    first = subscribe(hub, "log")
    database.add("log")
    publish([database.add("log")])
    database.slow = asyncio.Event()
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 2)
    database.epoch = "second"
    stream = hub.streams["log"]
    hub.healer.rotated(stream)
    hub.leave(stream, first)
    newcomer = subscribe(hub, "log")
    hub.leave(stream, newcomer)
    stream, fresh = enter(hub, "log")
    hub.settle(stream, fresh, 1, "second")
    database.slow.set()
    await asyncio.sleep(hub.conf.GAP_WAIT_S)
    assert (fresh.writer.got, fresh.writer.code) == ([], None)


async def test_a_reader_who_starts_on_the_new_log_sends_those_of_the_old_one_back(hub, database) -> None:
    old = subscribe(hub, "log")
    database.epoch = "second"
    new = subscribe(hub, "log")
    assert (old.writer.code, new.writer.code) == (4001, None)
    publish([database.add("log")])
    await asyncio.sleep(hub.conf.GATHER_S)
    assert new.writer.got == [1]
