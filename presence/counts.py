"""How many are present in rooms: for code that cannot wait what this process last heard, for threads what is so.

`chat` asks for the one through a setting (`CHAT["PRESENT"]`), since neither imports the other.
"""

from __future__ import annotations

from collections.abc import Collection

from presence.keeper import keeper
from realtime.hub import ask_hub, current_hub

__all__ = ["present", "present_in"]


def present(room: str) -> int | None:
    """On an event loop. None where nothing was heard of the room."""
    return keeper(current_hub()).rosters.count(room)


def present_in(rooms: Collection[str]) -> dict[str, int]:
    """From a thread: how many are in each of the rooms. Raises Unavailable where that cannot be known now."""
    return ask_hub(lambda hub: keeper(hub).rosters.present(rooms))
