"""Bots: clients of a running server like any other, by `realtime.client` over the socket.

They talk among themselves now and then, and answer whoever names one. They come through a restart of the
server as every client does. Must not touch the database: names and tokens come in.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from chat.demo.cast import BOT_ROOMS
from chat.demo.repartee import Repartee, Turn, typing_s
from realtime.client import ConnectionState, RealtimeClient, Received
from realtime.client.credentials import TokenSource
from realtime.protocol.errors import RealtimeError

__all__ = ["PAUSE_S", "Bot", "talk"]

logger = logging.getLogger(__name__)

PAUSE_S = (15.0, 60.0)
"""Shortest and longest silence between two exchanges: seen on the first look, forgotten on the second."""


class Bot:
    """One bot: types, speaks, and answers when it hears its name from somebody who is no bot."""

    def __init__(self, name: str, client: RealtimeClient, repartee: Repartee, others: frozenset[str]) -> None:
        self.name = name
        self._client = client
        self._repartee = repartee
        self._others = others
        self._answering: asyncio.Task[None] | None = None

    @property
    def is_awake(self) -> bool:
        """False once the server has told it to stay away."""
        return self._client.state is not ConnectionState.CLOSED

    async def enter(self, room: str) -> None:
        """Subscribe to a room, be seen there, and listen from then on."""
        await self._client.subscribe(_topic(room), listener=lambda received: self._hear(room, received))
        await self._client.subscribe(f"presence/{room}", listener=lambda received: None)

    async def say(self, room: str, text: str) -> None:
        """Type for a while, then post. A refusal is logged: the next thing it says may be welcome again."""
        self._client.send(_topic(room), "typing", {"active": True})
        await asyncio.sleep(typing_s(text))
        self._client.send(_topic(room), "typing", {"active": False})
        try:
            await self._client.post(_topic(room), "message.post", {"text": text})
        except RealtimeError as refusal:
            logger.info("%s could not post in %s: %s", self.name, room, refusal)

    def _hear(self, room: str, received: Received) -> None:
        busy = self._answering is not None and not self._answering.done()
        if received.event != "message" or received.recovered or busy or not self._is_spoken_to(received.data):
            return
        turn = self._repartee.answer(self.name)
        self._answering = asyncio.get_running_loop().create_task(self.say(room, turn.text))

    def _is_spoken_to(self, message: Mapping[str, Any]) -> bool:
        is_new = message["seq"] == message["posted_seq"]
        by_bot = message["author"]["name"] in self._others
        return is_new and not by_bot and f"@{self.name}" in (message["text"] or "").lower()


async def talk(
    url: str,
    tokens: Mapping[str, TokenSource],
    *,
    chance: random.Random,
    rooms: Sequence[str] = BOT_ROOMS,
    pause_s: tuple[float, float] = PAUSE_S,
) -> None:
    """Let bots talk until cancelled, or until the server has sent every one of them away.

    tokens: by the bots' names. Waits for a server that is not there yet.
    """
    repartee = Repartee.of_the_demo(chance)
    async with AsyncExitStack() as stack:
        bots: dict[str, Bot] = {}
        for name, token in tokens.items():
            client = await stack.enter_async_context(RealtimeClient(url, token=token))
            bots[name] = Bot(name, client, repartee, frozenset(tokens))
        await asyncio.gather(*(_enter(bot, room) for bot in bots.values() for room in rooms))
        while awake := [name for name, bot in bots.items() if bot.is_awake]:
            room = chance.choice(rooms)
            await asyncio.sleep(chance.uniform(*pause_s))
            await _perform(bots, room, repartee.exchange(room, awake))


async def _enter(bot: Bot, room: str) -> None:
    try:
        await bot.enter(room)
    except RealtimeError as refusal:
        logger.info("%s could not enter %s: %s", bot.name, room, refusal)


async def _perform(bots: Mapping[str, Bot], room: str, turns: Sequence[Turn]) -> None:
    for turn in turns:
        await bots[turn.bot].say(room, turn.text)


def _topic(room: str) -> str:
    return f"chat/{room}"
