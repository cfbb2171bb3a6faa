"""A crowd that loses the network in one moment and comes back when it can, as the client libraries do.

A client tries first at a random time of a window, does as it is told when it is to come later (4001), and waits with
jitter after anything else.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from dataclasses import dataclass

from benchmarks.stage import HOST
from benchmarks.stage.load import TEXT_BYTES, drive, schedule
from benchmarks.systems import Crowd
from loadtest.chorus import ChorusDialect, Joined
from loadtest.engine import Engine
from loadtest.link import EnterError
from realtime.client.backoff import backoff, backoff_after

__all__ = ["MISSED", "Return", "Storm"]

TRY_LATER = "4001"
MISSED = 3
"""Messages of each room while the crowd is away."""
MISSED_PER_S = 10.0
TRIES_MAX = 20
SEED = 7

Position = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Return:
    """One client is back. after_s: since the network was. refused: how often it had to wait.

    whole: whether it was told just what it had missed, from the position it had.
    """

    after_s: float
    refused: int
    whole: bool


class Storm:
    """The crowd of one server. The first of each room keeps its connection, and talks while the others are away.

    window_s: over which first tries are spread.
    """

    def __init__(self, dialect: ChorusDialect, port: int, crowd: Crowd, window_s: float) -> None:
        self._dialect = dialect
        self._port = port
        self._crowd = crowd
        self._window_s = window_s
        self._random = random.Random(SEED)  # noqa: S311 - jitter
        self._in: dict[int, Joined] = {}

    async def arrive(self) -> None:
        """All come for the first time."""
        await self._gather({})

    async def come_back(self) -> list[Return]:
        """All who are away come back from where they were, and say how it went. They close when they have."""
        away = {number: joined for number, joined in self._in.items() if joined.socket.fileno() < 0}
        return await self._gather({number: (joined.epoch, joined.seq) for number, joined in away.items()})

    def cut(self) -> None:
        """All but the first of each room lose their connection in the same moment."""
        for number, joined in self._in.items():
            if number >= self._crowd.rooms:
                # Reset, as by a network that is gone; it also leaves no port waiting.
                joined.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                joined.socket.close()

    def talk(self) -> None:
        """The first of each room say what the others miss. Raises RuntimeError if that was not acknowledged."""
        keepers = Crowd(self._crowd.rooms, self._crowd.rooms)
        engine = Engine([self._in[number].socket.dup() for number in range(keepers.members)], range(keepers.rooms))
        try:
            engine.speaks(self._dialect.speech, self._dialect.number_of)
            for number in range(keepers.members):
                engine.sends(number, self._dialect.message(keepers.room(number), TEXT_BYTES))
            length_s = MISSED / MISSED_PER_S
            outcome = drive(engine, schedule(keepers, MISSED_PER_S, length_s), length_s, grace_s=5.0, acks=True)
        finally:
            engine.close()
        if outcome.acknowledged != MISSED * keepers.rooms:
            raise RuntimeError(f"only {outcome.acknowledged} messages of those who stayed were acknowledged")

    def close(self) -> None:
        for joined in self._in.values():
            joined.socket.close()

    async def _gather(self, positions: dict[int, Position]) -> list[Return]:
        numbers = list(positions) or range(self._crowd.members)
        began = asyncio.get_running_loop().time()
        return await asyncio.gather(*(self._come(number, began, positions.get(number)) for number in numbers))

    async def _come(self, number: int, began: float, since: Position | None) -> Return:
        await asyncio.sleep(self._random.random() * self._window_s)
        room = self._crowd.room(number)
        for refused in range(TRIES_MAX):
            try:
                joined = await self._dialect.join(HOST, self._port, room, number, since)
            except EnterError as error:
                await asyncio.sleep(self._wait_s(error, refused))
                continue
            self._in[number] = joined
            return Return(asyncio.get_running_loop().time() - began, refused, _whole(joined, since))
        raise RuntimeError(f"client {number} was refused {TRIES_MAX} times")

    def _wait_s(self, error: EnterError, attempt: int) -> float:
        if error.code != TRY_LATER:
            return backoff(attempt, self._random.random)
        return backoff_after(attempt, self._random.random, float(json.loads(error.reason)["retry_after_s"]))


def _whole(joined: Joined, since: Position | None) -> bool:
    if since is None:
        return True
    told = (joined.recovered, joined.epoch, joined.seq, joined.changes)
    return told == (True, since[0], since[1] + MISSED, MISSED)
