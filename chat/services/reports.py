"""What users ask staff to look at. Touches no log: nobody in the room hears of a report.

Staff look at reports in the admin (`chat.admin.reports`) and see how many are open on the dashboard of moderation.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from chat.access import Who, access_room
from chat.models import NOTE_MAX, Message, Reason, Report, Room, Verdict
from chat.services.base import writing
from chat.services.messages import message_delete
from chat.texts import is_writable
from realtime.protocol.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from realtime.protocol.limits import retry_after

__all__ = ["REPORTS_PER_HOUR", "report_close", "report_make"]

REPORTS_PER_HOUR = 30
"""Of one user. Who reports more has found another way to be a nuisance; duplicates don't count."""
_HOUR = timedelta(hours=1)


def report_make(
    *,
    room: Room,
    reporter: Who,
    message_id: int,
    reason: Reason | str,
    note: str = "",
    at: datetime | None = None,
) -> bool:
    """Report somebody else's message; returns whether there is a new report. at: now unless given.

    False: the user's earlier report of it is still open, and stays as it is. Raises Invalid (`reason`, `note`),
    NotFound (a room of others, no such message), Forbidden (banned, one's own message), Conflict (deleted),
    RateLimited, Unavailable.
    """
    note = _checked_note(note)
    if reason not in Reason.values:
        raise Invalid(f"A reason is one of {', '.join(Reason.values)}.", field="reason")
    with writing():
        access_room(reporter, room.slug)
        message = _reportable(room, reporter, message_id)
        if _is_open(message, reporter):
            return False
        at = at or datetime.now(UTC)
        _check_rate(reporter, at)
        return _insert(
            Report(
                message=message, reporter_id=reporter.id, reason=reason, note=note, text=message.text, reported_at=at
            )
        )


def report_close(*, report: Report, by: Who, verdict: Verdict) -> None:
    """Close a report, and with it every open report of the same message: they ask the same. by: staff.

    Deleting takes the message's text away for everybody in the room. What was reported and noted is forgotten.
    Raises Conflict if it is closed already: the first verdict stands.
    """
    assert verdict != Verdict.OPEN
    with writing():
        closing = Report.objects.filter(message=report.message_id, closed_at=None)
        closed = closing.update(verdict=verdict, closed_at=datetime.now(UTC), closed_by_id=by.id, text=None, note="")
        if not closed:
            raise Conflict("It has been closed by somebody else.")
        if verdict == Verdict.DELETED:
            message_delete(room=report.message.room, author=by, message_id=report.message_id, as_system=True)


def _checked_note(note: str) -> str:
    note = note.strip()
    if not is_writable(note):
        raise Invalid("A note holds no NUL and no lone surrogate.", field="note")
    if len(note) > NOTE_MAX:
        raise Invalid(f"A note has at most {NOTE_MAX} characters; this one has {len(note):,}.", field="note")
    return note


def _reportable(room: Room, reporter: Who, message_id: int) -> Message:
    message = Message.objects.filter(room=room, pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message in this room.")
    if message.author_id == reporter.id:
        raise Forbidden("It is your own message; you can delete it.")
    if message.text is None:
        raise Conflict("This message has been deleted.")
    return message


def _is_open(message: Message, reporter: Who) -> bool:
    return Report.objects.filter(message=message, reporter_id=reporter.id, closed_at=None).exists()


def _check_rate(reporter: Who, now: datetime) -> None:
    made = Report.objects.filter(reporter_id=reporter.id, reported_at__gt=now - _HOUR).order_by("-reported_at")
    times = list(made.values_list("reported_at", flat=True)[:REPORTS_PER_HOUR])
    if len(times) == REPORTS_PER_HOUR:
        wait_s = (times[-1] + _HOUR - now).total_seconds()
        raise RateLimited("You have reported very much; wait a little.", retry_after_s=retry_after(wait_s))


def _insert(report: Report) -> bool:
    """False if the same user's other tab was faster."""
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:
        return False
    return True
