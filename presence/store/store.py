"""What a store of presence does, and the times by which a dead process is told from a slow one.

Every process holds a lease and renews it; what it says of users belongs to the lease. Whoever finds a lease expired
moves it to the dead in one step, and the dead's entries are taken out room by room, each with its diff. So renewing
costs one write for a process however many users it has, and nobody is told gone twice.

A process reaps only after one lease time of unbroken contact: if the store stood still for all, everybody's lease ran
out and everybody gets to renew it.

    Exception
    ├── StoreAway    it cannot be reached; nothing is known of what was asked
    ├── LeaseLost    this process was taken for dead: it enters anew, and says everything again
    └── Settling     the store lost everything and waits for all processes to have said theirs; also while this process
                     has not noticed the loss yet
"""

# ruff: noqa: N818 - what happened, not an error of somebody's

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from presence.roster import Change, Diff, Person, Status

__all__ = [
    "CONTACT_S",
    "HANDOVER_S",
    "LEASE_S",
    "RENEW_EVERY_S",
    "SETTLE_S",
    "Dead",
    "LeaseLost",
    "Page",
    "RoomState",
    "Settling",
    "Store",
    "StoreAway",
    "Top",
]

LEASE_S = 15.0
RENEW_EVERY_S = 5.0
"""Two renewals may fail before a lease runs out."""
CONTACT_S = 5.0
"""A step that the store takes later than so long after the last one of the same process waited somewhere: what it says
of the dead is not believed."""
SETTLE_S = 5.0
"""After the store lost everything: how long nothing is told and shown, until every process has said what it has."""
HANDOVER_S = 10.0
"""How long what a process had stays after its orderly end: its users are on their way to another."""


class StoreAway(Exception):
    """See the module."""


class LeaseLost(Exception):
    """See the module."""


class Settling(Exception):
    """See the module."""


@dataclass(frozen=True, slots=True)
class Top:
    """How far a room has come, and how many are in it."""

    version: int
    count: int


@dataclass(frozen=True, slots=True)
class Dead:
    """A lease that ran out, and how many seconds ago."""

    lease: str
    ago_s: float


class Page(NamedTuple):
    """Some of those in a room, by id. following: what the next page comes after; None on the last one."""

    people: list[Person]
    following: int | None


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as of `version`. people: None where there are more than was asked for."""

    version: int
    count: int
    people: tuple[Person, ...] | None


class Store(Protocol):
    """One per process and event loop. Every method may raise StoreAway; none waits longer than a few seconds."""

    async def enter(self) -> None:
        """Take a new lease; whatever an old one of ours had is the old one's."""

    async def tick(self, *, renew: bool) -> Sequence[Dead]:
        """Renew the lease if asked; the dead that somebody has to reap. Raises LeaseLost."""

    async def reap(self, dead: str) -> Sequence[Diff]:
        """Take out what a dead process had, room by room. Empty where another is at it."""

    async def apply(self, changes: Mapping[str, Sequence[Change]], done_with: Collection[str]) -> Sequence[Diff]:
        """Say what this process has, room by room; what that changes for the room as a whole.

        done_with: rooms in which it has nobody left after this. Raises LeaseLost, and then some of it may be done.
        While the store settles, what is said is kept and no diff comes of it.
        """

    async def state(self, room: str, limit: int) -> RoomState:
        """The room now. Raises Settling."""

    async def tops(self, rooms: Sequence[str]) -> Mapping[str, Top]:
        """How far each room has come. Raises Settling."""

    async def page(self, room: str, after: int, limit: int) -> Page:
        """Those with an id above `after`, by id. Raises Settling."""

    async def statuses(self, room: str, users: Sequence[int]) -> Mapping[int, Status]:
        """The status of those of the users who are in the room. Raises Settling."""

    async def touch(self, rooms: Collection[str]) -> None:
        """Keep what this process has in the rooms for another hour."""

    async def leave(self) -> None:
        """An orderly end: what this process has stays for HANDOVER_S, then it is reaped like a dead one's."""

    async def aclose(self) -> None:
        """Let go of connections."""
