"""What the demo fills a database with: a past one would believe, through the one door, made once."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate

from accounts.models import User
from chat.demo.cast import ACCOUNTS, BOT_ROOMS, BOTS, ROOMS
from chat.demo.passwords import demo_password
from chat.demo.populate import Populated, populate
from chat.models import Membership, Message, Report, Room
from chat.services import message_post

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
MARKUP = {
    "bold": re.compile(r"\*\*\S"),
    "code": re.compile(r"`\S"),
    "code block": re.compile(r"^```", re.MULTILINE),
    "list": re.compile(r"^- ", re.MULTILINE),
    "quote": re.compile(r"^> ", re.MULTILINE),
    "link": re.compile(r"https://"),
}


@pytest.fixture
def made() -> Populated:
    return populate(NOW)


def test_three_rooms_with_several_hundred_messages_over_days(made):
    assert made.rooms == ("general", "random", "support")
    assert made.messages == Message.objects.count() > 300
    days = Counter(Message.objects.values_list("created_at__date", flat=True))
    assert len(days) >= 5
    assert min(Room.objects.values_list("post_count", flat=True)) > 80


def test_nothing_was_said_in_the_future_and_everything_in_order(made):
    for room in Room.objects.all():
        moments = list(Message.objects.filter(room=room).order_by("posted_seq").values_list("created_at", flat=True))
        assert moments == sorted(moments)
        assert NOW - timedelta(hours=12) < moments[-1] <= NOW


def test_it_looks_like_talk(made):
    texts = list(Message.objects.filter(text__isnull=False).values_list("text", flat=True))
    assert len(set(texts)) > 0.95 * len(texts)
    assert [name for name, pattern in MARKUP.items() if not any(map(pattern.search, texts))] == []
    assert any(map(RIGHT_TO_LEFT.search, texts))
    assert Message.objects.filter(reply_to__isnull=False).count() >= 10
    assert Message.objects.filter(edited_at__isnull=False).exists()
    assert Message.objects.filter(deleted_at__isnull=False, text__isnull=True).exists()
    assert len(set(Message.objects.values_list("author", flat=True))) >= 10


def test_the_log_of_each_room_is_whole(made):
    for room in Room.objects.all():
        assert list(Message.objects.filter(room=room).order_by("posted_seq").values_list("post_no", flat=True)) == list(
            range(1, room.post_count + 1)
        )
        assert max(Message.objects.filter(room=room).values_list("seq", flat=True)) <= room.last_seq


def test_the_accounts_open_with_the_password_that_is_printed(made):
    for name in ACCOUNTS:
        assert authenticate(username=name, password=demo_password()) == User.objects.get(username=name)
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["staff"]
    people = User.objects.exclude(username__in=ACCOUNTS)
    assert not any(user.has_usable_password() for user in people)


def test_staff_have_something_to_look_at(made):
    report = Report.objects.get()
    assert report.text == report.message.text
    assert report.message.created_at < report.reported_at <= NOW


def test_something_is_unread_for_who_looks_first(made):
    unread = [
        membership.room.post_count - membership.last_read_no
        for membership in Membership.objects.filter(user__username="demo").select_related("room")
    ]
    assert len(unread) == len(ROOMS)
    assert any(unread)


def test_bots_are_members_where_they_talk_and_as_many_as_asked_for(settings):
    settings.BOTS = 3
    populate(NOW)
    rooms = Membership.objects.filter(user__username__in=BOTS).values_list("user__username", "room__slug")
    assert sorted(rooms) == sorted((bot, room) for bot in BOTS[:3] for room in BOT_ROOMS)


def test_a_second_run_leaves_everything_as_it_is(made):
    guest = User.objects.get(username="guest")
    guest.set_password("my own password")
    guest.save()
    general = Room.objects.get(slug="general")
    message_post(room=general, author=guest, text="I was here")
    before = list(Message.objects.order_by("pk").values())
    again = populate(NOW + timedelta(days=3))
    assert (again.rooms, again.messages, again.changed) == ((), 0, ("guest",))
    assert list(Message.objects.order_by("pk").values()) == before
