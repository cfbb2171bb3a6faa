"""How many are present in a room, for code that cannot wait: what this process last heard.

`chat` asks it through a setting (`CHAT["PRESENT"]`), since neither imports the other.
"""

from __future__ import annotations

from presence.keeper import keeper
from realtime.hub import current_hub

__all__ = ["present"]


def present(room: str) -> int | None:
    """On an event loop. None where nothing was heard of the room."""
    return keeper(current_hub()).rosters.count(room)
