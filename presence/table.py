"""What the connections of one event loop come to: who is to be shown in which room, and what the store was told of it.

Without I/O: time comes in as an argument, in seconds of a steady clock. A user counts once in a room however many
devices they have there. What changes is gathered by room: `take` gives what is due, `confirm` or `failed` says how
it went.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from presence.roster import Change, Choice, Chosen, Status

__all__ = ["Batch", "Table"]

LEAD_S = 0.05
"""What gathers before the first change of a quiet room is told: people do not come one by one."""
LARGE_TICKS = 10
"""A large room is told as a number, and that is not worth a write to thousands twice a second."""
CHANGES_MAX = 2_000
"""In one batch: after a loss everything is to be said at once, and Redis has others to answer."""
HEARD_MAX = 10_000
"""Choices remembered of users who are not here: one may arrive with what was chosen a moment before."""


class Batch(NamedTuple):
    """What the store is to be told. done_with: rooms in which nobody of ours is left after it."""

    changes: Mapping[str, Sequence[Change]]
    done_with: frozenset[str]


class _Device:
    """One connection: who, whether its user has been away from it, and how often it is subscribed to each room."""

    __slots__ = ("away", "rooms", "user")

    def __init__(self, user: int) -> None:
        self.user = user
        self.away = False
        self.rooms: dict[str, int] = {}


class _Someone:
    """One user of this loop. places: rooms in which something is known of them."""

    __slots__ = ("chosen", "hurried_until", "name", "places")

    def __init__(self, name: str, chosen: Chosen) -> None:
        self.name = name
        self.chosen = chosen
        self.places: set[str] = set()
        self.hurried_until = -inf


class _Place:
    """One user in one room: devices there, those in use among them, and what the store was told, by which name.

    sure: whether the store has said that it knows. gone_at: when their absence counts, once no device is left.
    erase: they have just turned invisible, and no process is to show them any more.
    """

    __slots__ = ("active", "devices", "erase", "gone_at", "name", "sure", "told")

    def __init__(self) -> None:
        self.devices = 0
        self.active = 0
        self.told: Status | None = None
        self.name = ""
        self.sure = True
        self.erase = False
        self.gone_at = 0.0


class Table:
    """See the module. grace_s: how long it is told to nobody that somebody left. large: of a room told as a number."""

    def __init__(self, grace_s: float, tick_s: float, large: Callable[[str], bool]) -> None:
        self._grace_s = grace_s
        self._tick_s = tick_s
        self._large = large
        self._rooms: dict[str, dict[int, _Place]] = {}
        self._people: dict[int, _Someone] = {}
        self._devices: dict[str, _Device] = {}
        self._dirty: dict[str, set[int]] = {}
        self._due: dict[str, float] = {}
        self._next_due = inf  # no later than the earliest of these
        self._told_at: dict[str, float] = {}
        self._graces: deque[tuple[float, str, int]] = deque()
        self._heard: OrderedDict[int, Chosen] = OrderedDict()

    @property
    def rooms(self) -> list[str]:
        """The rooms in which somebody of ours is known."""
        return list(self._rooms)

    @property
    def users(self) -> list[int]:
        """The users of this loop, those in their grace included."""
        return list(self._people)

    @property
    def devices(self) -> int:
        """The connections of this loop whose users are present."""
        return len(self._devices)

    def seen(self, room: str) -> list[int]:
        """Those whom the store shows in the room because of us."""
        return [user for user, place in self._rooms.get(room, {}).items() if place.told is not None]

    # --- what happens -----------------------------------------------------------------------------

    def join(self, room: str, device: str, user: int, name: str, chosen: Chosen, now: float) -> None:
        """A device is subscribed to a room from now on. As often as it joins it has to leave."""
        found = self._devices.get(device)
        if found is None:
            found = self._devices[device] = _Device(user)
        found.rooms[room] = found.rooms.get(room, 0) + 1
        if found.rooms[room] > 1:
            return
        someone = self._people.get(user)
        if someone is None:
            chosen = max(chosen, self._heard.get(user, chosen), key=lambda each: each.at)
            someone = self._people[user] = _Someone(name, chosen)
        someone.places.add(room)
        if someone.name != name:
            someone.name = name
            for place_room in someone.places:
                self._mark(place_room, user, now)
        self.choose(user, chosen, now)
        place = self._rooms.setdefault(room, {}).setdefault(user, _Place())
        place.devices += 1
        place.active += not found.away
        self._mark(room, user, now)

    def leave(self, room: str, device: str, now: float, *, at_once: bool = False) -> None:
        """It is not any more; harmless if it was not. at_once: without grace, for somebody who was shut out."""
        found = self._devices.get(device)
        if found is None or room not in found.rooms:
            return
        found.rooms[room] -= 1
        if found.rooms[room]:
            return
        del found.rooms[room]
        place = self._rooms[room][found.user]
        place.devices -= 1
        place.active -= not found.away
        if not place.devices:
            hurried = at_once or now < self._people[found.user].hurried_until
            place.gone_at = now if hurried else now + self._grace_s
            if not hurried:
                self._graces.append((place.gone_at, room, found.user))
        if not found.rooms:
            del self._devices[device]
        self._mark(room, found.user, now)

    def away(self, device: str, away: bool, now: float) -> None:
        """Its user has not touched the device for long, or touches it again."""
        found = self._devices.get(device)
        if found is None or found.away is away:
            return
        found.away = away
        for room in found.rooms:
            self._rooms[room][found.user].active += -1 if away else 1
            self._mark(room, found.user, now)

    def choose(self, user: int, chosen: Chosen, now: float) -> None:
        """A user chose how all their devices show them; what is older than what is known is nothing new."""
        someone = self._people.get(user)
        if someone is None:
            self._hear(user, chosen)
            return
        if chosen.at <= someone.chosen.at:
            return
        someone.chosen = chosen
        for room in someone.places:
            place = self._rooms.get(room, {}).get(user)
            if place is not None:
                # Turned invisible on another process, they were taken out of the store whatever we had said.
                place.sure, place.erase = False, chosen.choice is Choice.INVISIBLE
            self._mark(room, user, now)

    def hurry(self, user: int, now: float) -> None:
        """The user's access changed: if connections end now, it is no reload."""
        someone = self._people.get(user)
        if someone is not None:
            someone.hurried_until = now + self._grace_s

    # --- what the store is told -------------------------------------------------------------------

    def next_at(self) -> float | None:
        """When there may be something to take; None while nothing happens."""
        at = min(self._next_due, self._graces[0][0] if self._graces else inf)
        return None if at == inf else at

    def take(self, now: float) -> Batch:
        """What is due. Nothing else may be taken before `confirm` or `failed`."""
        while self._graces and self._graces[0][0] <= now:
            _, room, user = self._graces.popleft()
            self._mark(room, user, now)
        if now < self._next_due:
            return Batch({}, frozenset())
        changes: dict[str, list[Change]] = {}
        done_with, count = set(), 0
        for room in [room for room, at in self._due.items() if at <= now]:
            if count >= CHANGES_MAX:
                break  # the others are due when this has been said
            del self._due[room]
            dirty = self._dirty.pop(room)
            some = self._changes(room, [dirty.pop() for _ in range(min(len(dirty), CHANGES_MAX - count))], now)
            count += len(some)
            if dirty:
                self._dirty[room] = dirty
                self._due[room] = now
            if some:
                changes[room] = some
                self._told_at[room] = now
                if not any(place.told is not None for place in self._rooms[room].values()):
                    done_with.add(room)
        self._next_due = min(self._due.values(), default=inf)
        return Batch(changes, frozenset(done_with))

    def confirm(self, batch: Batch) -> None:
        """The store knows it."""
        for room, changes in batch.changes.items():
            places = self._rooms[room]
            for change in changes:
                places[change.user].sure, places[change.user].erase = True, False
                self._forget_if_gone(room, change.user)

    def failed(self, batch: Batch, retry_at: float) -> None:
        """Whether the store knows it is unknown: it is said again."""
        for room, changes in batch.changes.items():
            self._dirty.setdefault(room, set()).update([change.user for change in changes])
            self._set_due(room, max(retry_at, self._due.get(room, retry_at)))

    def forgotten(self, now: float) -> None:
        """The store knows nothing of us any more: everything is to be said again, at once."""
        for room, places in list(self._rooms.items()):
            for user, place in places.items():
                place.sure, place.erase = False, False
                self._dirty.setdefault(room, set()).add(user)
            self._set_due(room, now)

    # --- helpers ----------------------------------------------------------------------------------

    def _mark(self, room: str, user: int, now: float) -> None:
        self._dirty.setdefault(room, set()).add(user)
        if room not in self._due:
            ticks = LARGE_TICKS if self._large(room) else 1
            self._set_due(room, max(now + LEAD_S, self._told_at.get(room, 0.0) + self._tick_s * ticks))

    def _set_due(self, room: str, at: float) -> None:
        self._due[room] = at
        self._next_due = min(self._next_due, at)

    def _hear(self, user: int, chosen: Chosen) -> None:
        if chosen.at >= self._heard.get(user, chosen).at:
            self._heard[user] = chosen
            self._heard.move_to_end(user)
        if len(self._heard) > HEARD_MAX:
            self._heard.popitem(last=False)

    def _changes(self, room: str, users: Sequence[int], now: float) -> list[Change]:
        places, changes = self._rooms.get(room, {}), []
        for user in users:
            place = places.get(user)
            if place is None:
                continue
            someone = self._people[user]
            shown = self._shown(place, someone, now)
            named = shown is None or someone.name == place.name
            if place.sure and shown is place.told and named:
                self._forget_if_gone(room, user, now)
                continue
            place.told, place.name, place.sure = shown, someone.name, False
            changes.append(Change(user, someone.name, shown, place.erase and shown is None))
        return changes

    def _shown(self, place: _Place, someone: _Someone, now: float) -> Status | None:
        if someone.chosen.choice is Choice.INVISIBLE:
            return None
        if not place.devices:
            return place.told if now < place.gone_at else None
        if someone.chosen.choice is Choice.DND:
            return Status.DND
        return Status.ONLINE if place.active else Status.AWAY

    def _forget_if_gone(self, room: str, user: int, now: float = inf) -> None:
        places = self._rooms[room]
        place = places[user]
        if place.devices or place.told is not None or not place.sure or now < place.gone_at:
            return
        del places[user]
        if not places:
            del self._rooms[room]
            self._told_at.pop(room, None)
        someone = self._people[user]
        someone.places.discard(room)
        if not someone.places:
            del self._people[user]
