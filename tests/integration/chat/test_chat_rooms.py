"""The services around rooms and members, what their values may be, and what room lists hear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError

from chat import services
from chat.log import Post, announced
from chat.models import Membership, Message, MessageKey, Role, Room
from chat.selectors import room_list_for
from realtime.protocol.errors import Forbidden, Invalid, NotFound, RoomFull
from tests.integration.chat.story import committing, write

pytestmark = pytest.mark.django_db


def changed(story, room) -> list[int]:
    """The last_no of each news the room lists got."""
    return [data["last_no"] for event, data in story.events(f"activity/{room.slug}") if event == "room_changed"]


def post(room, author, at=None):
    return write(Post(room_id=room.pk, author_id=author.pk, text="x"), at=at)[0]


# --- rooms ----------------------------------------------------------------------------------------


def test_whoever_makes_a_room_owns_it(ada) -> None:
    room = services.room_create(owner=ada, slug="tea", name="  Tea   time ", topic="a\nb", slow_mode_s=5)
    assert (room.name, room.topic, room.member_count, room.last_seq, room.slow_mode_s) == ("Tea time", "a b", 1, 1, 5)
    assert Membership.objects.get(room=room).role == Role.OWNER


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Not a slug"),
        ("slug", "taken"),
        ("name", " "),
        ("name", "n" * 81),
        ("name", "a\0b"),
        ("topic", "t" * 251),
        ("visibility", "secret"),
        ("slow_mode_s", -1),
        ("slow_mode_s", 86_401),
    ],
)
def test_a_room_with_a_wrong_value_is_not_made(make_room, ada, field, value) -> None:
    make_room(slug="taken")
    with pytest.raises(Invalid) as refused:
        services.room_create(owner=ada, **{"slug": "tea", "name": "Tea", field: value})
    assert refused.value.field == field
    assert Room.objects.count() == 1


def test_changing_a_room_tells_everybody_in_it(story, make_room, ada) -> None:
    room = make_room(owner=ada)
    story.clear()
    with committing():
        services.room_update(room=room, by=ada, topic="new", read_only=True)
    ((event, data),) = story.events(f"chat/{room.slug}")
    assert (event, data["topic"], data["read_only"]) == ("room", "new", True)
    with pytest.raises(Invalid) as refused:
        services.room_update(room=room, by=ada, last_seq=7)
    assert refused.value.field == "last_seq"


def test_archiving_closes_a_room_and_opens_it_again(make_room, ada) -> None:
    room = make_room(owner=ada)
    services.room_archive(room=room, by=ada)
    with pytest.raises(Forbidden):
        services.message_post(room=room, author=ada, text="x")
    services.room_archive(room=room, by=ada, archived=False)
    services.message_post(room=room, author=ada, text="x")


def test_rotating_gives_every_log_a_new_name(make_room) -> None:
    rooms = [make_room(), make_room()]
    assert services.room_rotate_epochs() == 2
    epochs = set(Room.objects.values_list("epoch", flat=True))
    assert len(epochs) == 2
    assert not epochs & {room.epoch for room in rooms}


# --- members --------------------------------------------------------------------------------------


def test_an_invitation_says_who_invited(story, make_room, ada, ben) -> None:
    room = make_room(owner=ada, visibility="private")
    story.clear()
    with committing():
        services.member_invite(room=room, by=ada, user=ben)
    ((event, data),) = story.events(f"user/{ben.pk}")
    assert (event, data["slug"], data["by"]) == ("room_added", room.slug, {"id": ada.pk, "name": "ada"})
    expected = {key: value for key, value in data.items() if key != "by"}
    assert expected == {**room_list_for(ben)[0], "last_at": None}


def test_many_join_at_once_up_to_the_limit(settings, make_room, person) -> None:
    settings.CHAT = {"ROOM_MAX_MEMBERS": 3}
    room, people = make_room(), [person().pk for _ in range(4)]
    with pytest.raises(RoomFull):
        services.member_join_many(room=room, user_ids=people)
    assert Membership.objects.count() == 0
    services.member_join_many(room=room, user_ids=iter(people), over_limit=True)
    assert Room.objects.get(pk=room.pk).member_count == Membership.objects.count() == 4


def test_a_new_role_is_told_to_its_holder(story, make_room, ada, ben) -> None:
    room = make_room(owner=ada)
    services.member_join(room=room, user=ben)
    with committing():
        services.member_set_role(room=room, by=ada, user=ben, role="moderator")
    assert story.events(f"user/{ben.pk}")[-1] == ("room_role", {"slug": room.slug, "role": "moderator"})
    with pytest.raises(NotFound):
        services.member_set_role(room=room, by=None, user=Room(pk=2**40), role="owner")


def test_notifications_are_muted_for_oneself(make_room, ada, ben) -> None:
    room = make_room(owner=ada)
    services.member_set_notifications(room=room, user=ada, muted=True)
    assert room_list_for(ada)[0]["muted_notifications"] is True
    with pytest.raises(NotFound):
        services.member_set_notifications(room=room, user=ben, muted=True)


def test_a_deleted_account_leaves_its_rooms_first(story, make_room, ada) -> None:
    room = make_room(owner=ada)
    story.clear()
    with committing():
        ada.delete()
    assert Room.objects.get(pk=room.pk).member_count == 0
    assert [event for event, _ in story.events(f"chat/{room.slug}")] == ["room"]


def test_an_account_with_messages_is_not_deleted(room, ada) -> None:
    post(room, ada)
    with pytest.raises(ProtectedError), transaction.atomic():
        ada.delete()
    assert Room.objects.get(pk=room.pk).member_count == 1


def test_keys_are_forgotten_after_their_time_and_not_before(room, ada) -> None:
    now = datetime.now(UTC)
    for days in (8, 6):
        post(room, ada, at=now - timedelta(days=days))
    assert services.key_purge() == 1
    assert MessageKey.objects.count() == 1
    assert Message.objects.count() == 2


# --- what room lists hear -------------------------------------------------------------------------


def test_room_lists_hear_of_the_first_change_at_once_and_of_no_more_for_a_second(story, make_room, ada) -> None:
    room = make_room()
    for _ in range(3):
        post(room, ada)
    assert changed(story, room) == [1]


def test_the_last_state_is_told_once_the_second_is_over(story, make_room, ada) -> None:
    room = make_room()
    start = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(3):
        post(room, ada, at=start + timedelta(milliseconds=100 * number))
    assert changed(story, room) == [1]
    with committing():
        announced([room.slug])
    assert changed(story, room) == [1, 3]
    with committing():
        announced([room.slug])
    assert changed(story, room) == [1, 3]


def test_nothing_is_told_before_the_second_is_over(story, make_room, ada) -> None:
    room = make_room()
    post(room, ada)
    post(room, ada)
    with committing():
        announced([room.slug])
    assert changed(story, room) == [1]


def test_news_a_second_apart_are_told_with_their_commits(story, make_room, ada) -> None:
    room = make_room()
    start = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(3):
        post(room, ada, at=start + timedelta(seconds=number))
    assert changed(story, room) == [1, 2, 3]


def test_an_edit_is_no_news_for_room_lists(story, room, ada) -> None:
    start = datetime.now(UTC) - timedelta(minutes=1)
    posted = post(room, ada, at=start)
    story.clear()
    with committing():
        services.message_edit(room=room, author=ada, message_id=posted.id, text="y")
        announced([room.slug])
    assert changed(story, room) == []


# --- what the database itself refuses -------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Message, {"text": None}),
        (Message, {"text": ""}),
        (Message, {"text": "x" * 4_001}),
        (Message, {"seq": 0}),
        (Message, {"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}),
        (Room, {"last_seq": 0}),
        (Room, {"post_count": F("last_seq") + 1}),
        (Room, {"slug": "UPPER"}),
        (Room, {"name": ""}),
        (Room, {"visibility": "hidden"}),
        (Room, {"slow_mode_s": 90_000}),
        (Membership, {"role": "king"}),
        (Membership, {"status": "gone"}),
        (Membership, {"status": "left", "role": "owner"}),
    ],
)
def test_the_database_keeps_what_must_hold(room, ada, model, values) -> None:
    post(room, ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**values)


@pytest.mark.parametrize(
    ("field", "besides"), [("seq", {"posted_seq": 1, "post_no": 0}), ("posted_seq", {"post_no": 0}), ("post_no", {})]
)
def test_two_messages_never_share_a_place_in_their_room(room, ada, field, besides) -> None:
    first, second = post(room, ada), post(room, ada)
    taken = Message.objects.values_list(field, flat=True).get(pk=first.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=second.id).update(**besides, **{field: taken})
