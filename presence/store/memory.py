"""Presence in memory: one process without Redis, and several in a test. The same steps as the scripts of redis.py."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from presence.roster import Change, Diff, Person, Status
from presence.store.store import (
    CONTACT_S,
    HANDOVER_S,
    LEASE_S,
    SETTLE_S,
    Dead,
    LeaseLost,
    Page,
    RoomState,
    Settling,
    Top,
)

__all__ = ["MemoryCluster", "MemoryStore", "best"]

RANK = {Status.AWAY: 1, Status.ONLINE: 2, Status.DND: 3}


@dataclass(slots=True)
class _Here:
    """One user in one room: their name, and what each process shows of them."""

    name: str
    by: dict[str, Status] = field(default_factory=dict)


class MemoryCluster:
    """What the processes share. clock: seconds, the same for all."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        """Lose everything, as a Redis that is restarted does."""
        self.born = uuid.uuid4().hex
        self.leases: dict[str, float] = {}
        self.dead: dict[str, float] = {}
        self.rooms: dict[str, dict[int, _Here]] = {}
        self.versions: dict[str, int] = {}
        self.settling_until = 0.0

    @property
    def settling(self) -> bool:
        return self.clock() < self.settling_until

    def top(self, room: str) -> Top:
        """With a version from now on, if it had none: newer than any it had before it was forgotten."""
        version = self.versions.setdefault(room, int(self.clock() * 1_000_000))
        return Top(version, len(self.rooms.get(room, ())))

    def change(self, room: str, lease: str, changes: Sequence[Change]) -> Diff | None:
        """What a process says of a room, as one step; None where nothing comes of it."""
        here = self.rooms.setdefault(room, {})
        before, came, changed, left = len(here), [], [], []
        for user, name, status, erase in changes:
            found = here.get(user) or _Here(name)
            was, was_name = best(found.by.values()), found.name
            if erase:
                found.by.clear()
            elif status is None:
                found.by.pop(lease, None)
            else:
                found.by[lease] = status
                found.name = name
            now = best(found.by.values())
            if now is None:
                here.pop(user, None)
                if was is not None:
                    left.append(user)
                continue
            here[user] = found
            if was is None:
                came.append(Person(user, found.name, now))
            elif (was, was_name) != (now, found.name):
                changed.append(Person(user, found.name, now))
        if not here:
            del self.rooms[room]
        if self.settling or not (came or changed or left):
            return None
        known = self.versions.get(room)
        version = int(self.clock() * 1_000_000) if known is None else known + 1
        self.versions[room] = version
        return Diff(room, version - 1, version, before, len(here), tuple(came), tuple(changed), tuple(left))


class MemoryStore:
    """A `Store`. Several on one cluster are several processes."""

    def __init__(self, cluster: MemoryCluster | None = None) -> None:
        self._cluster = cluster or MemoryCluster()
        self._lease = ""
        self._born = ""
        self._since = self._seen = float("-inf")

    async def enter(self) -> None:
        cluster = self._cluster
        now = cluster.clock()
        if self._born and self._born != cluster.born and not cluster.settling:
            cluster.settling_until = now + SETTLE_S
            cluster.versions.clear()
        self._born = cluster.born
        self._lease = uuid.uuid4().hex
        self._since = self._seen = now
        cluster.leases[self._lease] = now + LEASE_S

    async def tick(self, *, renew: bool) -> Sequence[Dead]:
        cluster = self._cluster
        now = cluster.clock()
        if self._lease not in cluster.leases:
            raise LeaseLost
        if renew:
            cluster.leases[self._lease] = now + LEASE_S
        if now - self._seen > CONTACT_S:
            self._since = now
        self._seen = now
        if now - self._since >= LEASE_S:
            for lease in [lease for lease, until in cluster.leases.items() if until < now]:
                cluster.dead[lease] = cluster.leases.pop(lease)
        return [Dead(lease, now - until) for lease, until in cluster.dead.items()]

    async def reap(self, dead: str) -> Sequence[Diff]:
        if self._cluster.dead.pop(dead, None) is None:
            return []
        diffs = []
        for room, here in list(self._cluster.rooms.items()):
            gone = [Change(user, found.name, None) for user, found in here.items() if dead in found.by]
            if gone and (diff := self._cluster.change(room, dead, gone)) is not None:
                diffs.append(diff)
        return diffs

    async def apply(self, changes: Mapping[str, Sequence[Change]], done_with: Collection[str]) -> Sequence[Diff]:
        if self._lease not in self._cluster.leases:
            raise LeaseLost
        found = (self._cluster.change(room, self._lease, some) for room, some in changes.items())
        return [diff for diff in found if diff is not None]

    async def state(self, room: str, limit: int) -> RoomState:
        self._check()
        top = self._cluster.top(room)
        people = None
        if top.count <= limit:
            people = tuple(_person(user, here) for user, here in self._cluster.rooms.get(room, {}).items())
        return RoomState(top.version, top.count, people)

    async def tops(self, rooms: Sequence[str]) -> Mapping[str, Top]:
        self._check()
        return {room: self._cluster.top(room) for room in rooms}

    async def page(self, room: str, after: int, limit: int) -> Page:
        self._check()
        here = self._cluster.rooms.get(room, {})
        users = sorted(user for user in here if user > after)
        following = users[limit - 1] if len(users) > limit else None
        return Page([_person(user, here[user]) for user in users[:limit]], following)

    async def statuses(self, room: str, users: Sequence[int]) -> Mapping[int, Status]:
        self._check()
        here = self._cluster.rooms.get(room, {})
        return {user: _person(user, here[user]).status for user in users if user in here}

    async def touch(self, rooms: Collection[str]) -> None:
        """Memory keeps."""

    async def leave(self) -> None:
        if self._lease in self._cluster.leases:
            self._cluster.leases[self._lease] = self._cluster.clock() + HANDOVER_S

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    def _check(self) -> None:
        if self._cluster.settling or (self._born and self._born != self._cluster.born):
            raise Settling


def best(statuses: Collection[Status]) -> Status | None:
    """What a user is shown as, of what their processes show; None for nobody."""
    return max(statuses, key=RANK.__getitem__, default=None)


def _person(user: int, here: _Here) -> Person:
    status = best(here.by.values())
    assert status is not None
    return Person(user, here.name, status)
