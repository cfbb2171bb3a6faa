"""What clients send to chat's topics, as typed structs. Unknown fields are refused by name."""

from __future__ import annotations

from typing import Annotated

import msgspec

from realtime.protocol.frames import ID_MAX

__all__ = ["MessageDelete", "MessageEdit", "MessagePost", "Read", "Typing"]

Id = Annotated[int, msgspec.Meta(ge=1, le=ID_MAX)]


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    pass


class MessagePost(_Payload, frozen=True):
    """`message.post`: say something, maybe in reply to a message of the room."""

    text: str
    reply_to: Id | None = None


class MessageEdit(_Payload, frozen=True):
    """`message.edit`: another text for one's own message."""

    id: Id
    text: str


class MessageDelete(_Payload, frozen=True):
    """`message.delete`: take a message's text away."""

    id: Id


class Read(_Payload, frozen=True):
    """`read`: everything up to this post_no is read."""

    no: Annotated[int, msgspec.Meta(ge=0, le=ID_MAX)]


class Typing(_Payload, frozen=True):
    """`typing`: whether the user is writing something."""

    active: bool
