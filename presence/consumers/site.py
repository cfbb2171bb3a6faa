"""`site/presence`: everybody who is anywhere, for staff. The same snapshot and diffs as a room's."""

from __future__ import annotations

from presence.consumers.room import RosterConsumer
from realtime.protocol.errors import NotFound

__all__ = ["SitePresenceConsumer"]


class SitePresenceConsumer(RosterConsumer):
    """See the module. To look on is not to be there."""

    __slots__ = ()

    async def authorize(self) -> None:
        if not self.identity.staff:
            raise NotFound
