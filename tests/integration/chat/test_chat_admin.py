"""The admin: every model is there, what it changes goes through services, and what they refuse is said."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import User
from chat.models import Membership, Message, Report, Room
from chat.services import member_join_many, message_post, report_make, room_create
from realtime.auth.access import access_version

pytestmark = pytest.mark.django_db

OURS = [model for label in ("accounts", "chat", "realtime") for model in apps.get_app_config(label).get_models()]


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("staff")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def general(ada) -> Room:
    return room_create(owner=ada, slug="general", name="General")


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def url(model, *more: object) -> str:
    return "/".join(["/admin", model._meta.app_label, model._meta.model_name, *map(str, more), ""])


def act(desk: Client, model, action: str, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return desk.post(url(model), data, follow=True)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def everything(ada, general):
    """At least one row of every model."""
    ben = User.objects.create_user("ben")
    member_join_many(room=general, user_ids=[ben.pk])
    posted = message_post(room=general, author=ada, text="hello @ben")
    report_make(room=general, reporter=ben, message_id=posted.id, reason="spam", note="I was not asked")
    Client().force_login(ben)
    ben.set_password("another")
    ben.save()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_has_a_list_a_search_and_a_page(desk, everything, model):
    assert admin.site.is_registered(model)
    row = model.objects.first()
    assert row is not None
    assert desk.get(url(model)).status_code == 200
    assert desk.get(url(model), {"q": "1"}).status_code == 200
    assert desk.get(url(model, row.pk, "change")).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_filter_of_a_list_works(desk, everything, model):
    response = desk.get(url(model))
    for spec in response.context["cl"].filter_specs:
        for choice in spec.choices(response.context["cl"]):
            if "query_string" in choice:
                assert desk.get(url(model) + choice["query_string"]).status_code == 200


@pytest.mark.parametrize("model", [User, Room, Membership, Message, Report])
def test_nothing_can_be_deleted_for_good(desk, everything, model):
    row = model.objects.first()
    assert desk.post(url(model, row.pk, "delete"), {"post": "yes"}).status_code == 403
    act(desk, model, "delete_selected", row)
    assert model.objects.filter(pk=row.pk).exists()


def test_who_is_no_staff_is_sent_to_log_in(ada):
    client = Client()
    client.force_login(ada)
    assert client.get("/admin/").status_code == 302


# --- rooms ----------------------------------------------------------------------------------------

RULES = {"slow_mode_s": 0}


def test_a_room_is_made_by_the_service(desk, staff):
    response = desk.post(
        url(Room, "add"),
        {"slug": "new-room", "name": "New", "topic": "t", "visibility": "private", "read_only": "on", **RULES},
    )
    assert response.status_code == 302
    room = Room.objects.get(slug="new-room")
    assert (room.name, room.topic, room.visibility, room.read_only) == ("New", "t", "private", True)
    assert (room.member_count, Membership.objects.get().role) == (1, "owner")


@pytest.mark.parametrize("slug", ["Capital", "-x", "general", ""])
def test_a_slug_that_cannot_be_is_said_at_its_field(desk, general, slug):
    response = desk.post(url(Room, "add"), {"slug": slug, "name": "New", "visibility": "public", **RULES})
    assert "slug" in response.context["adminform"].form.errors


def test_a_changed_room_is_an_event_of_its_log(desk, general):
    data = {"name": "Agora", "topic": "", "visibility": "public", "slow_mode_s": 5, "archived": "on"}
    assert desk.post(url(Room, general.pk, "change"), data).status_code == 302
    before, general = general, Room.objects.get()
    assert (general.name, general.slow_mode_s, general.archived) == ("Agora", 5, True)
    assert general.last_seq == general.state_seq == before.last_seq + 1


def test_the_logs_own_counters_cannot_be_set(desk, general):
    data = {"name": "General", "visibility": "public", "slug": "other", "last_seq": 99, "epoch": "x", **RULES}
    desk.post(url(Room, general.pk, "change"), data)
    after = Room.objects.get()
    assert (after.slug, after.last_seq, after.epoch) == (general.slug, general.last_seq, general.epoch)


def test_rooms_are_archived_and_opened_by_an_action(desk, general):
    assert "1 archived" in said(act(desk, Room, "archive", general))
    assert Room.objects.get().archived
    act(desk, Room, "reopen", general)
    assert not Room.objects.get().archived


# --- members --------------------------------------------------------------------------------------


def test_a_member_is_added_with_a_role(desk, staff, general):
    data = {"room": general.pk, "user": staff.pk, "role": "moderator"}
    assert desk.post(url(Membership, "add"), data).status_code == 302
    assert Membership.objects.get(user=staff).role == "moderator"
    assert Room.objects.get().member_count == 2


def test_a_full_room_refuses_with_a_sentence(desk, staff, general, settings):
    settings.CHAT = {"ROOM_MAX_MEMBERS": 1}
    data = {"room": general.pk, "user": staff.pk, "role": "member"}
    response = desk.post(url(Membership, "add"), data, follow=True)
    assert response.status_code == 200
    assert "1 members it may have" in said(response)
    assert not Membership.objects.filter(user=staff).exists()


def test_a_role_and_notifications_are_changed(desk, everything):
    member = Membership.objects.get(user__username="ben")
    data = {"role": "moderator", "muted_notifications": "on"}
    assert desk.post(url(Membership, member.pk, "change"), data).status_code == 302
    member.refresh_from_db()
    assert (member.role, member.muted_notifications) == ("moderator", True)


def test_a_member_is_muted_and_banned_and_both_are_lifted(desk, everything):
    member = Membership.objects.get(user__username="ben")
    page = url(Membership, member.pk, "change")
    muted = {"role": "member", "muted_until_0": "2100-01-01", "muted_until_1": "00:00:00"}
    assert desk.post(page, muted).status_code == 302
    member.refresh_from_db()
    assert (member.status, member.muted_until.year) == ("member", 2100)
    assert desk.post(page, {"role": "member", "banned": "on"}).status_code == 302
    member.refresh_from_db()
    assert (member.status, member.muted_until) == ("banned", None)
    assert Room.objects.get().member_count == 1
    assert desk.post(page, {}).status_code == 302
    member.refresh_from_db()
    assert member.status == "left"


def test_members_are_removed_by_an_action_and_the_last_owner_is_not(desk, staff, general, everything):
    chosen = list(Membership.objects.all())
    member_join_many(room=general, user_ids=[staff.pk])
    response = act(desk, Membership, "remove", *chosen)
    assert "1 removed" in said(response)
    assert "needs an owner" in said(response)
    assert Membership.objects.get(user__username="ben").status == "left"


# --- messages -------------------------------------------------------------------------------------


def test_a_message_is_deleted_as_a_tombstone(desk, everything):
    message = Message.objects.get()
    assert "1 deleted" in said(act(desk, Message, "take_away", message))
    after = Message.objects.get()
    assert (after.text, after.seq) == (None, Room.objects.get().last_seq)
    assert after.seq > message.seq


def test_a_message_can_neither_be_written_nor_changed(desk, everything):
    assert desk.get(url(Message, "add")).status_code == 403
    message = Message.objects.get()
    assert desk.post(url(Message, message.pk, "change"), {"text": "other"}).status_code == 403
    assert Message.objects.get().text == message.text


def test_staff_delete_where_they_are_no_member(desk, ada):
    private = room_create(owner=ada, slug="private", name="Private", visibility="private")
    message_post(room=private, author=ada, text="among us")
    assert "1 deleted" in said(act(desk, Message, "take_away", Message.objects.get()))


# --- reports --------------------------------------------------------------------------------------


def test_a_report_shows_what_was_said_until_it_is_dismissed(desk, staff, everything):
    report = Report.objects.get()
    page = desk.get(url(Report, report.pk, "change")).content.decode()
    assert all(text in page for text in ("hello @ben", "I was not asked", f"?message={report.message_id}"))
    assert "1 dismissed" in said(act(desk, Report, "dismiss", report))
    page = desk.get(url(Report, report.pk, "change")).content.decode()
    assert "hello @ben" not in page
    assert "I was not asked" not in page
    assert Message.objects.get().text == "hello @ben"
    assert [(entry.user, entry.object_id) for entry in LogEntry.objects.all()] == [(staff, str(report.pk))]


def test_a_verdict_deletes_the_message_once_however_many_reported_it(desk, staff, general, everything):
    message = Message.objects.get()
    report_make(room=general, reporter=staff, message_id=message.pk, reason="other")
    response = act(desk, Report, "delete_message", *Report.objects.all())
    assert "1 deleted" in said(response)
    assert Message.objects.get().text is None
    assert list(Report.objects.values_list("verdict", flat=True)) == ["deleted", "deleted"]
    # What is closed is not closed again, nor offered to be.
    assert "data-verdict" not in desk.get(url(Report, Report.objects.first().pk, "change")).content.decode()
    assert said(act(desk, Report, "dismiss", *Report.objects.all())) == ""


def test_open_reports_come_first_and_the_oldest_of_them_at_the_top(desk, ada, general, everything):
    ben = User.objects.get(username="ben")
    for text in ("second", "third"):
        posted = message_post(room=general, author=ada, text=text)
        report_make(room=general, reporter=ben, message_id=posted.id, reason="spam")
    first, second, third = Report.objects.order_by("pk")
    act(desk, Report, "dismiss", first)
    listed = list(desk.get(url(Report)).context["cl"].result_list)
    assert listed == [second, third, first]


@pytest.mark.parametrize(
    ("rights", "may"),
    [
        (("view_report",), set()),
        (("view_report", "change_report"), {"dismiss"}),
        (("view_report", "change_report", "delete_message"), {"dismiss", "delete_message"}),
    ],
    ids=["only looks", "gives verdicts", "and deletes"],
)
def test_what_staff_may_do_about_a_report_follows_their_permissions(everything, rights, may):
    helper = User.objects.create_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(helper)
    choices = client.get(url(Report)).context["action_form"]
    offered = {name for name, _ in choices.fields["action"].choices if name} if choices else set()
    page = client.get(url(Report, Report.objects.get().pk, "change")).content.decode()
    assert offered == may == set(re.findall(r'name="action" value="(\w+)"', page))
    act(client, Report, "delete_message", Report.objects.get())
    assert (Message.objects.get().text is None) is ("delete_message" in may)


# --- accounts -------------------------------------------------------------------------------------


def test_accounts_are_disabled_and_enabled_and_ones_own_is_spared(desk, staff, ada):
    before = access_version()
    act(desk, User, "disable", staff, ada)
    assert {user.username: user.is_active for user in User.objects.all()} == {"staff": True, "ada": False}
    assert access_version() > before
    act(desk, User, "enable", ada)
    assert User.objects.get(username="ada").is_active


def test_an_account_is_made_and_changed_in_the_forms(desk):
    data = {"username": "eve", "password1": "a long pass phrase", "password2": "a long pass phrase"}
    assert desk.post(url(User, "add"), {**data, "usable_password": "true"}).status_code == 302
    eve = User.objects.get(username="eve")
    assert desk.post(url(User, eve.pk, "change"), {"username": "eva"}).status_code == 302
    eve.refresh_from_db()
    assert (eve.username, eve.is_active) == ("eva", False)
    assert desk.get(url(User, eve.pk, "password")).status_code == 200
