"""A room as its events tell it: pure, and the same rule as the browser's (static/realtime/merge.js).

A message event is the message as it now is, so the newest seq of an id wins, whatever the order or
number of arrivals. Page: docs/reference/protocol.md, "chat/<slug>".
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import msgspec

from realtime.client.subscription import SNAPSHOT, Received

__all__ = ["Message", "RoomState"]

# The wire's own object, with all its fields; see the page.
Message = Mapping[str, Any]


class RoomState(msgspec.Struct, frozen=True):
    """What is known of a room. Every method answers with another state, or this one if nothing changed."""

    room: Mapping[str, Any] | None = None
    room_seq: int = 0  # as of which `room` is known
    me: Mapping[str, Any] | None = None
    seq: int = 0  # the highest seen
    last_no: int = 0  # the highest post_no known of
    by_id: Mapping[int, Message] = {}

    @property
    def messages(self) -> list[Message]:
        """In the order of the room: by posted_seq."""
        return sorted(self.by_id.values(), key=lambda message: message["posted_seq"])

    def apply(self, received: Received) -> "RoomState":
        """The state after one thing that a subscription passed on. Other events change nothing."""
        if received.event == SNAPSHOT:
            return self.of(received.data, received.seq or 0)
        if received.event == "message":
            return self.with_messages([received.data], seq=received.seq or 0)
        if received.event == "room" and received.seq is not None:
            return self._with_room(received.data, received.seq)
        return self

    @classmethod
    def of(cls, snapshot: Mapping[str, Any], seq: int) -> Self:
        """What a chat topic's snapshot says."""
        room = snapshot["room"]
        by_id = {message["id"]: message for message in snapshot["messages"]}
        last_no = max([room["last_no"], *(message["post_no"] for message in by_id.values())])
        return cls(room, seq, snapshot["me"], seq, last_no, by_id)

    def with_messages(self, messages: Iterable[Message], *, seq: int = 0) -> "RoomState":
        """The state with messages of an event, or of a page of history."""
        newer: dict[int, Message] = {}
        for message in messages:
            held = newer.get(message["id"]) or self.by_id.get(message["id"])
            if held is None or message["seq"] > held["seq"]:
                newer[message["id"]] = message
        seq = max(seq, self.seq)
        if not newer and seq == self.seq:
            return self
        last_no = max(self.last_no, *(message["post_no"] for message in newer.values()), 0)
        return RoomState(self.room, self.room_seq, self.me, seq, last_no, {**self.by_id, **newer})

    def _with_room(self, room: Mapping[str, Any], seq: int) -> "RoomState":
        if seq <= self.room_seq:
            return self
        last_no = max(self.last_no, room["last_no"])
        return RoomState(room, seq, self.me, max(self.seq, seq), last_no, self.by_id)
