"""Shapes of what is answered, for the OpenAPI document alone: the answers themselves are made by `chat.serialize`,
the same for socket, pages and HTTP. A test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.models import Role, Visibility

__all__ = [
    "ChangedAnswer",
    "MemberAnswer",
    "MembersAnswer",
    "MessageAnswer",
    "MessagesAnswer",
    "PostedAnswer",
    "ReportedAnswer",
    "RoomAnswer",
    "RoomRowAnswer",
    "RoomsAnswer",
]

Shape = serializers.Serializer[Any]


class RoomRowAnswer(Shape):
    """A room as one line of a list. `role` is null for a room one could join."""

    slug = serializers.CharField()
    name = serializers.CharField()
    topic = serializers.CharField()
    visibility = serializers.ChoiceField(Visibility.choices)
    archived = serializers.BooleanField()
    last_no = serializers.IntegerField(help_text="`post_no` of the newest post.")
    last_read_no = serializers.IntegerField()
    unread = serializers.IntegerField()
    mentions = serializers.IntegerField()
    role = serializers.ChoiceField(Role.choices, allow_null=True)
    muted_notifications = serializers.BooleanField()
    last_at = serializers.DateTimeField(allow_null=True)


class RoomsAnswer(Shape):
    """Rooms, one's own first, those with the newest posts first."""

    results = RoomRowAnswer(many=True)


class MeInRoom(Shape):
    """What one is in a room. `role` is null for one who only looks in."""

    role = serializers.ChoiceField(Role.choices, allow_null=True)
    muted_until = serializers.DateTimeField(allow_null=True)
    last_read_no = serializers.IntegerField()


class RoomAnswer(Shape):
    """A room."""

    slug = serializers.CharField()
    name = serializers.CharField()
    topic = serializers.CharField()
    visibility = serializers.ChoiceField(Visibility.choices)
    archived = serializers.BooleanField()
    read_only = serializers.BooleanField()  # type: ignore[assignment]  # DRF takes fields off the class
    slow_mode_s = serializers.IntegerField()
    last_seq = serializers.IntegerField()
    last_no = serializers.IntegerField()
    members = serializers.IntegerField(help_text="How many belong to it.")
    me = MeInRoom()


class MemberAnswer(Shape):
    """Somebody who belongs to a room."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    joined_at = serializers.DateTimeField()


class MembersAnswer(Shape):
    """Owners first, then moderators, then members, each by name."""

    results = MemberAnswer(many=True)


class Author(Shape):
    """Who wrote a message."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class MessageAnswer(Shape):
    """A message as it now is. A deleted one keeps its place with `text` null."""

    id = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Of its newest change.")
    posted_seq = serializers.IntegerField(help_text="Of its posting; what `before` and `after` mean.")
    post_no = serializers.IntegerField()
    author = Author()
    text = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    key = serializers.UUIDField()
    reply_to = serializers.IntegerField(allow_null=True)


class MessagesAnswer(Shape):
    """A page of history, newest first. `has_more`: in the direction that was asked for."""

    results = MessageAnswer(many=True)
    has_more = serializers.BooleanField()


class ChangedAnswer(Shape):
    """What a change came to. `duplicate`: its key had done it before."""

    seq = serializers.IntegerField()
    duplicate = serializers.BooleanField()


class PostedAnswer(ChangedAnswer):
    """What a post came to."""

    id = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ReportedAnswer(Shape):
    """What a report came to."""

    duplicate = serializers.BooleanField(help_text="One's earlier report of the message is still open.")
