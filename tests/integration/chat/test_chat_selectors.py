"""What pages and the API read: history by keyset, room lists, who may see what."""

from __future__ import annotations

import pytest

from chat.access import access_room, access_rooms
from chat.log import Delete, Join, Post, SetRole
from chat.models import Membership, Role, Status
from chat.selectors import (
    member_list,
    message_history,
    room_detail,
    room_directory,
    room_list_for,
    room_lists,
)
from realtime.protocol.errors import Forbidden, Invalid, NotFound
from tests.integration.chat.story import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(room, ada) -> list[int]:
    """Ten messages, the fourth of them deleted."""
    found = [write(Post(room_id=room.pk, author_id=ada.pk, text=str(number)))[0].id for number in range(10)]
    write(Delete(room_id=room.pk, author_id=ada.pk, message_id=found[3]))
    return found


def page(room, **asked) -> tuple[list[int], bool]:
    found = message_history(room, **asked)
    return [row.id for row in found.messages], found.has_more


def seq_of(room, message_id: int) -> int:
    return next(row.posted_seq for row in message_history(room, limit=200).messages if row.id == message_id)


# --- history --------------------------------------------------------------------------------------


def test_history_is_newest_first_with_tombstones(room, ids) -> None:
    assert page(room, limit=10) == (ids[::-1], False)
    assert page(room, limit=4) == (ids[:5:-1], True)
    deleted = next(row for row in message_history(room).messages if row.id == ids[3])
    assert deleted.text is None


def test_history_goes_back_page_by_page_without_a_gap(room, ids) -> None:
    seen, before = [], None
    while True:
        found = message_history(room, before=before, limit=3)
        seen += [row.id for row in found.messages]
        if not found.has_more:
            break
        before = found.messages[-1].posted_seq
    assert seen == ids[::-1]


def test_history_goes_forward_page_by_page_without_a_gap(room, ids) -> None:
    seen, after = [], 0
    while True:
        found = message_history(room, after=after, limit=3)
        seen += [row.id for row in reversed(found.messages)]
        if not found.has_more:
            break
        after = found.messages[0].posted_seq
    assert seen == ids


def test_a_stretch_has_both_ends(room, ids) -> None:
    assert page(room, after=seq_of(room, ids[2]), before=seq_of(room, ids[6])) == (ids[5:2:-1], False)


def test_a_message_stands_in_the_middle_of_its_page(room, ids) -> None:
    assert page(room, around=ids[5], limit=5) == (ids[7:2:-1], True)
    assert page(room, around=ids[9], limit=5) == (ids[9:4:-1], True)
    assert page(room, around=ids[0], limit=5) == (ids[4::-1], False)
    assert page(room, around=ids[1], limit=5) == (ids[4::-1], False)
    assert page(room, around=ids[3], limit=1) == ([ids[3]], True)
    assert page(room, around=ids[5], limit=200) == (ids[::-1], False)


def test_the_ends_of_history_are_empty_pages(room, ids) -> None:
    assert page(room, before=1) == ([], False)
    assert page(room, after=2**53 - 1) == ([], False)


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"around": 1, "before": 1}, "around")],
)
def test_a_page_that_cannot_be_is_invalid(room, asked, field) -> None:
    with pytest.raises(Invalid) as refused:
        message_history(room, **asked)
    assert refused.value.field == field


def test_a_message_of_another_room_is_around_nothing(make_room, ids) -> None:
    with pytest.raises(NotFound):
        message_history(make_room(), around=ids[0])


# --- lists ----------------------------------------------------------------------------------------


def test_a_room_list_has_the_newest_posts_first(make_room, ada, ben) -> None:
    quiet, old, new = make_room(name="Quiet"), make_room(), make_room()
    for room in (quiet, old, new):
        write(Join(room_id=room.pk, user_id=ada.pk))
    for room in (old, new):
        write(Post(room_id=room.pk, author_id=ben.pk, text="x"))
    rows = room_list_for(ada)
    assert [row["slug"] for row in rows] == [new.slug, old.slug, quiet.slug]
    assert rows[-1] == {
        "slug": quiet.slug,
        "name": "Quiet",
        "topic": "",
        "visibility": "public",
        "archived": False,
        "last_no": 0,
        "last_read_no": 0,
        "unread": 0,
        "mentions": 0,
        "role": "member",
        "muted_notifications": False,
        "last_at": None,
    }


