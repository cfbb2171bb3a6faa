"""A room: what people see of it, and how far its log has come."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

__all__ = ["NAME_MAX", "SLOW_MODE_MAX_S", "SLUG_MAX", "TOPIC_MAX", "Room", "Visibility", "new_epoch"]

SLUG_MAX = 64
NAME_MAX = 80
TOPIC_MAX = 250
SLOW_MODE_MAX_S = 86_400


def new_epoch() -> str:
    """A name for a log that no log had before."""
    return secrets.token_hex(8)


class Visibility(models.TextChoices):
    """Who may know of a room."""

    PUBLIC = "public", "public"
    PRIVATE = "private", "private"


class Room(models.Model):
    """A room and the counters of its log. Whoever writes the log holds this row's lock.

    epoch: names the log; changes only when it is replaced. last_seq: its newest seq. state_seq: the seq of
    the newest `room` event. post_count: posts so far, the newest `post_no`. member_count: how many belong to it.
    access_version: raised whenever somebody may lose the right to see the room.
    announced_version, announced_at: what the room lists of its members last heard of it, and when.
    """

    slug = models.CharField(max_length=SLUG_MAX, unique=True)
    name = models.CharField(max_length=NAME_MAX)
    topic = models.CharField(max_length=TOPIC_MAX, blank=True, default="")
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.PUBLIC)
    archived = models.BooleanField(default=False)
    read_only = models.BooleanField(default=False, help_text="Only owners and moderators may post.")
    slow_mode_s = models.PositiveIntegerField(
        "slow mode", default=0, help_text="Seconds a member waits between two posts; 0 is off."
    )

    epoch = models.CharField(max_length=32, default=new_epoch, editable=False)
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    state_seq = models.PositiveBigIntegerField(default=0, editable=False)
    post_count = models.PositiveBigIntegerField(default=0, editable=False)
    member_count = models.PositiveIntegerField(default=0, editable=False)
    access_version = models.PositiveBigIntegerField(default=1, editable=False)
    last_at = models.DateTimeField("last post", null=True, editable=False)
    last_author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    announced_version = models.PositiveBigIntegerField(default=0, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["slug"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(slug=Lower("slug")), name="a_slug_is_lower_case"),
            models.CheckConstraint(condition=~Q(slug="") & ~Q(name=""), name="a_room_has_a_slug_and_a_name"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="a_room_is_public_or_private"),
            models.CheckConstraint(
                condition=Q(last_seq__gte=F("state_seq")), name="no_room_event_is_newer_than_its_log"
            ),
            models.CheckConstraint(condition=Q(last_seq__gte=F("post_count")), name="every_post_has_a_seq_of_its_own"),
            models.CheckConstraint(condition=Q(slow_mode_s__lte=SLOW_MODE_MAX_S), name="slow_mode_lasts_a_day_at_most"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_public(self) -> bool:
        """Whether any authenticated user may see it."""
        return self.visibility == Visibility.PUBLIC

    @property
    def version(self) -> int:
        """Grows whenever what a room list shows of this room changes: with posts and with `room` events."""
        return self.post_count + self.state_seq
