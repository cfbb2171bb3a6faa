"""The connection's inbox and gate: what asyncio's Queue and Event do, of what uvicorn uses of them."""

from __future__ import annotations

import asyncio

import pytest

from realtime.server.inbox import Gate, Inbox


async def test_messages_come_out_in_order_and_the_inbox_is_empty_after_the_last() -> None:
    inbox = Inbox()
    assert inbox.empty()
    for number in range(3):
        inbox.put_nowait(number)
    assert not inbox.empty()
    assert [await inbox.get() for _ in range(3)] == [0, 1, 2]
    assert inbox.empty()
    with pytest.raises(asyncio.QueueEmpty):
        inbox.get_nowait()


async def test_one_that_waits_is_woken_by_the_first_of_several() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait("first")
    inbox.put_nowait("second")
    assert await waiting == "first"
    assert await inbox.get() == "second"


async def test_one_that_gives_up_takes_nothing_with_it() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait("kept")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await inbox.get() == "kept"


async def test_a_gate_is_open_until_it_is_closed_and_lets_everybody_through_when_it_opens() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    waiting[0].cancel()
    gate.set()
    await waiting[1]
    await gate.wait()
