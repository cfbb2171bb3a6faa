"""A message as it now is, and the unread mentions it made.

A message is one row that changes: posting, editing and deleting each raise the room's seq and stamp the
row with it. So "what changed after seq N" is one range of one index, however long ago N was.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from chat.models.membership import Membership
from chat.models.room import Room

__all__ = ["TEXT_MAX", "Mention", "Message"]

TEXT_MAX = 4_000


class Message(models.Model):
    """One message. No row ever goes; a deleted one keeps its place without its text.

    seq: of its newest change. posted_seq: of its posting; the order people see. post_no: dense per room.
    key: the idempotency key it was posted with, by which its author's browser knows it again.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages")
    seq = models.PositiveBigIntegerField()
    posted_seq = models.PositiveBigIntegerField()
    post_no = models.PositiveBigIntegerField()
    # Null where deleted: an erased text must not be found by looking closer.
    text = models.TextField(null=True)  # noqa: DJ001 - the empty string is no text a message can have
    key = models.UUIDField()
    reply_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="replies"
    )
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["room", "posted_seq"]
        constraints: ClassVar = [
            # The three are the indexes of "changed after", of history in both directions, and of post_no.
            models.UniqueConstraint(fields=["room", "seq"], name="a_seq_is_used_once_in_a_room"),
            models.UniqueConstraint(fields=["room", "posted_seq"], name="a_room_posts_one_message_at_a_time"),
            models.UniqueConstraint(fields=["room", "post_no"], name="a_post_no_is_used_once_in_a_room"),
            models.CheckConstraint(condition=Q(seq__gte=F("posted_seq")), name="no_change_is_older_than_the_post"),
            models.CheckConstraint(condition=Q(posted_seq__gte=F("post_no")), name="posts_are_counted_within_the_log"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True, text__isnull=False)
                | Q(deleted_at__isnull=False, text__isnull=True),
                name="only_a_deleted_message_has_no_text",
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("text"), 1) & LessThanOrEqual(Length("text"), TEXT_MAX),
                name="a_text_has_1_to_4000_characters",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reply_to"], name="replies_to_a_message", condition=Q(reply_to__isnull=False)),
            # Of deleted messages alone: what was deleted lately, at no cost to a post.
            models.Index(fields=["deleted_at"], name="messages_deleted_lately", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Mention(models.Model):
    """Somebody was named in a message they have not read yet. The row goes when they have."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    post_no = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "post_no"], name="a_member_is_mentioned_once_in_a_message"),
        ]

    def __str__(self) -> str:
        return f"mention of {self.membership_id} in {self.message_id}"
