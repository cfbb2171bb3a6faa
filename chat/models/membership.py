"""One user in one room: role, standing, and how far they have read."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models.room import Room

__all__ = ["Membership", "Role", "Status"]


class Role(models.TextChoices):
    """What a member may do. In falling order of rights."""

    OWNER = "owner", "owner"
    MODERATOR = "moderator", "moderator"
    MEMBER = "member", "member"


class Status(models.TextChoices):
    """Whether the user belongs to the room. The row of one who left stays: a mute must outlive a rejoin."""

    MEMBER = "member", "member"
    LEFT = "left", "left"
    BANNED = "banned", "banned"


class Membership(models.Model):
    """See the module. Written under the room's lock, but for `last_read_no` (own row only, never backwards).

    last_read_no: the post_no up to which everything is read. last_posted_at: for slow mode.
    joined_at: the first time. changed_at: when standing or role last changed; the version of the user's own list.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.MEMBER)
    last_read_no = models.PositiveBigIntegerField(default=0)
    last_posted_at = models.DateTimeField(null=True, blank=True)
    muted_until = models.DateTimeField(null=True, blank=True, help_text="May read and not write until then.")
    muted_notifications = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            # Also the index of a room's member list.
            models.UniqueConstraint(fields=["room", "user"], name="a_user_is_in_a_room_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="a_role_is_one_of_the_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="a_standing_is_one_of_the_known"),
            models.CheckConstraint(
                condition=Q(status=Status.MEMBER) | Q(role=Role.MEMBER), name="only_members_hold_a_role"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "status"], name="rooms_of_a_user"),
            models.Index(fields=["changed_at"], name="memberships_changed_lately"),
            # The few that moderation is about. Reading and posting change neither column, so they cost them nothing.
            models.Index(fields=["muted_until"], name="members_muted", condition=Q(muted_until__isnull=False)),
            models.Index(fields=["changed_at"], name="members_banned", condition=Q(status=Status.BANNED)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"

    @property
    def is_member(self) -> bool:
        """Whether the user belongs to the room now."""
        return self.status == Status.MEMBER
