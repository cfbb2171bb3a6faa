"""Reading the log back: snapshot before + events = snapshot after, whatever happened and however it is told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.log import Delete, Edit, Join, Leave, Post, SetRoom, append, changes_after, latest, tops
from chat.models import Message, Room, Visibility
from chat.services import room_create
from realtime.hub import Changes
from tests.integration.chat.story import Copy, Story, committing, snapshot_of, write

pytestmark = pytest.mark.django_db


def recovered(copy: Copy, slug: str, limit: int = 500) -> Changes:
    """Let a copy catch up by `since`, in as many rounds as the limit asks for."""
    while True:
        found = changes_after(slug, copy.seq, limit)
        assert found is not None
        for item in found.items:
            copy.take(item)
        if not found.more:
            copy.seq = found.top
            return found


# --- the property ---------------------------------------------------------------------------------

PEOPLE = 3
actors = st.integers(0, PEOPLE - 1)
which = st.integers(0, 5)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).map(
    lambda text: f"x{text}"
)
posts = st.tuples(st.just("post"), actors, texts)
edits = st.tuples(st.just("edit"), which, texts)
deletions = st.tuples(st.just("delete"), which)
moves = st.tuples(st.sampled_from(["join", "leave"]), actors)
states = st.one_of(
    st.tuples(st.just("set"), st.just("topic"), texts),
    st.tuples(st.just("set"), st.just("slow_mode_s"), st.integers(0, 3)),
    st.tuples(st.just("set"), st.just("visibility"), st.sampled_from(Visibility.values)),
)
deeds = st.one_of(posts, posts, edits, deletions, moves, states)
stories = st.lists(st.lists(deeds, min_size=1, max_size=5), max_size=6)


def change_for(room: Room, people: list[int], deed: tuple[Any, ...]) -> Any:
    """The change a deed asks for; None where there is no such message yet."""
    match deed:
        case "post", actor, text:
            return Post(room_id=room.pk, author_id=people[actor], text=text)
        case (("edit" | "delete"), number, *text):
            found = Message.objects.filter(room=room).order_by("posted_seq")[number : number + 1]
            if not found:
                return None
            author, pk = found[0].author_id, found[0].pk
            if text:
                return Edit(room_id=room.pk, author_id=author, message_id=pk, text=text[0])
            return Delete(room_id=room.pk, author_id=author, message_id=pk)
        case "join", actor:
            return Join(room_id=room.pk, user_id=people[actor], as_system=True)
        case "leave", actor:
            return Leave(room_id=room.pk, user_id=people[actor], as_system=True)
        case _, name, value:
            return SetRoom(room_id=room.pk, values={name: value})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=stories, meanwhile=stories, limit=st.integers(1, 7))
def test_a_snapshot_and_the_events_after_it_are_the_next_snapshot(story: Story, person, happened, meanwhile, limit):
    people = [person().pk for _ in range(PEOPLE)]
    room = room_create(owner=None, slug=f"r{uuid.uuid4().hex}", name="Room")

    def tell(batches: Any) -> None:
        for batch in batches:
            changes = [change for deed in batch if (change := change_for(room, people, deed)) is not None]
            with committing(), transaction.atomic():
                append(changes)

    tell(happened)
    live, healed = snapshot_of(room), snapshot_of(room)
    story.clear()
    tell(meanwhile)
    after = snapshot_of(room)

    for item in story.items(f"chat/{room.slug}"):
        assert item.prev is None
        live.take(item)
    recovered(healed, room.slug, limit)
    assert live == after
    assert healed == after


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=stories, taken=st.data())
def test_events_and_recovery_may_be_mixed_at_any_point(story: Story, person, happened, taken):
    people = [person().pk for _ in range(PEOPLE)]
    room = room_create(owner=None, slug=f"r{uuid.uuid4().hex}", name="Room")
    copy = snapshot_of(room)
    story.clear()
    for batch in happened:
        changes = [change for deed in batch if (change := change_for(room, people, deed)) is not None]
        with committing(), transaction.atomic():
            append(changes)
        if taken.draw(st.booleans(), label="the events came"):
            for item in story.items(f"chat/{room.slug}"):
                if item.follows <= copy.seq:
                    copy.take(item)
        else:
            story.clear()
    recovered(copy, room.slug)
    for item in story.items(f"chat/{room.slug}"):
        copy.take(item)
    assert copy == snapshot_of(room)


# --- one by one -----------------------------------------------------------------------------------


def post(room, author, text="x"):
    return Post(room_id=room.pk, author_id=author.pk, text=text)


def test_a_change_that_was_overtaken_is_told_by_the_later_one(room, ada) -> None:
    first, second = (result.id for result in write(post(room, ada), post(room, ada)))
    start = Room.objects.get(pk=room.pk).last_seq
    write(*(Edit(room_id=room.pk, author_id=ada.pk, message_id=first, text=str(n)) for n in range(3)))
    write(Edit(room_id=room.pk, author_id=ada.pk, message_id=second, text="new"), post(room, ada))
    found = changes_after(room.slug, start, 500)
    assert [(item.seq - start, item.follows - start) for item in found.items] == [(3, 0), (4, 3), (5, 4)]
    assert (found.top, found.more) == (start + 5, False)


def test_the_rooms_own_state_stands_among_the_messages_at_its_seq(room, ada) -> None:
    write(post(room, ada), SetRoom(room_id=room.pk, values={"topic": "a"}), post(room, ada))
    found = changes_after(room.slug, 1, 500)
    assert [(item.seq, item.prev) for item in found.items] == [(2, None), (3, None), (4, None)]
    assert b'"event":"room"' in found.items[1].frame
    assert Room.objects.get(pk=room.pk).topic == "a"


def test_the_limit_cuts_and_says_so(room, ada) -> None:
    write(*(post(room, ada) for _ in range(5)))
    top = Room.objects.get(pk=room.pk).last_seq
    found = changes_after(room.slug, 0, 2)
    assert ([item.seq for item in found.items], found.top, found.more) == ([1, 2], top, True)
    assert not changes_after(room.slug, 0, top).more


def test_a_position_ahead_of_the_log_finds_nothing(room, ada) -> None:
    (posted,) = write(post(room, ada))
    found = changes_after(room.slug, 2**53 - 1, 500)
    assert (found.items, found.top) == ([], posted.seq)
    assert changes_after("nowhere", 0, 500) is None


def test_the_newest_messages_come_oldest_first_with_tombstones(room, ada) -> None:
    ids = [result.id for result in write(*(post(room, ada, str(number)) for number in range(5)))]
    write(Delete(room_id=room.pk, author_id=ada.pk, message_id=ids[3]))
    found = latest(room.slug, 3)
    assert [(row.id, row.text) for row in found.messages] == [(ids[2], "2"), (ids[3], None), (ids[4], "4")]
    assert found.has_more
    assert not latest(room.slug, 5).has_more
    assert latest("nowhere", 5) is None


def test_the_tops_of_many_rooms_are_one_query(django_assert_num_queries, make_room, ada) -> None:
    rooms = [make_room() for _ in range(4)]
    write(post(rooms[0], ada))
    with django_assert_num_queries(1):
        found = tops([*(room.slug for room in rooms), "nowhere"])
    assert found.keys() == {room.slug for room in rooms}
    assert (found[rooms[0].slug].seq, found[rooms[1].slug].seq) == (2, 0)
    assert found[rooms[0].slug].epoch == rooms[0].epoch
