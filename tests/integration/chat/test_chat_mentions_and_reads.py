"""Unread posts and unread mentions: counted right after posts, edits, deletions, reading, leaving."""

from __future__ import annotations

import pytest

from chat.log import Delete, Edit, Join, Leave, Post
from chat.models import Membership, Mention, Room
from chat.selectors import room_list_for
from chat.services import Mark, read_mark, read_marks
from tests.integration.chat.story import committing, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(room, ada, ben) -> Room:
    """A room that both belong to."""
    write(*(Join(room_id=room.pk, user_id=user.pk) for user in (ada, ben)))
    return room


def post(room, author, text="x"):
    return write(Post(room_id=room.pk, author_id=author.pk, text=text))[0]


def counts(user) -> tuple[int, int, int]:
    (row,) = room_list_for(user)
    return row["unread"], row["mentions"], row["last_read_no"]


def read(room, user, no) -> int:
    with committing():
        return read_mark(room=room, user=user, no=no)


# --- reading --------------------------------------------------------------------------------------


def test_unread_is_what_was_posted_since(both, ada, ben) -> None:
    for _ in range(3):
        post(both, ada)
    assert counts(ben) == (3, 0, 0)
    assert read(both, ben, 2) == 2
    assert counts(ben) == (1, 0, 2)


def test_reading_never_goes_back_and_never_ahead_of_the_room(both, ada, ben) -> None:
    post(both, ada)
    post(both, ada)
    assert [read(both, ben, no) for no in (2, 1, 0, 99, 2**53 - 1)] == [2, 2, 2, 2, 2]


def test_the_other_tabs_hear_how_far_it_was_read(story, both, ada, ben) -> None:
    post(both, ada, "@ben")
    story.clear()
    read(both, ben, 1)
    assert story.events(f"user/{ben.pk}") == [
        ("room_read", {"slug": both.slug, "last_read_no": 1, "mentions": 0}),
    ]


def test_who_only_looks_in_marks_nothing(story, both, ada, person) -> None:
    post(both, ada)
    eve = person()
    assert read(both, eve, 1) == 0
    assert not Membership.objects.filter(user=eve).exists()
    write(Leave(room_id=both.pk, user_id=ada.pk))
    assert read(both, ada, 1) == 0


def test_many_marks_are_a_fixed_number_of_queries(make_room, person, django_assert_max_num_queries) -> None:
    rooms, people = [make_room() for _ in range(3)], [person() for _ in range(5)]
    write(*(Join(room_id=room.pk, user_id=user.pk) for room in rooms for user in people))
    for room in rooms:
        post(room, people[0])
    marks = [Mark(room.pk, user.pk, no) for room in rooms for user in people for no in (0, 1)]
    with django_assert_max_num_queries(9):
        assert set(read_marks(marks).values()) == {1}
    assert list(Membership.objects.values_list("last_read_no", flat=True).distinct()) == [1]


# --- mentions -------------------------------------------------------------------------------------


def test_a_member_is_mentioned_by_name_whatever_its_case(story, both, ada, ben) -> None:
    post(both, ada, "hi @ben, and @BEN. and @nobody")
    post(both, ada, "ben@example.org")
    assert counts(ben) == (2, 1, 0)
    assert ("room_mentions", {"slug": both.slug, "mentions": 1}) in story.events(f"user/{ben.pk}")


def test_nobody_mentions_themselves_or_one_who_is_no_member(both, ada, person) -> None:
    person("eve")
    post(both, ada, "@ada @eve")
    assert not Mention.objects.exists()


def test_reading_takes_the_mentions_with_it(both, ada, ben) -> None:
    for text in ("@ben", "x", "@ben"):
        post(both, ada, text)
    assert counts(ben)[1] == 2
    read(both, ben, 1)
    assert counts(ben)[1] == 1
    read(both, ben, 3)
    assert counts(ben)[1] == 0
    assert not Mention.objects.exists()


def test_who_answers_has_read_what_mentioned_them(both, ada, ben) -> None:
    post(both, ada, "@ben")
    post(both, ben)
    assert counts(ben) == (0, 0, 2)


def test_editing_and_deleting_change_who_is_mentioned(story, both, ada, ben) -> None:
    posted = post(both, ada, "@ben")
    write(Edit(room_id=both.pk, author_id=ada.pk, message_id=posted.id, text="never mind"))
    assert counts(ben)[1] == 0
    write(Edit(room_id=both.pk, author_id=ada.pk, message_id=posted.id, text="but @ben"))
    assert counts(ben)[1] == 1
    write(Delete(room_id=both.pk, author_id=ada.pk, message_id=posted.id))
    assert counts(ben)[1] == 0
    told = [data["mentions"] for event, data in story.events(f"user/{ben.pk}") if event == "room_mentions"]
    assert told == [1, 0, 1, 0]


def test_an_edit_of_what_was_read_mentions_nobody(both, ada, ben) -> None:
    posted = post(both, ada, "x")
    read(both, ben, 1)
    write(Edit(room_id=both.pk, author_id=ada.pk, message_id=posted.id, text="@ben"))
    assert counts(ben) == (0, 0, 1)


def test_who_left_is_not_counted_and_comes_back_with_nothing(both, ada, ben) -> None:
    post(both, ada, "@ben")
    write(Leave(room_id=both.pk, user_id=ben.pk))
    assert room_list_for(ben) == []
    post(both, ada, "@ben")
    write(Join(room_id=both.pk, user_id=ben.pk))
    assert counts(ben) == (0, 0, 2)
