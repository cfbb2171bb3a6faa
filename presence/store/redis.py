"""Presence in Redis: what several processes share. The steps are scripts (scripts.py); here is what they are given.

Redis keeps nothing that cannot be said again: after a loss every process enters anew and says what it has.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from presence.roster import Change, Diff, Person, Status
from presence.store import scripts
from presence.store.memory import best
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
    StoreAway,
    Top,
)
from realtime.redis import RedisCommands, away_as

__all__ = ["RedisStore"]

LETTERS = {Status.AWAY: "a", Status.ONLINE: "o", Status.DND: "d"}
STATUSES = {letter: status for status, letter in LETTERS.items()}
CHANGES_MAX = 200
"""Of one room in one step: some 2 ms of Redis."""
CLAIM_MS = 5_000
"""How long one process may take for a room of another it reaps, before a third tries."""
TOUCH_MAX = 200
RUN_ID = b"run_id:"
TOPS_MAX = 1_000


class RedisStore:
    """A `Store`. on_open: called whenever there is a new connection, so that what was lost is noticed at once."""

    def __init__(self, url: str, prefix: str, on_open: Callable[[], None] = lambda: None) -> None:
        self._redis = RedisCommands(url, "chorus-presence", self._opened)
        self._redis.stay()
        self._on_open = on_open
        self._base = f"{prefix}:presence"
        self._prefix = ""
        self._lease = ""
        self._born = ""
        self._since = self._seen = 0

    async def enter(self) -> None:
        await self._meet()
        lease = uuid.uuid4().hex
        keys = self._keys("born", "settling", "rooms", "leases")
        with away_as(StoreAway):
            found: Any = await self._redis.script(
                scripts.ENTER, keys, (lease, _ms(LEASE_S), self._born, uuid.uuid4().hex, _ms(SETTLE_S))
            )
        self._lease, self._born = lease, found[0].decode()
        self._since = self._seen = int(found[1])

    async def tick(self, *, renew: bool) -> Sequence[Dead]:
        await self._meet()
        arguments = (self._lease, _ms(LEASE_S), int(renew), self._since, self._seen, _ms(CONTACT_S))
        with away_as(StoreAway):
            found: Any = await self._redis.script(
                scripts.TICK, self._keys("leases", "dead", "born", "rooms"), arguments
            )
        if not found[0]:
            raise LeaseLost
        self._seen, self._since = int(found[1]), int(found[2])
        dead = found[3]
        return [Dead(dead[at].decode(), (self._seen - float(dead[at + 1])) / 1000) for at in range(0, len(dead), 2)]

    async def reap(self, dead: str) -> Sequence[Diff]:
        await self._meet()
        diffs: list[Diff] = []
        with away_as(StoreAway):
            members: Any = await self._redis.run("SMEMBERS", self._key(f"of:{dead}"))
            claim = ("SET", self._key(f"claim:{dead}"), self._lease, "PX", CLAIM_MS)
            if await self._redis.run(*claim, "NX") is None:
                return []
            for room in [member.decode() for member in members]:
                await self._redis.run(*claim)
                diffs += await self._reap_room(room, dead)
            await self._redis.script(scripts.REAPED, self._keys("dead", f"of:{dead}"), (dead,))
        return diffs

    async def apply(self, changes: Mapping[str, Sequence[Change]], done_with: Collection[str]) -> Sequence[Diff]:
        await self._meet()
        calls, rooms = [], []
        for room, some in changes.items():
            keys = self._keys(f"in:{room}", "rooms", "settling", f"of:{self._lease}", "leases")
            parts = list(_parts(some))
            for part in parts:
                words = [word for change in part for word in _words(change)]
                # With the last part alone: whoever reaps us in between has to find the room.
                done = room in done_with and part is parts[-1]
                calls.append((keys, (room, self._lease, int(done), *words)))
                rooms.append(room)
        with away_as(StoreAway):
            answers = await self._redis.scripts(scripts.APPLY, calls)
        if b"lost" in answers:
            raise LeaseLost
        found = (_diff(room, answer) for room, answer in zip(rooms, answers, strict=True))
        return [diff for diff in found if diff is not None]

    async def state(self, room: str, limit: int) -> RoomState:
        await self._meet()
        keys = self._keys("born", "settling", f"in:{room}", "rooms")
        with away_as(StoreAway):
            found: Any = await self._redis.script(scripts.STATE, keys, (self._born, room, limit))
        if found is None:
            raise Settling
        people = tuple(_people(found[2])) if len(found) > 2 else None
        return RoomState(int(found[0]), int(found[1]), people)

    async def tops(self, rooms: Sequence[str]) -> Mapping[str, Top]:
        await self._meet()
        tops: dict[str, Top] = {}
        for start in range(0, len(rooms), TOPS_MAX):
            some = rooms[start : start + TOPS_MAX]
            keys = self._keys("born", "settling", "rooms", *(f"in:{room}" for room in some))
            with away_as(StoreAway):
                found: Any = await self._redis.script(scripts.TOPS, keys, (self._born, *some))
            if found is None:
                raise Settling
            for room, value in zip(some, found, strict=True):
                version, _, count = value.partition(b":")
                tops[room] = Top(int(version), int(count))
        return tops

    async def page(self, room: str, after: int, limit: int) -> Page:
        await self._check()
        with away_as(StoreAway):
            everybody: Any = await self._redis.run("HKEYS", self._key(f"in:{room}"))
            users = sorted(user for user in map(int, everybody) if user > after)
            some = users[:limit]
            values: Any = await self._redis.run("HMGET", self._key(f"in:{room}"), *some) if some else []
        people = [_person(user, value) for user, value in zip(some, values, strict=True) if value is not None]
        # By the last one that was asked for: somebody may have left since.
        return Page(people, some[-1] if len(users) > limit else None)

    async def statuses(self, room: str, users: Sequence[int]) -> Mapping[int, Status]:
        if not users:
            return {}
        await self._check()
        with away_as(StoreAway):
            values: Any = await self._redis.run("HMGET", self._key(f"in:{room}"), *users)
        return {
            user: _person(user, value).status for user, value in zip(users, values, strict=True) if value is not None
        }

    async def touch(self, rooms: Collection[str]) -> None:
        await self._meet()
        keys = [(self._key(f"of:{self._lease}"), scripts.KEPT_MS * 2)]
        keys += [(self._key(f"in:{room}"), scripts.KEPT_MS) for room in rooms]
        for start in range(0, len(keys), TOUCH_MAX):
            with away_as(StoreAway):
                await self._redis.many([("PEXPIRE", *each) for each in keys[start : start + TOUCH_MAX]])

    async def leave(self) -> None:
        await self._meet()
        with away_as(StoreAway):
            await self._redis.script(scripts.LEAVE, self._keys("leases"), (self._lease, _ms(HANDOVER_S)))

    async def aclose(self) -> None:
        await self._redis.close()

    async def _reap_room(self, room: str, dead: str) -> list[Diff]:
        keys = self._keys(f"in:{room}", "rooms", "settling", f"of:{dead}")
        diffs, cursor = [], b""
        while cursor != b"0":
            found: Any = await self._redis.script(scripts.REAP, keys, (room, dead, cursor or b"0"))
            cursor, answer = found
            if (diff := _diff(room, answer)) is not None:
                diffs.append(diff)
        return diffs

    def _opened(self) -> None:
        self._prefix = ""  # it may be another Redis than before
        self._on_open()

    async def _meet(self) -> None:
        """Know which run of Redis this is; its keys are named after it."""
        if self._prefix:
            return
        with away_as(StoreAway):
            info: Any = await self._redis.run("INFO", "server")
        found = [line[len(RUN_ID) :] for line in info.split(b"\r\n") if line.startswith(RUN_ID)]
        self._prefix = f"{self._base}:{found[0].decode()[:12] if found else 'one'}"

    async def _check(self) -> None:
        """Raises Settling where what is read now would be a part of the whole."""
        await self._meet()
        with away_as(StoreAway):
            if not await self._redis.script(scripts.WHOLE, self._keys("born", "settling"), (self._born,)):
                raise Settling

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _keys(self, *names: str) -> list[str]:
        return [self._key(name) for name in names]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    remaining = iter(changes)
    while part := list(islice(remaining, CHANGES_MAX)):
        yield part


def _words(change: Change) -> tuple[int, str, str]:
    # A line of the value ends where a name does not go on.
    said = "-" if change.erase else "" if change.status is None else LETTERS[change.status]
    return change.user, change.name.replace("\n", " "), said


def _diff(room: str, answer: Any) -> Diff | None:
    if not answer:
        return None
    version, before, count = int(answer[0]), int(answer[1]), int(answer[2])
    came: list[Person] = []
    changed: list[Person] = []
    left: list[int] = []
    told = answer[3]
    for at in range(0, len(told), 4):
        user, name, was, now = int(told[at]), told[at + 1].decode(), told[at + 2], told[at + 3].decode()
        if not now:
            left.append(user)
        else:
            (changed if was else came).append(Person(user, name, STATUSES[now]))
    return Diff(room, version - 1, version, before, count, tuple(came), tuple(changed), tuple(left))


def _people(pairs: Sequence[bytes]) -> Iterator[Person]:
    for at in range(0, len(pairs), 2):
        yield _person(int(pairs[at]), pairs[at + 1])


def _person(user: int, value: bytes) -> Person:
    name, *entries = value.decode().split("\n")
    status = best([STATUSES[entry[-1]] for entry in entries if entry])
    assert status is not None
    return Person(user, name, status)
