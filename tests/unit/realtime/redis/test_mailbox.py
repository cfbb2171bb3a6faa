"""One channel at its receiver: bounded, in order, and given up at last. Time jumps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.redis.mailbox import FORGOTTEN_AFTER_S, LEFT_AFTER_S, Mailbox, encode


@pytest.fixture
async def dropped() -> list[str]:
    return []


@pytest.fixture
async def mailbox(dropped) -> Mailbox:
    return Mailbox("mine", 5, dropped.append)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_over_its_capacity_the_oldest_goes_and_is_counted(mailbox, dropped):
    for number in range(8):
        mailbox.put(encode({"n": number}))
    assert [(await mailbox.receive())["n"] for _ in range(5)] == [3, 4, 5, 6, 7]
    assert dropped == ["mine"] * 3


async def test_of_several_receivers_each_message_has_one_and_a_cancelled_one_passes_it_on(mailbox):
    first, second = (asyncio.ensure_future(mailbox.receive()) for _ in range(2))
    await asyncio.sleep(0)
    mailbox.put(encode({"n": 1}))
    first.cancel()
    assert await second == {"n": 1}


@pytest.mark.parametrize("nonsense", [b"", b"\xc1", encode([1]), encode("text"), b"\x91" * 5_000])
async def test_what_is_no_message_is_passed_over(mailbox, caplog, nonsense):
    heard: list[Any] = []
    for payload in (nonsense, encode({"n": 1})):
        mailbox.put(payload)
    assert await mailbox.receive() == {"n": 1}
    mailbox.deliver_to(heard.append, None, None)
    for payload in (nonsense, encode({"n": 2})):
        mailbox.put(payload)
    assert heard == [{"n": 2}]
    assert caplog.text.count("is no message") == 2


async def test_what_waits_is_delivered_first(mailbox):
    heard: list[Any] = []
    mailbox.put(encode({"n": 1}))
    mailbox.deliver_to(heard.append, None, None)
    mailbox.put(encode({"n": 2}))
    assert heard == [{"n": 1}, {"n": 2}]


async def test_a_reader_that_fails_is_called_with_the_next(mailbox, caplog):
    heard: list[Any] = []

    def fails_once(message: dict[str, Any]) -> None:
        heard.append(message)
        if len(heard) == 1:
            raise ZeroDivisionError

    mailbox.deliver_to(fails_once, None, None)
    for number in range(2):
        mailbox.put(encode({"n": number}))
    assert len(heard) == 2
    assert "failed on a message" in caplog.text


@pytest.mark.parametrize(
    ("message", "is_heard"),
    [
        ({"type": "a", "origin": "me", "n": 1}, False),
        ({"type": "a", "origin": "me"}, False),
        ({"type": "a", "origin": "you", "n": 1}, True),
        ({"type": "a", "origin": "mean"}, True),
        ({"origin": "me", "type": "a"}, True),
        ({"type": "a"}, True),
        # Sixteen entries are counted in three bytes, and the head is not where it is looked for.
        ({"type": "a", "origin": "me", **{str(n): n for n in range(14)}}, True),
    ],
)
async def test_messages_with_a_head_to_be_ignored_are_not_even_decoded(mailbox, message, is_heard):
    heard: list[Any] = []
    mailbox.deliver_to(heard.append, {"type": "a", "origin": "me"}, None)
    mailbox.put(encode(message))
    assert heard == [message] * is_heard


async def test_it_is_kept_while_somebody_may_come_back_and_given_up_then(mailbox):
    mailbox.put(encode({"n": 1}))
    await mailbox.receive()
    assert not mailbox.is_abandoned(now() + FORGOTTEN_AFTER_S - 1)
    assert mailbox.is_abandoned(now() + FORGOTTEN_AFTER_S + 1)
    waiting = asyncio.ensure_future(mailbox.receive())
    await asyncio.sleep(0)
    assert not mailbox.is_abandoned(now() + 10 * FORGOTTEN_AFTER_S)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not mailbox.is_abandoned(now() + LEFT_AFTER_S - 1)
    assert mailbox.is_abandoned(now() + LEFT_AFTER_S + 1)
