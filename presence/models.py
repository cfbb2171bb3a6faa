"""What is kept of a user's presence beyond the moment: what they chose, and when they were last seen.

Who is here now stands in no table. Written by `presence.services`; nobody else writes here.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from presence.roster import Choice

__all__ = ["PresenceRecord"]


class PresenceRecord(models.Model):
    """One row for each user who ever was here or chose something.

    chosen_at grows with each choice: processes that missed the word of one find it by this. last_seen_at: when their
    last connection ended, or some minutes before now; not written while they are invisible.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="presence_record"
    )
    choice = models.CharField(
        max_length=9, choices=[(each.value, each.value) for each in Choice], default=Choice.AUTO.value
    )
    chosen_at = models.DateTimeField(null=True, db_index=True)
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "presence record"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(choice__in=[each.value for each in Choice]), name="presence_choice_is_one_of_the_choices"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id}: {self.choice}"
