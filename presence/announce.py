"""A change of the store as what readers are told: a diff, or, where a room grew large, its number alone.

The process whose change it was publishes; the version says where it belongs, and the hub heals what is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from presence.roster import Diff
from presence.store import RoomState
from realtime.hub import Item, Publication

__all__ = [
    "SITE",
    "SITE_TOPIC",
    "people_seen",
    "presence_stream",
    "publication",
    "room_of",
    "snapshot_data",
    "snapshot_item",
]

SITE = "@site"
"""The room that everybody who is anywhere is in. No slug looks like this."""
SITE_TOPIC = "site/presence"
PRESENCE = "presence/"


def presence_stream(room: str) -> str:
    """The stream of a room, and its topic."""
    return SITE_TOPIC if room == SITE else f"{PRESENCE}{room}"


def room_of(stream: str) -> str:
    """The other way round."""
    return SITE if stream == SITE_TOPIC else stream.removeprefix(PRESENCE)


def publication(diff: Diff, list_max: int) -> Publication | None:
    """What everybody in the room is told; None where they need the whole, since the room is listed again."""
    topic = presence_stream(diff.room)
    if diff.count > list_max >= diff.before:
        item = Item.of(topic, "snapshot", _number(diff.count), seq=diff.version, prev=diff.prev, shown=False)
    elif diff.count > list_max:
        item = Item.of(topic, "diff", {"count": diff.count}, seq=diff.version, prev=diff.prev, shown=False)
    elif diff.before > list_max:
        return None
    else:
        item = Item.of(topic, "diff", diff.data(), seq=diff.version, prev=diff.prev, shown=False)
    return Publication(topic, (item,))


def snapshot_data(state: RoomState) -> dict[str, Any]:
    """A room as it is, for `snapshot`."""
    if state.people is None:
        return _number(state.count)
    return {"count": state.count, "users": [person.data() for person in state.people]}


def snapshot_item(room: str, version: int, data: msgspec.Raw | dict[str, Any], after: int) -> Item:
    """Event `snapshot`, which replaces all that anybody at `after` holds."""
    topic = presence_stream(room)
    return Item.of(topic, "snapshot", data, seq=version, prev=min(after, version - 1), shown=False)


def _number(count: int) -> dict[str, Any]:
    return {"count": count, "users": None}


def people_seen(diffs: Sequence[Diff]) -> list[int]:
    """Who left the site with these."""
    return [user for diff in diffs if diff.room == SITE for user in diff.left]
