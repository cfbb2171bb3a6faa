"""The same intent sent five times at once over both workers: done once, and everybody is told the same."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from typing import Any

from tests.chaos.wire import Raw, raw
from tests.chaos.world import World

__all__ = ["same_key_five_times"]

TIMES = 5
KEYS = 40


async def same_key_five_times(world: World) -> int:
    """Raises AssertionError where two answers differ or more than one says it was the first."""
    (token,) = await asyncio.to_thread(world.stack.tokens, 1, "keys")
    async with AsyncExitStack() as stack:
        sockets: list[Raw] = [
            await stack.enter_async_context(raw(world.stack.chorus.port, token)) for _ in range(2 * TIMES)
        ]
        for each in sockets:
            await each.request(op="subscribe", topic="chat/keys-0")
        for _ in range(KEYS):
            await _five_times(world.rng.sample(sockets, TIMES))
    with world.stack.database() as database:
        (rows,) = database.execute(
            "SELECT count(*) FROM chat_message JOIN chat_room r ON r.id = room_id WHERE r.slug = 'keys-0'"
        ).fetchone() or (0,)
    assert rows % KEYS == 0, f"{KEYS} keys made {rows} messages"
    return KEYS * (TIMES - 1)


async def _five_times(sockets: list[Raw]) -> None:
    key = str(uuid.uuid4())
    post = {"op": "send", "topic": "chat/keys-0", "event": "message.post", "data": {"text": key}, "key": key}
    answers: list[Any] = await asyncio.gather(*(each.request(**post) for each in sockets))
    told = {(answer["data"]["id"], answer["data"]["seq"], answer["data"]["created_at"]) for answer in answers}
    assert len(told) == 1, f"one key was answered as {told}"
    firsts = sum(not answer["data"]["duplicate"] for answer in answers)
    assert firsts == 1, f"{firsts} of {TIMES} answers to one key said to be the first"
