"""The broker's three tasks on a layer that can be slow, away or told nonsense. Time jumps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import health
from realtime.hub import Item, Publication, Signal
from realtime.hub import broker as broker_module
from realtime.hub.broker import QUEUE_MAX, SLICE_BYTES, SLICE_MAX, Broker
from realtime.hub.messages import decode, encode, group_name, process_id
from realtime.layers import InProcessChannelLayer
from realtime.metrics import tally
from tests.unit.realtime.hub.layers import KINDS, Layer


@pytest.fixture(params=list(KINDS))
async def layer(request, monkeypatch) -> Layer:
    layer = KINDS[request.param]()
    monkeypatch.setattr(broker_module, "get_channel_layer", lambda: layer)
    return layer


class Ears:
    """What the hub is told."""

    def __init__(self) -> None:
        self.heard: list[Publication] = []
        self.joined: list[str] = []


@pytest.fixture
async def ears() -> Ears:
    return Ears()


@pytest.fixture
async def broker(layer: Layer, ears: Ears) -> AsyncIterator[Broker]:
    broker = Broker(ears.heard.append, ears.joined.append, 1.0)
    broker.start()
    await asyncio.sleep(0.01)
    yield broker
    await broker.aclose()
    health.broker(ok=True)


def publication(stream: str = "log", seq: int | None = 1, **signal: Any) -> Publication:
    items = () if seq is None else (Item.of(stream, "row", {}, seq=seq),)
    return Publication(stream, items, Signal("now", signal) if signal else None)


async def test_publications_go_out_in_order_and_come_back_the_same(broker, layer, ears) -> None:
    for seq in (1, 2):
        broker.publish(publication(seq=seq, n=seq))
    await asyncio.sleep(0.01)
    assert [group for group, _ in layer.sent] == [group_name("log")] * 2
    for _, message in layer.sent:
        layer.inbox.put_nowait({**message, "origin": "another process"})
    await asyncio.sleep(0.01)
    assert ears.heard == [publication(seq=1, n=1), publication(seq=2, n=2)]


async def test_its_own_echo_is_dropped(broker, layer, ears) -> None:
    layer.inbox.put_nowait(encode(publication()))
    await asyncio.sleep(0.01)
    assert ears.heard == []


@pytest.mark.parametrize("nonsense", [{}, {"stream": "x"}, {"stream": "x", "items": 1, "signal": None}])
async def test_what_is_no_publication_is_passed_over(broker, layer, ears, nonsense) -> None:
    layer.inbox.put_nowait(nonsense)
    layer.inbox.put_nowait({**encode(publication()), "origin": "another"})
    await asyncio.sleep(0.01)
    assert len(ears.heard) == 1


async def test_a_reader_of_publications_that_fails_goes_on_with_the_next(layer, caplog) -> None:
    heard: list[Publication] = []

    def fails_once(received: Publication) -> None:
        heard.append(received)
        if len(heard) == 1:
            raise ZeroDivisionError

    broker = Broker(fails_once, lambda _: None, 1.0)
    broker.start()
    for _ in range(2):
        layer.inbox.put_nowait({**encode(publication()), "origin": "another"})
    await asyncio.sleep(5)
    await broker.aclose()
    health.broker(ok=True)
    assert len(heard) == 2


async def test_a_frozen_broker_costs_a_publication_its_deadline_and_what_waited_is_left_to_healing(
    broker, layer
) -> None:
    layer.hangs = True
    broker.publish(publication(seq=1))
    await asyncio.sleep(0.5)
    broker.publish(publication(seq=2))
    await asyncio.sleep(0.6)
    assert health.report().broker == "degraded"
    layer.hangs = False
    broker.publish(publication(seq=3))
    await asyncio.sleep(0.1)
    assert [message["items"][0][1] for _, message in layer.sent] == [3]
    assert health.report().broker == "ok"


async def test_the_queue_is_bounded_and_the_oldest_go(broker, layer) -> None:
    layer.hangs = True
    for seq in range(1, QUEUE_MAX + 11):
        broker.publish(publication(seq=seq))
    assert len(broker._outgoing) == QUEUE_MAX


@pytest.mark.parametrize("layer", ["calls"], indirect=True)
async def test_what_waits_goes_out_together_in_slices_of_many_and_of_much(broker, layer) -> None:
    big = Publication("big", (Item(b"x" * (SLICE_BYTES // 4), 1),))
    for number in range(SLICE_MAX + 10):
        broker.publish(publication(seq=number + 1))
    for _ in range(10):
        broker.publish(big)
    await asyncio.sleep(0.1)
    assert layer.sizes == [SLICE_MAX, 14, 4, 2]
    assert [message["items"][0][1] for _, message in layer.sent] == [*range(1, SLICE_MAX + 11), *[1] * 10]


@pytest.mark.parametrize("layer", ["calls"], indirect=True)
async def test_after_an_interruption_all_that_is_joined_is_looked_at(broker, layer, ears) -> None:
    for stream in ("a", "b"):
        broker.want(stream)
    await asyncio.sleep(0.01)
    ears.joined.clear()
    layer.interrupted()
    assert sorted(ears.joined) == ["a", "b"]


@pytest.mark.parametrize("layer", ["calls"], indirect=True)
async def test_the_layer_is_told_how_our_own_echo_begins(broker, layer) -> None:
    ours = encode(publication())
    assert list(ours.items())[: len(layer.ignoring)] == list(layer.ignoring.items())
    assert layer.ignoring["origin"] == process_id()


@pytest.mark.parametrize("layer", ["calls"], indirect=True)
async def test_a_broker_that_ends_gives_its_channel_up(broker, layer) -> None:
    await broker.aclose()
    assert layer.calls[-1] == "close mine"


async def test_a_signal_that_cannot_travel_takes_nothing_else_with_it(broker, layer, caplog) -> None:
    broker.publish(publication(seq=1))
    broker.publish(publication(seq=None, what=object()))
    broker.publish(publication(seq=2))
    await asyncio.sleep(0.1)
    assert [message["items"][0][1] for _, message in layer.sent] == [1, 2]
    assert health.report().broker == "ok"
    assert "'log'" in caplog.text


async def test_groups_follow_what_is_wanted(broker, layer, ears) -> None:
    broker.want("a")
    broker.want("b")
    await asyncio.sleep(0.01)
    assert layer.groups == {group_name("a"), group_name("b")}
    assert sorted(ears.joined) == ["a", "b"]
    broker.unwant("a")
    await asyncio.sleep(0.01)
    assert layer.groups == {group_name("b")}
    broker.want("a")
    broker.unwant("a")
    await asyncio.sleep(0.01)
    assert layer.groups == {group_name("b")}


async def test_a_group_that_could_not_be_joined_is_joined_later(broker, layer, ears) -> None:
    layer.fails = True
    broker.want("a")
    await asyncio.sleep(3)
    assert ears.joined == []
    layer.fails = False
    await asyncio.sleep(1)
    assert ears.joined == ["a"]


async def test_one_group_that_hangs_costs_the_others_no_more_than_its_deadline(broker, layer, ears) -> None:
    layer.hangs = True
    broker.want("a")
    await asyncio.sleep(0.5)
    layer.hangs = False
    broker.want("b")
    await asyncio.sleep(2)
    assert sorted(ears.joined) == ["a", "b"]


async def test_a_broker_that_is_away_at_the_start_is_found_later(layer, ears) -> None:
    layer.fails = True
    broker = Broker(ears.heard.append, ears.joined.append, 1.0)
    broker.want("a")
    broker.start()
    await asyncio.sleep(5)
    assert ears.joined == []
    layer.fails = False
    await asyncio.sleep(2)
    assert ears.joined == ["a"]
    await broker.aclose()
    health.broker(ok=True)


async def test_no_channel_is_opened_before_the_broker_answers(layer, ears) -> None:
    """channels_redis remembers each that could not be opened, and a broker may be away for days."""
    layer.fails = True
    broker = Broker(ears.heard.append, ears.joined.append, 1.0)
    broker.start()
    await asyncio.sleep(60)
    assert "new_channel" not in layer.calls
    layer.fails = False
    await asyncio.sleep(2)
    assert layer.calls.count("new_channel") == 1
    await broker.aclose()
    health.broker(ok=True)


async def test_an_idle_process_notices_that_the_broker_went_and_that_it_came_back(broker, layer) -> None:
    for fails, state in ((True, "degraded"), (False, "ok")):
        layer.fails = fails
        await asyncio.sleep(3)
        assert health.report().broker == state


async def test_what_an_outage_cost_is_counted_and_that_it_is_over(broker, layer) -> None:
    lost, returns = tally.publish_failures, tally.broker_reconnects
    await asyncio.sleep(3)
    assert broker.took_s is not None
    layer.fails = True
    for seq in (1, 2, 3):
        broker.publish(publication(seq=seq))
    await asyncio.sleep(0.5)
    assert broker.degraded
    assert broker.took_s is None
    assert tally.publish_failures - lost == 3
    layer.fails = False
    await asyncio.sleep(3)
    assert not broker.degraded
    assert tally.broker_reconnects - returns == 1


@pytest.mark.parametrize("layer", ["calls"], indirect=True)
async def test_both_connections_that_come_back_after_one_outage_are_one_return(broker, layer) -> None:
    returns = tally.broker_reconnects
    layer.fails = True
    await asyncio.sleep(3)
    layer.fails = False
    await asyncio.sleep(3)
    broker._missed()
    assert tally.broker_reconnects - returns == 1


async def test_the_broker_is_asked_now_and_then_and_who_publishes_need_not_ask(broker, layer) -> None:
    asked = layer.asked
    await asyncio.sleep(5)
    assert 2 <= layer.asked - asked <= 3
    asked = layer.asked
    for _ in range(5):
        broker.publish(publication())
        await asyncio.sleep(1)
    assert layer.asked == asked


@pytest.mark.parametrize("layer", ["receives"], indirect=True)
async def test_a_broker_that_keeps_failing_is_not_asked_in_a_tight_loop(broker, layer) -> None:
    layer.fails = True
    broker.want("a")
    for _ in range(100):
        layer.inbox.put_nowait(ConnectionError())
    calls = len(layer.calls)
    await asyncio.sleep(10)
    assert len(layer.calls) - calls <= 25
    assert layer.inbox.qsize() >= 75


async def test_what_waits_is_published_before_the_end_but_no_longer_than_the_deadline(layer, ears) -> None:
    broker = Broker(ears.heard.append, ears.joined.append, 1.0)
    broker.start()
    broker.publish(publication())
    await broker.aclose()
    assert len(layer.sent) == 1
    frozen = Broker(ears.heard.append, ears.joined.append, 1.0)
    frozen.start()
    layer.hangs = True
    frozen.publish(publication())
    start = asyncio.get_running_loop().time()
    await frozen.aclose()
    assert asyncio.get_running_loop().time() - start <= 1.5
    health.broker(ok=True)


async def test_alone_in_its_process_it_does_nothing(monkeypatch, ears) -> None:
    monkeypatch.setattr(broker_module, "get_channel_layer", InProcessChannelLayer)
    broker = Broker(ears.heard.append, ears.joined.append, 1.0)
    broker.start()
    broker.publish(publication())
    assert broker.local
    assert not broker._tasks
    assert not broker._outgoing
    await broker.aclose()


def test_group_names_are_short_plain_and_tell_streams_apart() -> None:
    names = {group_name(stream) for stream in ("chat/a", "chat/b", "чат/☃", "x" * 10_000)}
    assert len(names) == 4
    layer = InProcessChannelLayer()
    assert all(layer.require_valid_group_name(name) for name in names)


def test_a_publication_says_when_it_was_made_and_one_of_an_older_process_does_not() -> None:
    sent = encode(Publication("log", at=1_764_500_000.25))
    assert decode(sent).at == 1_764_500_000.25
    del sent["at"]
    assert decode(sent).at == 0.0


def test_a_publication_survives_the_wire() -> None:
    sent = Publication("log", (Item(b"{}", 4, 2), Item(b"{}")), Signal("now", {"user": 7}))
    assert decode(encode(sent)) == sent
    assert encode(sent)["origin"] == process_id()
