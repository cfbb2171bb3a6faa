"""One batch on its way through `append`: what was read under the locks, and what is to be written.

Deciding changes only what stands here, so each change of a batch sees what those before it did.
Knows no SQL (load.py, write.py) and no rule (decide.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chat.log.changes import Keyed
from chat.models import Role, Room, Status
from chat.rows import MessageRow
from chat.serialize import room_data
from chat.streams import chat_stream
from realtime.hub import Signal
from realtime.moments import micros
from realtime.protocol.errors import NotFound

__all__ = ["Batch", "Event", "Known", "Member", "ToUser", "User"]


class User(NamedTuple):
    """What deciding needs of an account."""

    name: str
    is_active: bool
    is_staff: bool


@dataclass(slots=True)
class Member:
    """A membership as it stands, and what of it the batch changed. `id` is 0 until it is written.

    posted: `last_read_no` and `last_posted_at` are new. changed_at: set where role or standing is.
    """

    id: int
    room_id: int
    user_id: int
    role: str
    status: str
    last_read_no: int
    last_posted_at: datetime | None
    muted_until: datetime | None
    muted_notifications: bool
    posted: bool = False
    changed_at: datetime | None = None

    @property
    def is_member(self) -> bool:
        return self.status == Status.MEMBER


class Known(NamedTuple):
    """What a key has done. `message` is None where the row was not read."""

    seq: int
    message_id: int
    digest: bytes
    created_at: datetime
    message: MessageRow | None = None


class Event(NamedTuple):
    """One seq of a room's log. data: a MessageRow, or the data of a `room` event as it was at that seq."""

    seq: int
    name: str
    data: MessageRow | dict[str, Any]


class ToUser(NamedTuple):
    """A word to one user's own topic. version: None where a lost one is no loss."""

    user_id: int
    event: str
    data: dict[str, Any]
    version: int | None = None
    signal: Signal | None = None


@dataclass(slots=True)
class Batch:
    """See the module. Dictionaries are keyed by ids; `members` by (room, user), `keys` by (room, author, key).
    What was read comes first (owners: how many a room has), then what is to be written and told.

    started: the exact time; `now` is the same in whole milliseconds, as it is stored and shown.
    """

    started: datetime
    now: datetime
    rooms: dict[int, Room]
    users: dict[int, User] = field(default_factory=dict)
    members: dict[tuple[int, int], Member] = field(default_factory=dict)
    keys: dict[tuple[int, int, uuid.UUID], Known] = field(default_factory=dict)
    messages: dict[int, MessageRow] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)

    posted: list[MessageRow] = field(default_factory=list)
    changed: dict[int, MessageRow] = field(default_factory=dict)
    new_keys: list[tuple[Keyed, int, MessageRow]] = field(default_factory=list)
    events: dict[int, list[Event]] = field(default_factory=dict)
    signals: list[tuple[str, Signal]] = field(default_factory=list)
    to_users: list[ToUser] = field(default_factory=list)
    announced: list[Room] = field(default_factory=list)
    _ticks: int = 0

    def moment(self) -> datetime:
        """The time, a microsecond later at each call: a user's list takes its version from it, so it must grow."""
        self._ticks += 1
        return self.started + timedelta(microseconds=self._ticks)

    def room(self, room_id: int) -> Room:
        """The locked room. Raises NotFound."""
        try:
            return self.rooms[room_id]
        except KeyError:
            raise NotFound from None

    def user(self, user_id: int) -> User:
        """The account. Raises NotFound."""
        try:
            return self.users[user_id]
        except KeyError:
            raise NotFound from None

    def next_seq(self, room: Room) -> int:
        """The next position of the room's log."""
        room.last_seq += 1
        return room.last_seq

    def add_event(self, room: Room, event: Event) -> None:
        self.events.setdefault(room.pk, []).append(event)

    def room_event(self, room: Room) -> int:
        """The room, as it now is, becomes a change of its log. Returns the change's seq."""
        seq = room.state_seq = self.next_seq(room)
        self.add_event(room, Event(seq, "room", room_data(room)))
        return seq

    def access_event(self, room: Room, data: Mapping[str, Any]) -> None:
        """Somebody may have lost a right in the room: consumers look again. data: `user` (None: anybody)."""
        room.access_version += 1
        self.events.setdefault(room.pk, [])
        signal = Signal("access", {**data, "version": room.access_version})
        self.signals.append((chat_stream(room.slug), signal))

    def new_member(self, room: Room, user_id: int, role: Role, status: Status = Status.MEMBER) -> Member:
        """A membership that begins now, with everything so far read. Its row is written with the batch."""
        member = Member(
            id=0,
            room_id=room.pk,
            user_id=user_id,
            role=role,
            status=status,
            last_read_no=room.post_count,
            last_posted_at=None,
            muted_until=None,
            muted_notifications=False,
            changed_at=self.moment(),
        )
        self.members[room.pk, user_id] = member
        return member

    def standing_changed(self, member: Member, role: Role, status: Status) -> None:
        """Write another role or standing with the batch."""
        member.role, member.status = role, status
        member.changed_at = self.moment()

    def tell(self, member: Member, event: str, data: dict[str, Any], signal: Signal | None = None) -> None:
        """Something of the user's own list changed with `member.changed_at`."""
        assert member.changed_at is not None
        self.to_users.append(ToUser(member.user_id, event, data, micros(member.changed_at), signal))
