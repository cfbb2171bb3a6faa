"""The words of presence, and how a reader keeps a roster: a pure merge, the same as static/presence/roster.js.

*snapshot + diffs = fresh snapshot*, whatever came and went in between; tests/unit/presence holds it as a property.
Imports nothing of the engine. Page: docs/reference/protocol.md, "presence/<room>".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

__all__ = ["Change", "Choice", "Chosen", "Diff", "Person", "Roster", "Status", "merge"]


class Status(StrEnum):
    """How somebody who is here is shown. Who is offline is not in the roster."""

    ONLINE = "online"
    AWAY = "away"
    DND = "dnd"


class Choice(StrEnum):
    """What a user chose for all their devices. AUTO: online, or away where every device is."""

    AUTO = "auto"
    DND = "dnd"
    INVISIBLE = "invisible"


class Person(NamedTuple):
    """Somebody in a room."""

    id: int
    name: str
    status: Status

    def data(self) -> dict[str, Any]:
        """As on the wire."""
        return {"id": self.id, "name": self.name, "status": self.status.value}


class Chosen(NamedTuple):
    """A choice, and when it was made: in microseconds since 1970; 0 for who never chose."""

    choice: Choice = Choice.AUTO
    at: int = 0


class Change(NamedTuple):
    """What one process says of one user in one room. status: None where none of its connections shows them.

    erase: with None, they are shown by no process any more, whatever another one has said.
    """

    user: int
    name: str
    status: Status | None
    erase: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change came to in one room, over all processes; given to the one whose change it was.

    prev, version: it takes the room from the one to the other. before, count: how many were there, and are.
    came: in the room since, for any of all processes. changed: there before, with another status or name. left: ids.
    """

    room: str
    prev: int
    version: int
    before: int
    count: int
    came: tuple[Person, ...] = ()
    changed: tuple[Person, ...] = ()
    left: tuple[int, ...] = ()

    def data(self) -> dict[str, Any]:
        """As event `diff` tells it."""
        users = [person.data() for person in (*self.came, *self.changed)]
        return {"users": users, "left": list(self.left), "count": self.count}


@dataclass(frozen=True, slots=True)
class Roster:
    """What a reader knows of a room. users: by id, as on the wire; None where the room is told as a number."""

    count: int
    users: Mapping[int, Mapping[str, Any]] | None


def merge(roster: Roster | None, event: str, data: Mapping[str, Any]) -> Roster:
    """The roster after `event` (`snapshot` or `diff`). Takes a diff twice, and one of who is gone already, calmly."""
    if event == "snapshot" or roster is None:
        listed = data["users"] if event == "snapshot" else None
        return Roster(data["count"], None if listed is None else {user["id"]: user for user in listed})
    if roster.users is None or "users" not in data:
        return Roster(data["count"], None)
    users = {id: user for id, user in roster.users.items() if id not in set(data["left"])}
    users |= {user["id"]: user for user in data["users"]}
    return Roster(data["count"], users)
