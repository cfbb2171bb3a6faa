"""`user/presence`: one user's own presence. Page: docs/reference/protocol.md, "user/presence".

What they chose holds for all their devices; whether they are away is each device's to say. A list of rooms asks for its
numbers here now and then: pushing each change to everybody who has the room in a list would cost members times lists.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from presence.announce import SITE
from presence.consumers.room import the_keeper
from presence.consumers.subject import authorize, choice_of
from presence.keeper import Keeper
from presence.roster import Choice
from presence.services import choice_set, me_stream
from realtime.consumers import TopicConsumer, handles
from realtime.executors import run_read
from realtime.protocol.errors import RateLimited, RealtimeError
from realtime.protocol.limits import TokenBucket, retry_after

__all__ = ["MyPresenceConsumer"]

CHANGES_PER_S = 0.5
CHANGES_BURST = 10
COUNTS_PER_S = 0.2
COUNTS_BURST = 10
ROOMS_MAX = 100
ALLOWED_FOR_S = 60.0
"""How long it is believed that a user may see a room's number."""


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody wants to be shown as."""

    choice: Choice


class Away(msgspec.Struct, forbid_unknown_fields=True):
    """Whether nobody has touched this device for long."""

    away: bool


class Rooms(msgspec.Struct, forbid_unknown_fields=True):
    """The rooms of a list."""

    rooms: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=ROOMS_MAX)]


class MyPresenceConsumer(TopicConsumer):
    """See the module. Subscribing is being on the site, in no room."""

    __slots__ = ("_allowed", "_asked", "_bucket", "_gone", "_keeper")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gone = False
        self._keeper: Keeper | None = None
        self._bucket = TokenBucket(CHANGES_PER_S, CHANGES_BURST, time.monotonic())
        self._asked = TokenBucket(COUNTS_PER_S, COUNTS_BURST, time.monotonic())
        self._allowed: dict[str, tuple[bool, float]] = {}

    def streams(self) -> Sequence[str]:
        return (me_stream(self.identity.id),)

    async def snapshot(self) -> Any:
        chosen = await choice_of(self.identity.id)
        if not self._gone:
            self._keeper = the_keeper()
            self._keeper.join(SITE, self.connection, self.identity, chosen)
        return {"choice": chosen.choice.value}

    async def left(self) -> None:
        self._gone = True
        if self._keeper is not None:
            self._keeper.leave(SITE, self.connection)
            self._keeper = None

    @handles("choice")
    async def choose(self, payload: Chosen) -> None:
        """Be shown so, on every device, until another choice."""
        _take(self._bucket)
        await run_read(choice_set, self.identity.id, payload.choice)

    @handles("away")
    def away(self, payload: Away) -> None:
        """Nobody has touched this device for five minutes, or somebody does again."""
        _take(self._bucket)
        the_keeper().away(self.connection, payload.away)

    @handles("counts")
    async def counts(self, payload: Rooms) -> dict[str, Any]:
        """How many are in each of these rooms; without those one may not see."""
        _take(self._asked)
        asked = list(dict.fromkeys(payload.rooms))
        allowed = await asyncio.gather(*map(self._may_see, asked))
        rooms = [room for room, may in zip(asked, allowed, strict=True) if may]
        return {"counts": await the_keeper().rosters.present(rooms)}

    async def _may_see(self, room: str) -> bool:
        may, until = self._allowed.get(room, (False, 0.0))
        now = time.monotonic()
        if now < until:
            return may
        try:
            await authorize(room, self.identity)
            may = True
        except RealtimeError as error:
            if error.retryable:
                raise
            may = False
        self._allowed[room] = may, now + ALLOWED_FOR_S
        if len(self._allowed) > ROOMS_MAX * 2:
            self._allowed.pop(next(iter(self._allowed)))
        return may


def _take(bucket: TokenBucket) -> None:
    if wait_s := bucket.take(time.monotonic()):
        raise RateLimited("That is too often.", retry_after_s=retry_after(wait_s))
