"""Reports: made once by each, kept while they are open, closed together, and forgotten then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from chat.models import Message, Report, Room, Verdict
from chat.services import (
    member_join_many,
    member_restrict,
    message_delete,
    message_edit,
    message_post,
    report_close,
    report_make,
    reports,
)
from chat.streams import chat_stream
from realtime.protocol.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, RealtimeError
from tests.integration.chat.story import committing

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(person) -> User:
    return person("staff", is_staff=True)


@pytest.fixture
def said(room, ada) -> int:
    return message_post(room=room, author=ada, text="what was said").id


def report(room: Room, who: User, message: int, reason: str = "spam", **fields) -> bool:
    return report_make(room=room, reporter=who, message_id=message, reason=reason, **fields)


def test_a_report_keeps_what_was_said_when_it_was_made(room, ada, ben, said):
    assert report(room, ben, said, "abuse", note="  at me  ")
    message_edit(room=room, author=ada, message_id=said, text="something kind")
    message_delete(room=room, author=ada, message_id=said)
    kept = Report.objects.get()
    assert (kept.text, kept.reason, kept.note, kept.verdict) == ("what was said", "abuse", "at me", Verdict.OPEN)
    assert (kept.reporter, kept.message_id) == (ben, said)


def test_the_room_hears_nothing_of_a_report(story, room, ben, said):
    before = Room.objects.get()
    with committing():
        report(room, ben, said)
    after = Room.objects.get()
    assert (story.told, after.last_seq, after.access_version) == ([], before.last_seq, before.access_version)


def test_the_same_report_again_is_the_first_one(room, person, ben, said):
    assert report(room, ben, said, "spam", note="first")
    assert not report(room, ben, said, "abuse", note="second")
    assert report(room, person(), said)
    assert [(each.reporter, each.reason) for each in Report.objects.filter(reporter=ben)] == [(ben, "spam")]


def test_of_two_tabs_of_one_user_one_makes_the_report(room, ben, said, monkeypatch):
    report(room, ben, said)
    # What the other tab looked for was not there yet.
    monkeypatch.setattr(reports, "_is_open", lambda message, reporter: False)
    assert not report(room, ben, said)
    assert Report.objects.count() == 1


def test_what_was_closed_may_be_reported_again(room, ben, staff, said):
    report(room, ben, said)
    report_close(report=Report.objects.get(), by=staff, verdict=Verdict.DISMISSED)
    assert report(room, ben, said)


REFUSED = {
    "another reason": ({"reason": "dull"}, Invalid, "reason"),
    "too long a note": ({"note": "x" * 501}, Invalid, "note"),
    "a note no database takes": ({"note": "a\0b"}, Invalid, "note"),
    "no such message": ({"message": 10**9}, NotFound, None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_report_is_refused(room, ben, said, case):
    fields, error, field = REFUSED[case]
    with pytest.raises(error) as refused:
        report(room, ben, fields.pop("message", said), **fields)
    assert refused.value.field == field
    assert not Report.objects.exists()


def test_a_message_of_another_room_is_none_of_this_one(room, make_room, ben, said):
    with pytest.raises(NotFound):
        report(make_room(), ben, said)


def test_ones_own_and_deleted_messages_are_not_reported(room, ada, ben, said):
    with pytest.raises(Forbidden, match="your own"):
        report(room, ada, said)
    message_delete(room=room, author=ada, message_id=said)
    with pytest.raises(Conflict, match="deleted"):
        report(room, ben, said)


def test_who_may_not_see_the_room_reports_nothing(make_room, room, ada, ben, said):
    private = make_room(owner=ada, visibility="private")
    hidden = message_post(room=private, author=ada, text="among us").id
    with pytest.raises(NotFound):
        report(private, ben, hidden)
    member_restrict(room=room, by=None, user=ben, banned=True)
    with pytest.raises(Forbidden):
        report(room, ben, said)


def test_who_reports_very_much_waits(room, ada, ben, monkeypatch):
    monkeypatch.setattr(reports, "REPORTS_PER_HOUR", 2)
    now = datetime.now(UTC)
    messages = [message_post(room=room, author=ada, text=f"number {n}").id for n in range(4)]
    report(room, ben, messages[0], at=now - timedelta(minutes=70))
    report(room, ben, messages[1], at=now - timedelta(minutes=50))
    report(room, ben, messages[2], at=now)
    with pytest.raises(RateLimited) as refused:
        report(room, ben, messages[3], at=now)
    assert refused.value.retry_after_s == pytest.approx(600, abs=1)
    # What is there already is no new report.
    assert not report(room, ben, messages[2], at=now)


# --- verdicts -------------------------------------------------------------------------------------


def test_one_verdict_closes_all_reports_of_the_message_and_forgets_what_was_said(room, person, ben, staff, said):
    report(room, ben, said, note="really")
    report(room, person(), said)
    report_close(report=Report.objects.filter(reporter=ben).get(), by=staff, verdict=Verdict.DISMISSED)
    for closed in Report.objects.all():
        assert (closed.verdict, closed.closed_by, closed.text, closed.note) == ("dismissed", staff, None, "")
        assert closed.closed_at is not None
    assert Message.objects.get(pk=said).text == "what was said"


def test_the_verdict_may_delete_the_message_for_everybody(story, room, ben, staff, said):
    report(room, ben, said)
    with committing():
        report_close(report=Report.objects.get(), by=staff, verdict=Verdict.DELETED)
    assert (Message.objects.get(pk=said).text, Report.objects.get().verdict) == (None, "deleted")
    event, message = story.events(chat_stream(room.slug))[-1]
    assert (event, message["id"], message["text"]) == ("message", said, None)


def test_staff_keep_order_in_private_rooms_they_do_not_belong_to(make_room, ada, ben, staff):
    private = make_room(owner=ada, visibility="private")
    member_join_many(room=private, user_ids=[ben.pk])
    hidden = message_post(room=private, author=ada, text="among us").id
    report(private, ben, hidden)
    with pytest.raises(RealtimeError):
        message_delete(room=private, author=staff, message_id=hidden)
    report_close(report=Report.objects.get(), by=staff, verdict=Verdict.DELETED)
    assert Message.objects.get(pk=hidden).text is None


def test_the_first_verdict_stands(room, ben, staff, said):
    report(room, ben, said)
    open_report = Report.objects.get()
    report_close(report=open_report, by=staff, verdict=Verdict.DISMISSED)
    with pytest.raises(Conflict, match="somebody else"):
        report_close(report=open_report, by=staff, verdict=Verdict.DELETED)
    assert Message.objects.get(pk=said).text == "what was said"
    assert Report.objects.get().verdict == "dismissed"


def test_the_database_lets_no_closed_report_keep_a_text(room, ben, staff, said):
    report(room, ben, said)
    with pytest.raises(IntegrityError, match="only_an_open_report_keeps_what_was_said"), transaction.atomic():
        Report.objects.update(verdict=Verdict.DISMISSED, closed_at=datetime.now(UTC))
