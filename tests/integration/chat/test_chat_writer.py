"""The writer: many changes in one transaction, each with its own outcome."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from chat import writer
from chat.log import Post, Posted
from chat.models import Message
from realtime.protocol.errors import Forbidden, Internal, Unavailable

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

count = sync_to_async(Message.objects.count)


def post(room, author, text="x") -> Post:
    return Post(room_id=room.pk, author_id=author.pk, text=text)


async def test_what_arrives_together_is_written_in_order(room, ada) -> None:
    results = await asyncio.gather(*(writer.submit(post(room, ada, str(number))) for number in range(30)))
    assert all(isinstance(result, Posted) for result in results)
    assert [result.seq for result in results] == sorted(result.seq for result in results)
    assert await count() == 30


async def test_a_refusal_is_only_the_refused_ones(room, ada, person) -> None:
    stranger = await sync_to_async(person)(is_active=False)
    results = await asyncio.gather(
        *(writer.submit(post(room, author)) for author in (ada, stranger, ada)), return_exceptions=True
    )
    assert isinstance(results[1], Forbidden)
    assert await count() == 2


async def test_a_batch_with_poison_costs_only_the_poisoned(room, ada) -> None:
    changes = [post(room, ada, str(number)) for number in range(9)]
    # Past the check that such a change cannot pass: a fault in ours that only the database notices.
    object.__setattr__(changes[4], "text", "x" * 5_000)
    results = await asyncio.gather(*map(writer.submit, changes), return_exceptions=True)
    assert isinstance(results[4], Internal)
    assert [isinstance(result, Posted) for result in results].count(True) == 8
    texts = [text async for text in Message.objects.order_by("seq").values_list("text", flat=True)]
    assert texts == ["0", "1", "2", "3", "5", "6", "7", "8"]


async def test_a_client_that_left_takes_nothing_back(room, ada) -> None:
    waiting = writer.submit(post(room, ada))
    waiting.cancel()
    await writer.submit(post(room, ada))
    assert await count() == 2


async def test_a_full_queue_refuses_at_once(settings, room, ada) -> None:
    settings.CHAT = {"QUEUE_MAX": 2}
    accepted = [writer.submit(post(room, ada)) for _ in range(2)]
    with pytest.raises(Unavailable):
        writer.submit(post(room, ada))
    await asyncio.gather(*accepted)
    assert isinstance(await writer.submit(post(room, ada)), Posted)
