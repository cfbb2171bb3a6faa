"""The dashboard of moderation: it counts what waits and what was done, and shows no message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from chat.log import Delete, append
from chat.models import Membership, Report, Room, Verdict
from chat.services import (
    member_join,
    member_restrict,
    message_delete,
    message_edit,
    message_post,
    report_close,
    report_make,
    room_create,
)
from dashboard.builtin import moderation
from dashboard.builtin.moderation import Moderation, ModerationSource
from dashboard.fields import fields_of
from realtime.protocol.errors import RealtimeError

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


@pytest.fixture
def room(ada, ben) -> Room:
    room = room_create(owner=ada, slug="general", name="General")
    member_join(room=room, user=ben)
    return room


def compute() -> Moderation:
    return ModerationSource().compute()


def said(room: Room, author: User) -> int:
    return message_post(room=room, author=author, text="what was said").id


def delete(room: Room, by: User, message: int, ago: timedelta) -> None:
    (done,) = append([Delete(room_id=room.pk, author_id=by.pk, message_id=message)], at=datetime.now(UTC) - ago)
    assert not isinstance(done, RealtimeError), done


def test_an_empty_chorus_has_nothing_to_moderate():
    state = compute()
    assert (state.reports_open, state.oldest_report_h, state.reports) == (0, None, [])
    assert (state.muted, state.banned, state.muted_now) == (0, 0, [])
    assert (state.deleted_hour, state.deleted_day, state.deleted_by) == (0, 0, {})
    assert (state.actions_hour, state.actions) == (0, [])


def test_reports_wait_in_their_order_until_they_are_closed(room, ada, ben):
    now = datetime.now(UTC)
    for hours, message in ((1, said(room, ada)), (30, said(room, ada)), (2, said(room, ada))):
        at = now - timedelta(hours=hours)
        report_make(room=room, reporter=ben, message_id=message, reason="abuse", note="a note", at=at)
    state = compute()
    assert (state.reports_open, state.oldest_report_h) == (3, pytest.approx(30, abs=0.01))
    assert [round((now.timestamp() * 1000 - line.at) / 3_600_000) for line in state.reports] == [30, 2, 1]
    line = state.reports[0]
    assert (line.room, line.whom, line.reason, line.who) == ("general", "ada", "abuse or harassment", "ben")
    report_close(report=Report.objects.earliest("reported_at"), by=ada, verdict=Verdict.DISMISSED)
    assert (compute().reports_open, compute().oldest_report_h) == (2, pytest.approx(2, abs=0.01))


def test_a_report_nobody_looks_at_for_a_day_is_an_alert():
    (field,) = [field for field in fields_of(Moderation) if field.name == "oldest_report_h"]
    (limit,) = field.limits
    assert (limit.value, limit.above) == (24, True)


def test_mutes_count_until_they_are_over_and_bans_until_they_are_lifted(room, ada, ben):
    until = datetime.now(UTC) + timedelta(hours=1)
    member_restrict(room=room, by=ada, user=ben, muted_until=until)
    state = compute()
    assert (state.muted, state.banned) == (1, 0)
    (line,) = state.muted_now
    assert (line.who, line.room, line.until) == ("ben", "general", pytest.approx(until.timestamp() * 1000, abs=1))
    member_restrict(room=room, by=ada, user=ben, banned=True)
    assert (compute().muted, compute().banned) == (0, 1)
    member_restrict(room=room, by=ada, user=ben)
    assert compute().banned == 0


def test_a_mute_that_ran_out_is_none(room, ben):
    Membership.objects.filter(user=ben).update(muted_until=datetime.now(UTC) - timedelta(seconds=1))
    assert (compute().muted, compute().muted_now) == (0, [])


def test_what_others_deleted_counts_and_what_the_author_took_back_does_not(room, ada, ben):
    message_delete(room=room, author=ada, message_id=said(room, ben))
    message_delete(room=room, author=ben, message_id=said(room, ben))
    message_delete(room=room, author=ada, message_id=said(room, ada))
    state = compute()
    assert (state.deleted_hour, state.deleted_day, state.deleted_by) == (1, 1, {"ada": 1})


def test_who_came_too_late_to_delete_is_not_counted(room, ada, ben):
    message = said(room, ben)
    message_edit(room=room, author=ben, message_id=message, text="what was meant")
    delete(room, ben, message, timedelta(minutes=1))
    message_delete(room=room, author=ada, message_id=message)
    assert (compute().deleted_day, compute().deleted_by) == (0, {})


def test_deletions_belong_to_the_hour_then_to_the_day_then_to_neither(room, ada, ben):
    for ago in (timedelta(minutes=59), timedelta(minutes=61), timedelta(hours=23), timedelta(hours=25)):
        delete(room, ada, said(room, ben), ago)
    state = compute()
    assert (state.deleted_hour, state.deleted_day) == (1, 3)


def test_only_the_newest_deletions_are_looked_into(room, ada, ben, monkeypatch):
    monkeypatch.setattr(moderation, "DELETIONS_MAX", 2)
    for minutes in (3, 2, 1):
        delete(room, ada, said(room, ben), timedelta(minutes=minutes))
    assert compute().deleted_day == 2


def test_changes_in_the_admin_are_told_with_who_made_them(room, ben):
    staff = User.objects.create_superuser("staff")
    desk = Client()
    desk.force_login(staff)
    form = {"slug": "help", "name": "Help", "topic": "", "visibility": "public", "slow_mode_s": "0"}
    assert desk.post("/admin/chat/room/add/", form).status_code == 302
    LogEntry.objects.create(
        user=staff, object_repr="long ago", action_flag=2, action_time=datetime.now(UTC) - timedelta(hours=2)
    )
    state = compute()
    assert state.actions_hour == 1
    assert [(line.who, line.what, line.whom) for line in state.actions] == [
        ("staff", "Change", "long ago"),
        ("staff", "Added.", "room Help"),
    ]


def test_no_message_is_shown(room, ada, ben):
    message_delete(room=room, author=ada, message_id=said(room, ben))
    report_make(room=room, reporter=ada, message_id=said(room, ben), reason="spam", note="in a note")
    shown = repr(compute())
    assert "what was said" not in shown
    assert "in a note" not in shown