def test_the_lists_of_many_users_are_few_queries(make_room, person, django_assert_num_queries) -> None:
    people = [person() for _ in range(5)]
    for _ in range(3):
        room = make_room()
        write(*(Join(room_id=room.pk, user_id=user.pk) for user in people))
    with django_assert_num_queries(4):
        found = room_lists([user.pk for user in people])
    assert [len(entry.rooms) for entry in found.values()] == [3] * 5


def test_the_directory_shows_public_rooms_one_could_join(make_room, ada, ben) -> None:
    joined, banned = make_room(owner=ada), make_room()
    write(Join(room_id=banned.pk, user_id=ada.pk))
    Membership.objects.filter(room=banned).update(status=Status.BANNED)
    make_room(owner=ben, visibility="private")
    tea, coffee = make_room(name="Tea"), make_room(name="Coffee", topic="hot")
    assert {row["slug"] for row in room_directory(ada)} == {tea.slug, coffee.slug}
    (row,) = room_directory(ada, search="COFF")
    assert (row["slug"], row["role"], row["unread"]) == (coffee.slug, None, 0)
    assert joined.slug not in {row["slug"] for row in room_directory(ada, search=joined.slug)}


def test_members_come_by_role_and_then_by_name(make_room, person) -> None:
    zoe, bob, amy = person("zoe"), person("Bob"), person("amy")
    room = make_room(owner=zoe)
    write(*(Join(room_id=room.pk, user_id=user.pk) for user in (bob, amy)))
    assert [row["name"] for row in member_list(room)] == ["zoe", "amy", "Bob"]
    write(SetRole(room_id=room.pk, user_id=bob.pk, role=Role.MODERATOR))
    assert [(row["name"], row["role"]) for row in member_list(room)][1] == ("Bob", "moderator")


# --- access ---------------------------------------------------------------------------------------


def test_absent_and_private_are_the_same_answer(make_room, ada, ben) -> None:
    secret = make_room(owner=ada, visibility="private")
    answers = []
    for slug in (secret.slug, "nowhere"):
        with pytest.raises(NotFound) as refused:
            access_room(ben, slug)
        answers.append(refused.value.as_frame(1))
    assert answers[0] == answers[1]
    assert room_detail(access_room(ada, secret.slug))["me"] == {"role": "owner", "muted_until": None, "last_read_no": 0}


def test_a_public_room_is_seen_by_all_but_the_banned(room, ada, ben) -> None:
    write(Post(room_id=room.pk, author_id=ada.pk, text="x"))
    assert access_room(ben, room.slug).me() == {"role": None, "muted_until": None, "last_read_no": 1}
    Membership.objects.update(status=Status.BANNED)
    with pytest.raises(Forbidden):
        access_room(ada, room.slug)


def test_access_is_looked_up_for_many_in_two_queries(make_room, person, django_assert_num_queries) -> None:
    rooms, people = [make_room() for _ in range(3)], [person() for _ in range(4)]
    write(Join(room_id=rooms[0].pk, user_id=people[0].pk))
    keys = [(user.pk, slug) for user in people for slug in (*(room.slug for room in rooms), "nowhere")]
    with django_assert_num_queries(2):
        found = access_rooms(keys)
    assert len(found) == 12
    assert [key for key, access in found.items() if access.is_member] == [(people[0].pk, rooms[0].slug)]


def test_access_of_members_alone_takes_one_query(make_room, person, django_assert_num_queries) -> None:
    rooms, people = [make_room() for _ in range(2)], [person() for _ in range(3)]
    for room in rooms:
        for user in people:
            write(Join(room_id=room.pk, user_id=user.pk))
    with django_assert_num_queries(1):
        found = access_rooms([(people[0].pk, rooms[0].slug), (people[1].pk, rooms[1].slug)])
    assert [(access.room.pk, access.is_member) for access in found.values()] == [(r.pk, True) for r in rooms]
