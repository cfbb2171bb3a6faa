"""`user/me`: one user's rooms, live. Page: docs/reference/protocol.md, "user/me".

Fed by the user's own stream and by one `activity/<slug>` per room of theirs, which has the same bytes for
all its members. Both are states with a version that stays off the wire: what is lost is healed by the newest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from chat.consumers import gathered
from chat.log import announced
from chat.selectors import RoomList, lists_changed
from chat.streams import ACTIVITY, USER, USER_TOPIC, activity_stream, user_stream
from realtime.consumers import TopicConsumer
from realtime.executors import run_read
from realtime.hub import Changes, Item, Snapshot, StreamKind, Top, signal
from realtime.protocol.errors import NotFound

__all__ = ["UserConsumer"]

LONGEST_COMMIT = timedelta(seconds=30)
"""A list's change is stamped when its transaction begins and seen when it commits; clocks differ, too."""


class UserConsumer(TopicConsumer):
    """See the module."""

    kind: ClassVar[StreamKind] = StreamKind.STATE

    _checked_at: ClassVar[datetime] = datetime.now(UTC)
    _slugs: frozenset[str] = frozenset()

    async def authorize(self) -> None:
        self._slugs = frozenset(await gathered.slugs.get(self.identity.id) or ())

    def streams(self) -> Sequence[str]:
        return (user_stream(self.identity.id), *map(activity_stream, sorted(self._slugs)))

    async def snapshot(self) -> Snapshot:
        found = await _list_of(self.identity.id)
        # A room that was joined between the two reads has told a stream we were not on yet. Not now: an
        # event must not overtake the reply, which is written in this turn of the loop.
        asyncio.get_running_loop().call_soon(self._follow, [row["slug"] for row in found.rooms])
        versions = {activity_stream(slug): version for slug, version in found.versions.items()}
        return Snapshot(_snapshot_data(found, self.identity.id), found.version, versions=versions)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        if stream.startswith(ACTIVITY):
            item = await gathered.room_items.get(stream.removeprefix(ACTIVITY))
            return Changes("", 0, []) if item is None else Changes("", item.seq or 0, [item])
        return await _whole_list(stream)

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> dict[str, Top]:
        since, cls._checked_at = cls._checked_at, datetime.now(UTC)
        rooms = [stream.removeprefix(ACTIVITY) for stream in streams if stream.startswith(ACTIVITY)]
        return await run_read(_tops, rooms, since - LONGEST_COMMIT)

    def signalled(self, name: str, data: Mapping[str, Any]) -> None:
        match name:
            case "room_joined":
                self._follow((*self._slugs, data["slug"]))
            case "room_left":
                self._follow(self._slugs - {data["slug"]})
            case "rooms":
                self._follow(data["slugs"])

    def _follow(self, slugs: Iterable[str]) -> None:
        """Be fed by the activity of these rooms and no others."""
        wanted = frozenset(slugs)
        for slug in wanted - self._slugs:
            self.join(activity_stream(slug))
        for slug in self._slugs - wanted:
            self.leave(activity_stream(slug))
        self._slugs = wanted


async def _list_of(user_id: int) -> RoomList:
    found = await gathered.room_list.get(user_id)
    if found is None:
        raise NotFound
    return found


async def _whole_list(stream: str) -> Changes:
    """What heals a user's own stream: event `snapshot`, which replaces all they hold."""
    user_id = int(stream.removeprefix(USER))
    found = await _list_of(user_id)
    signal(stream, "rooms", {"slugs": [row["slug"] for row in found.rooms]})
    item = Item.of(USER_TOPIC, "snapshot", _snapshot_data(found, user_id), seq=found.version, shown=False)
    return Changes("", found.version, [item])


def _snapshot_data(found: RoomList, user_id: int) -> dict[str, Any]:
    return {"rooms": found.rooms, "user": {"id": user_id, "name": found.name}}


def _tops(rooms: Sequence[str], since: datetime) -> dict[str, Top]:
    """Rooms by what their lists were told; users by their newest change, those alone that changed lately."""
    told = {activity_stream(slug): Top(version) for slug, version in announced(rooms).items()}
    changed = {user_stream(user_id): Top(version) for user_id, version in lists_changed(since).items()}
    return told | changed
