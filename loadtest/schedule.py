"""Who sends when: evenly spaced messages, the rooms one after another, the senders of a room in turn.

Even, because a run is compared with another one: what a server makes of bursts is not to hang on dice.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from loadtest.engine import Message
from loadtest.errors import LoadError

__all__ = ["schedule", "senders_per_room"]

SENDERS = 10
"""So many take turns in a room unless the rate needs more, or the room has fewer."""
SHARE = 0.5
"""Of what the server admits of one connection, how much each sender uses if it may choose."""


def senders_per_room(*, rate: float, members: int, requests_per_s: float, wanted: int | None = None) -> int:
    """How many members of a room send, so that none has to send more than the server admits of a connection.

    wanted: at least so many; more only where the rate needs it. Raises LoadError where the room is too small.
    """
    if rate > members * requests_per_s:
        raise LoadError(
            f"{members} {'client' if members == 1 else 'clients'} of a room can send "
            f"{members * requests_per_s:g} messages/s, because the server admits {requests_per_s:g} requests/s of a "
            f"connection: ask for a lower --rate than {rate:g}, or for more --clients."
        )
    if wanted is None:
        return min(members, max(SENDERS, ceil(rate / (requests_per_s * SHARE))))
    if wanted > members:
        raise LoadError(f"--senders {wanted} is more than the {members} clients of a room.")
    return max(wanted, ceil(rate / requests_per_s))


def schedule(senders: Sequence[Sequence[int]], *, rate: float, duration_s: float) -> list[Message]:
    """`rate` messages/s in each room for so long, ascending. senders: for each room, the places of its senders."""
    rooms = [places for places in senders if places]
    return [
        Message((turn + place / len(rooms)) / rate, places[turn % len(places)])
        for turn in range(max(1, round(rate * duration_s)))
        for place, places in enumerate(rooms)
    ]
