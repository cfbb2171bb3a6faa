"""Shapes of what is asked and answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from presence.roster import Choice, Status
from realtime.http import StrictSerializer
from realtime.protocol.frames import ID_MAX

__all__ = ["USERS_MAX", "PeopleAnswer", "PeopleQuery", "RoomPresenceAnswer", "RoomPresenceQuery"]

USERS_MAX = 200
LIMIT_MAX = 500

Shape = serializers.Serializer[Any]
STATUSES = [status.value for status in Status]


class RoomPresenceQuery(StrictSerializer):
    """A page of those who are in a room: ids above `after`."""

    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=ID_MAX)
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=LIMIT_MAX)


class UserIdsField(serializers.Field[list[int], str, list[int], Any]):
    """`1,2,3`, at most 200 different ones."""

    default_error_messages = {"ids": f"Give 1 to {USERS_MAX} ids of users, like 3,14,15."}

    def to_internal_value(self, data: Any) -> list[int]:
        words = data.split(",") if isinstance(data, str) else []
        if not words or len(words) > USERS_MAX or not all(w.isascii() and w.isdigit() and len(w) < 16 for w in words):
            self.fail("ids")
        return list(dict.fromkeys(map(int, words)))

    def to_representation(self, value: list[int]) -> list[int]:
        return value


class PeopleQuery(StrictSerializer):
    """Some users, by id."""

    users = UserIdsField()


class Here(Shape):
    """Somebody in a room."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)


class RoomPresenceAnswer(Shape):
    """Who is in a room, by id. `next`: what `after` is for the following page; null on the last one."""

    count = serializers.IntegerField(help_text="How many are in the room, on whatever page.")
    results = Here(many=True)
    next = serializers.IntegerField(allow_null=True)


class SeenSomeone(Shape):
    """A user one may know of. `status` is `offline` also for who is invisible."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField([*STATUSES, "offline"])
    last_seen_at = serializers.DateTimeField(allow_null=True, help_text="Null for who is here, or was never seen.")


class PeopleAnswer(Shape):
    """Those of the users whom one may know of; the others are left out."""

    results = SeenSomeone(many=True)
    choice = serializers.ChoiceField([each.value for each in Choice], help_text="What one chose oneself.")
