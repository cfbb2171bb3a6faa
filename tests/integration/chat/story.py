"""A reader of publications: what it was told, and the room as a client that merges events would hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import transaction
from django.test import TestCase

from chat.log import Change, append, latest
from chat.models import Room
from chat.serialize import message_data, room_data
from realtime.hub import Item, Publication, Signal
from realtime.protocol.errors import RealtimeError

__all__ = ["Copy", "Story", "committing", "snapshot_of", "write"]


@contextmanager
def committing() -> Iterator[None]:
    """What is written here tells the world as a commit would, also inside a test's own transaction."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


def write(*changes: Change, at: Any = None) -> list[Any]:
    """Append, and raise the first refusal."""
    with committing(), transaction.atomic():
        results = append(changes, at=at)
    for result in results:
        if isinstance(result, RealtimeError):
            raise result
    return results


class Story:
    """Every publication since it began, in order."""

    def __init__(self) -> None:
        self.told: list[Publication] = []

    def publish(self, publications: Sequence[Publication]) -> None:
        self.told += publications

    def items(self, stream: str) -> list[Item]:
        return [item for told in self.told if told.stream == stream for item in told.items]

    def events(self, stream: str) -> list[tuple[str, Any]]:
        """(event, data) of everything told to a stream."""
        frames = [msgspec.json.decode(item.frame) for item in self.items(stream)]
        return [(frame["event"], frame["data"]) for frame in frames]

    def signals(self, stream: str) -> list[Signal]:
        return [told.signal for told in self.told if told.stream == stream and told.signal is not None]

    def clear(self) -> None:
        self.told.clear()


@dataclass
class Copy:
    """A room as a client holds it: messages by id, the newest state of the room, its position."""

    seq: int
    room: dict[str, Any]
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Merge one event, by the rules of the protocol page."""
        assert item.seq is not None
        if item.seq <= self.seq:
            return
        assert item.follows <= self.seq, "a hole"
        frame = msgspec.json.decode(item.frame)
        data = frame["data"]
        if frame["event"] == "room":
            self.room = {**data, "last_no": max(data["last_no"], self.room["last_no"])}
        else:
            self.messages[data["id"]] = data
            self.room["last_no"] = max(self.room["last_no"], data["post_no"])
        self.seq = item.seq
        self.room["last_seq"] = max(self.room["last_seq"], item.seq)


def snapshot_of(room: Room, limit: int = 1_000) -> Copy:
    """The room as somebody sees it who comes now."""
    found = latest(room.slug, limit)
    assert found is not None
    messages = {row.id: message_data(row) for row in found.messages}
    return Copy(found.room.last_seq, room_data(found.room), messages)
