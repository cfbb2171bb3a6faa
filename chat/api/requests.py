"""Shapes of what is asked. Rules of content (a text's length, a slug's letters) are the services' and stand there."""

from __future__ import annotations

from rest_framework import serializers

from chat.models import NOTE_MAX, Reason, Visibility
from chat.models.room import SLOW_MODE_MAX_S
from chat.selectors import HISTORY_MAX
from realtime.http import KeyField, StrictSerializer, StringField
from realtime.protocol.frames import ID_MAX

__all__ = [
    "HistoryQuery",
    "InviteRequest",
    "MessageEditRequest",
    "MessagePostRequest",
    "ReportRequest",
    "RoomChangeRequest",
    "RoomCreateRequest",
    "RoomsQuery",
]


class RoomsQuery(StrictSerializer):
    """`?search=` part of a name or slug; `?joined=true` leaves out the rooms one could join."""

    search = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    joined = serializers.BooleanField(required=False, default=False)


class RoomCreateRequest(StrictSerializer):
    """A new room; its maker owns it."""

    slug = StringField(allow_blank=True, help_text="a-z, 0-9, - and _, up to 64. Names the room for good.")
    name = StringField(allow_blank=True)
    topic = StringField(required=False, allow_blank=True, default="")
    visibility = serializers.ChoiceField(Visibility.choices, required=False, default=Visibility.PUBLIC)
    read_only = serializers.BooleanField(required=False, default=False)  # type: ignore[assignment]  # DRF takes fields off the class
    slow_mode_s = serializers.IntegerField(required=False, default=0, min_value=0, max_value=SLOW_MODE_MAX_S)


class RoomChangeRequest(StrictSerializer):
    """What is to change; what is left out stays."""

    name = StringField(required=False, allow_blank=True)
    topic = StringField(required=False, allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]  # DRF takes fields off the class
    slow_mode_s = serializers.IntegerField(required=False, min_value=0, max_value=SLOW_MODE_MAX_S)
    archived = serializers.BooleanField(required=False)


class InviteRequest(StrictSerializer):
    """Who is to belong to the room."""

    username = StringField(max_length=150)


class HistoryQuery(StrictSerializer):
    """Where in the history. `before` and `after` are a message's `posted_seq`, `around` is its id."""

    before = serializers.IntegerField(required=False, min_value=0, max_value=ID_MAX)
    after = serializers.IntegerField(required=False, min_value=0, max_value=ID_MAX)
    around = serializers.IntegerField(required=False, min_value=1, max_value=ID_MAX)
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=HISTORY_MAX)


class MessagePostRequest(StrictSerializer):
    """A message. The same `key` again gives the first result; without one the request cannot be repeated safely."""

    text = StringField(allow_blank=True, help_text="1 to 4,000 characters, kept as they are.")
    key = KeyField(required=False)
    reply_to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=ID_MAX)


class MessageEditRequest(StrictSerializer):
    """Another text."""

    text = StringField(allow_blank=True, help_text="1 to 4,000 characters, kept as they are.")
    key = KeyField(required=False)


class ReportRequest(StrictSerializer):
    """Why staff should look at a message."""

    reason = serializers.ChoiceField(Reason.choices)
    note = StringField(required=False, allow_blank=True, default="", help_text=f"Up to {NOTE_MAX} characters.")
