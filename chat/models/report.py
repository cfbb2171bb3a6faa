"""What somebody has asked staff to look at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models.message import Message

__all__ = ["NOTE_MAX", "Reason", "Report", "Verdict"]

NOTE_MAX = 500


class Reason(models.TextChoices):
    """Why a message was reported."""

    SPAM = "spam", "spam"
    ABUSE = "abuse", "abuse or harassment"
    OTHER = "other", "something else"


class Verdict(models.TextChoices):
    """What came of a report."""

    OPEN = "open", "open"
    DELETED = "deleted", "message deleted"
    DISMISSED = "dismissed", "dismissed"


class Report(models.Model):
    """One user's report of one message. Written by `chat.services.reports` alone.

    text: as it was when it was reported, for its author may edit or delete it since. It goes when the report is
    closed: an erased text must not be found for ever by looking closer.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports_made", db_index=False
    )
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.CharField(max_length=NOTE_MAX, blank=True, default="", help_text="What the reporter says of it.")
    text = models.TextField(null=True)  # noqa: DJ001 - the empty string is no text a message can have
    reported_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )

    class Meta:
        constraints: ClassVar = [
            # Also the index of a message's reports, while somebody has to look at them.
            models.UniqueConstraint(
                fields=["message", "reporter"],
                condition=Q(closed_at__isnull=True),
                name="a_message_has_one_open_report_of_a_user",
            ),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="a_reason_is_one_of_the_known"),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.OPEN, closed_at__isnull=True, text__isnull=False)
                | Q(
                    verdict__in=[Verdict.DELETED, Verdict.DISMISSED],
                    closed_at__isnull=False,
                    text__isnull=True,
                    note="",
                ),
                name="only_an_open_report_keeps_what_was_said",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reported_at"], name="reports_open_by_age", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["reporter", "reported_at"], name="reports_of_a_user"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of message {self.message_id}"
