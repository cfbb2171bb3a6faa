"""What waits for moderators and what they have done: open reports, who is muted or banned, deletions, the admin's log.

Each query runs along an index that holds nothing but what it asks for. Never shows a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.utils import timezone

from chat.models import Membership, Message, MessageKey, Report, Status
from dashboard.fields import above, counts, number, table, text, time
from dashboard.source import Source

__all__ = ["ModerationSource"]

SHOWN = 10
REPORT_WAITS_H = 24.0
"""A report that is open for so long is one that was forgotten."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_HOUR_MS = 3_600_000
DELETIONS_MAX = 1_000
"""Of so many deletions, the newest, it is looked up whose they were."""
ENTRIES_MAX = 1_000
"""Of so many entries of the admin's log, which has no index by time, those of the past hour are counted."""


class ReportLine(msgspec.Struct):
    """One report nobody has looked at. What was said stands in the admin."""

    at: Annotated[int, time("Reported")]
    room: Annotated[str, text("Room")]
    whom: Annotated[str, text("Message of")]
    reason: Annotated[str, text("Reason")]
    who: Annotated[str, text("Reported by")]


class MutedLine(msgspec.Struct):
    """One who may not write in a room for now."""

    who: Annotated[str, text("Who")]
    room: Annotated[str, text("Room")]
    until: Annotated[int, time("Until")]


class ActionLine(msgspec.Struct):
    """One change made in the admin."""

    at: Annotated[int, time("When")]
    who: Annotated[str, text("Who")]
    what: Annotated[str, text("What")]
    whom: Annotated[str, text("Of")]


class Moderation(msgspec.Struct):
    """Mutes and bans are counted by room: one person in two rooms is two. Reports by reporter: so is one message."""

    reports_open: Annotated[
        int,
        number(
            "Open reports", help="What users have reported and nobody has looked at.", chart="reports", better="low"
        ),
    ]
    oldest_report_h: Annotated[
        float | None,
        number("Oldest report", unit="h", decimals=1, better="low", limits=[above(REPORT_WAITS_H)]),
    ]
    muted: Annotated[int, number("Muted now", chart="restricted")]
    banned: Annotated[int, number("Banned now", chart="restricted")]
    deleted_hour: Annotated[
        int,
        number("Deleted, past hour", help="Messages that somebody else than their author deleted.", chart="deleted"),
    ]
    deleted_day: Annotated[
        int, number("Deleted, past day", help="Of the newest 1,000 deletions.", chart="deleted", tile=False)
    ]
    actions_hour: Annotated[
        int, number("Admin actions", help="Changes made at /admin/ in the past hour.", chart="actions")
    ]
    deleted_by: Annotated[dict[str, int], counts("Deleted by, past day")]
    reports: Annotated[list[ReportLine], table("Open reports, the oldest")]
    muted_now: Annotated[list[MutedLine], table("Muted the longest")]
    actions: Annotated[list[ActionLine], table("Latest in the admin")]


class ModerationSource(Source[Moderation]):
    """For staff."""

    name = "moderation"
    title = "Moderation"
    about = "Open reports, mutes, bans, deleted messages, and what was done in the admin."
    interval_s = 5.0
    charts = {"restricted": "Muted and banned", "deleted": "Deleted by others", "actions": "Admin actions, past hour"}

    def compute(self) -> Moderation:
        now = timezone.now()
        muted = Membership.objects.filter(muted_until__gt=now)
        longest = muted.select_related("user", "room").order_by("-muted_until")[:SHOWN]
        hour, day = _deletions(now)
        waiting = Report.objects.filter(closed_at=None)
        oldest = waiting.select_related("message__room", "message__author", "reporter").order_by("reported_at")[:SHOWN]
        reports = [_report_line(report) for report in oldest]
        entries = list(LogEntry.objects.select_related("user", "content_type").order_by("-pk")[:SHOWN])
        return Moderation(
            reports_open=waiting.count(),
            oldest_report_h=(_ms(now) - reports[0].at) / _HOUR_MS if reports else None,
            muted=muted.count(),
            banned=Membership.objects.filter(status=Status.BANNED).count(),
            deleted_hour=hour.total(),
            deleted_day=day.total(),
            actions_hour=_actions_since(now - HOUR, entries),
            deleted_by=dict(sorted(day.items())),
            reports=reports,
            muted_now=[_muted_line(member) for member in longest],
            actions=[_action_line(entry) for entry in entries],
        )


def _deletions(now: datetime) -> tuple[Counter[str], Counter[str]]:
    """How many messages of others each has deleted, in the past hour and in the past day.

    A message does not say who deleted it; the key of the deletion does, which was written in the same moment. It is
    there for longer than a day.
    """
    lately = Message.objects.filter(deleted_at__gt=now - DAY).order_by("-deleted_at")[:DELETIONS_MAX]
    deleted = {pk: (author, at) for pk, author, at in lately.values_list("pk", "author_id", "deleted_at")}
    keys = MessageKey.objects.filter(message__in=list(deleted)).values_list("message_id", "author_id", "created_at")
    by = [(who, at) for message, who, at in keys if at == deleted[message][1] and who != deleted[message][0]]
    users = get_user_model().objects.in_bulk({who for who, _ in by})
    names = [(users[who].get_username(), at) for who, at in by]
    return Counter(name for name, at in names if at > now - HOUR), Counter(name for name, _ in names)


def _actions_since(since: datetime, newest: Sequence[LogEntry]) -> int:
    """newest: the newest entries, which say where the log has come to."""
    top = newest[0].pk if newest else 0
    return LogEntry.objects.filter(pk__gt=top - ENTRIES_MAX, action_time__gt=since).count()


def _report_line(report: Report) -> ReportLine:
    return ReportLine(
        at=_ms(report.reported_at),
        room=report.message.room.slug,
        whom=report.message.author.get_username(),
        reason=report.get_reason_display(),
        who=report.reporter.get_username(),
    )


def _muted_line(member: Membership) -> MutedLine:
    assert member.muted_until is not None  # as it was asked for
    return MutedLine(member.user.get_username(), member.room.slug, _ms(member.muted_until))


def _action_line(entry: LogEntry) -> ActionLine:
    kind = "" if entry.content_type is None else entry.content_type.name
    what = entry.get_change_message() or entry.get_action_flag_display()
    return ActionLine(_ms(entry.action_time), entry.user.get_username(), what, f"{kind} {entry.object_repr}".strip())


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
