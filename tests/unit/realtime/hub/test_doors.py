"""The ways into the hub: from its loop, from threads, from other loops, and where there is no hub at all."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from realtime.hub import Item, Publication, doors, publish, publish_event, signal
from realtime.hub.hub import Hub, current_hub
from tests.unit.realtime.hub.fakes import Ping, Sink, subscribe


def beep(name: str = "beep") -> Publication:
    return Publication("room", (Item.of("room", name, {}),))


class Elsewhere:
    """A second event loop in a thread of its own, with a hub and a member there."""

    def __init__(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.sink = Sink()
        self.run(self._start())

    async def _start(self) -> None:
        subscribe(current_hub(), "room", Ping, sink=self.sink)

    def run(self, work) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _stop(self) -> None:
        await current_hub().aclose()

    def stop(self, *, tidily: bool = True) -> None:
        if tidily:
            self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def forwarded(hub: Hub, monkeypatch) -> list[Publication]:
    """What the other processes would be sent, by whichever hub of this one."""
    sent: list[Publication] = []
    monkeypatch.setattr("realtime.hub.broker.Broker.publish", lambda self, publication: sent.append(publication))
    return sent


async def test_what_a_thread_publishes_arrives_in_its_order(hub, forwarded) -> None:
    member = subscribe(hub, "room", Ping)
    await asyncio.to_thread(lambda: [publish_event("room", "room", f"beep {n}", {}) for n in range(20)])
    await asyncio.sleep(0.1)
    assert member.writer.got == [f"beep {n}" for n in range(20)]
    assert len(forwarded) == 20


async def test_publishing_does_not_keep_what_the_caller_goes_on_to_change(hub) -> None:
    member = subscribe(hub, "room", Ping)
    mine = [beep()]

    def work() -> None:
        publish(mine)
        mine.clear()

    await asyncio.to_thread(work)
    await asyncio.sleep(0.1)
    assert member.writer.got == ["beep"]


async def test_what_is_held_is_told_by_who_holds_it_and_nobody_else_is_held_up(hub, forwarded) -> None:
    member = subscribe(hub, "room", Ping)
    held: list[Publication] = []

    def work() -> None:
        with doors.holding(held):
            publish([beep("held")])
        publish([beep("free")])

    await asyncio.to_thread(work)
    await asyncio.sleep(0.1)
    assert member.writer.got == ["free"]
    publish(held)
    await asyncio.sleep(0.1)
    assert member.writer.got == ["free", "held"]


async def test_every_loop_of_the_process_is_told_once_and_the_other_processes_once(hub, forwarded) -> None:
    elsewhere = Elsewhere()
    member = subscribe(hub, "room", Ping)
    publish([beep("from here")])
    await asyncio.to_thread(lambda: publish([beep("from a thread")]))
    await asyncio.to_thread(lambda: elsewhere.run(asyncio.sleep(0.05)))
    await asyncio.sleep(0.1)
    elsewhere.stop()
    assert member.writer.got == elsewhere.sink.got == ["from here", "from a thread"]
    assert len(forwarded) == 2


async def test_a_loop_that_was_closed_without_a_word_is_forgotten_and_takes_nothing_with_it(hub, forwarded) -> None:
    doors.unregister(hub)
    dead = Elsewhere()
    dead.stop(tidily=False)
    doors.register(hub)
    member = subscribe(hub, "room", Ping)
    publish([beep()])
    await asyncio.sleep(0.1)
    assert member.writer.got == ["beep"]
    assert len(forwarded) == 1
    assert dead.loop not in doors._hubs


# --- a process without a hub --------------------------------------------------------------------------


class Layer:
    """Remembers what was sent; is frozen until `open` is set."""

    def __init__(self, *, frozen: bool = False) -> None:
        self.sent: list[dict[str, Any]] = []
        self.open = threading.Event()
        if not frozen:
            self.open.set()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.to_thread(self.open.wait, 5)
        self.sent.append(message)


def test_a_command_publishes_over_the_broker_in_order_and_finishes_before_it_ends(monkeypatch) -> None:
    layer = Layer()
    monkeypatch.setattr("channels.layers.get_channel_layer", lambda: layer)
    for n in range(50):
        signal("room", "now", {"n": n})
    doors.finish_outside()
    assert [message["signal"][1]["n"] for message in layer.sent] == list(range(50))


def test_a_process_that_publishes_for_days_keeps_nothing_of_it(monkeypatch) -> None:
    registered: list[Any] = []
    monkeypatch.setattr("atexit.register", registered.append)
    monkeypatch.setattr("channels.layers.get_channel_layer", Layer)
    for _ in range(50):
        publish([beep()])
    doors.finish_outside()
    assert not registered
    assert not doors._sending


def test_a_broken_configuration_of_the_layer_breaks_no_commit(monkeypatch, caplog) -> None:
    def broken() -> None:
        raise ImportError("no such layer")

    monkeypatch.setattr("channels.layers.get_channel_layer", broken)
    publish([beep()])
    assert "no such layer" in caplog.text
