"""What can be asked of a room's log, and what comes of it. Plain values; they know no database.

A change that exists is well formed (its text can be a message); whether it may happen is decided under the
room's lock. `key` is the client's idempotency key: the same intent, sent again, gets the first result.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from chat.models import KEY_DIGEST_BYTES, Role
from chat.texts import check_text

__all__ = [
    "Change",
    "Changed",
    "Delete",
    "Edit",
    "Join",
    "Keyed",
    "Leave",
    "Outcome",
    "Post",
    "Posted",
    "Restrict",
    "SetRole",
    "SetRoom",
    "Unkeyed",
]


class Posted(msgspec.Struct, frozen=True, gc=False):
    """A post's result, and the reply to it. duplicate: the key had done this before."""

    id: int
    seq: int
    created_at: str
    duplicate: bool = False


class Changed(msgspec.Struct, frozen=True, gc=False):
    """Any other change's result. What changes nothing has the seq that already says so."""

    seq: int
    duplicate: bool = False


Outcome = Posted | Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A new message. Posting in a public room joins it."""

    kind: ClassVar[str] = "post"
    room_id: int
    author_id: int
    text: str
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    reply_to: int | None = None

    def __post_init__(self) -> None:
        check_text(self.text)

    def digest(self) -> bytes:
        """What the key stands for."""
        return _digest(self.kind, self.text, self.reply_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Another text for one's own message."""

    kind: ClassVar[str] = "edit"
    room_id: int
    author_id: int
    message_id: int
    text: str
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    def __post_init__(self) -> None:
        check_text(self.text)

    def digest(self) -> bytes:
        """What the key stands for."""
        return _digest(self.kind, self.message_id, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Take a message's text away: one's own, or as a moderator anybody's. as_system: nobody is asked."""

    kind: ClassVar[str] = "delete"
    room_id: int
    author_id: int
    message_id: int
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    as_system: bool = False

    def digest(self) -> bytes:
        """What the key stands for."""
        return _digest(self.kind, self.message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Belong to a room. by: the member who invites. as_system: nobody is asked, only the room's size counts.

    over_limit: not even that (rooms made for load tests).
    """

    room_id: int
    user_id: int
    by: int | None = None
    role: Role = Role.MEMBER
    as_system: bool = False
    over_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Belong to a room no longer. as_system: even the last owner goes (the account is deleted)."""

    room_id: int
    user_id: int
    as_system: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRole:
    """Another role for a member. by: the owner who gives it; None is the system."""

    room_id: int
    user_id: int
    role: Role
    by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoom:
    """New values for fields of the room. by: the owner or moderator who asks; None is the system."""

    room_id: int
    values: Mapping[str, Any]
    by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrict:
    """What a user may not do in the room from now on, the whole of it: write (until when), be here at all.

    by: the moderator who says so; None is the system.
    """

    room_id: int
    user_id: int
    muted_until: datetime | None = None
    banned: bool = False
    by: int | None = None


Keyed = Post | Edit | Delete
Unkeyed = Join | Leave | Restrict | SetRole | SetRoom
Change = Keyed | Unkeyed


def _digest(*content: str | int | None) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=KEY_DIGEST_BYTES).digest()
