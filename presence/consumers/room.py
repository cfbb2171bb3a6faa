"""`presence/<room>`: who is in a room. Page: docs/reference/protocol.md, "presence/<room>".

Whoever is subscribed is there, unless they subscribed with `{"present": false}` to look on only.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from presence.announce import room_of
from presence.consumers.subject import authorize, choice_of, subject
from presence.keeper import Keeper, keeper
from realtime.consumers import TopicConsumer
from realtime.hub import Changes, Snapshot, StreamKind, current_hub
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.errors import Invalid

__all__ = ["PresenceConsumer", "RosterConsumer"]

NO_MEMBER = "You may not see who is in this room any more."


class RosterConsumer(TopicConsumer):
    """What the topics that show a roster share; `room` says of whom.

    How far a room has come, the keeper tells the hub by itself: Redis is not to hold up the check of the logs.
    """

    __slots__ = ()

    kind: ClassVar[StreamKind] = StreamKind.DIFF

    @property
    def room(self) -> str:
        """The room's name in the store."""
        return room_of(self.topic)

    async def snapshot(self) -> Snapshot:
        data, version = await the_keeper().rosters.snapshot(self.room)
        return Snapshot(data, version)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        items = await the_keeper().rosters.heal(room_of(stream), after)
        return Changes("", items[-1].seq or after if items else after, items)


class Params(msgspec.Struct, forbid_unknown_fields=True):
    """What one may say when subscribing."""

    present: bool = True


class PresenceConsumer(RosterConsumer):
    """See the module."""

    __slots__ = ("_at_once", "_gone", "_keeper")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at_once = self._gone = False
        self._keeper: Keeper | None = None

    @property
    def room(self) -> str:
        return str(self.kwargs["room"])

    async def authorize(self) -> None:
        await authorize(self.room, self.identity)

    def listens_to(self) -> Sequence[str]:
        return subject(self.room, self.identity).streams()[:1]

    async def snapshot(self) -> Snapshot:
        try:
            params = msgspec.convert(self.params, Params)
        except msgspec.ValidationError as error:
            raise Invalid(str(error), field="params") from error
        found = await super().snapshot()
        if params.present:
            # Read last: who has just turned invisible is not to be shown for the blink of an eye.
            chosen = await choice_of(self.identity.id)
            if not self._gone:  # it may have ended while that was read
                self._keeper = the_keeper()
                self._keeper.join(self.room, self.connection, self.identity, chosen)
        return found

    async def left(self) -> None:
        self._gone = True
        if self._keeper is not None:
            # The one that was joined: a hub that closes is nobody's current one any more.
            self._keeper.leave(self.room, self.connection, at_once=self._at_once)
            self._keeper = None

    def signalled(self, name: str, data: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        if name == "access" and data.get("user") in {None, self.identity.id}:
            # What the room's own topic would answer now is what holds.
            return self.authorize_again(UnsubscribeCode(data.get("code", UnsubscribeCode.REMOVED)), NO_MEMBER)
        return None

    def kick(self, code: UnsubscribeCode, message: str) -> None:
        """Who may not see the room is not seen in it, from now on."""
        self._at_once = True
        super().kick(code, message)


def the_keeper() -> Keeper:
    """Of the running loop's hub."""
    return keeper(current_hub())
