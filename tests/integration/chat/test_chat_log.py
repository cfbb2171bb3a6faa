"""`log.append`: what changes do to a room, what they refuse, and what a commit tells."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.log import Join, Leave, Post, SetRole, SetRoom, append
from chat.models import Membership, Message, Role, Room, Status, Visibility
from realtime.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Muted,
    NotFound,
    RoomFull,
    SlowMode,
)
from tests.integration.chat.changes import delete, edit, post
from tests.integration.chat.story import write

pytestmark = pytest.mark.django_db


def join(room, user, **fields):
    return Join(room_id=room.pk, user_id=user.pk, **{"as_system": True, **fields})


def update(room, **fields):
    Room.objects.filter(pk=room.pk).update(**fields)


def member(room, user, **fields):
    """A membership as the database has it, made or changed past every rule."""
    write(join(room, user))
    Membership.objects.filter(room=room, user=user).update(**fields)


def messages(story, room):
    return [data for event, data in story.events(f"chat/{room.slug}") if event == "message"]


# --- posting --------------------------------------------------------------------------------------


def test_a_post_takes_the_next_seq_and_the_next_number(story, room, ada) -> None:
    member(room, ada)
    before = Room.objects.get(pk=room.pk)
    first, second = write(post(room, ada, "one"), post(room, ada, "two"))
    assert (first.seq, second.seq) == (before.last_seq + 1, before.last_seq + 2)
    rows = list(Message.objects.order_by("seq").values_list("id", "seq", "posted_seq", "post_no", "text"))
    assert rows == [(first.id, first.seq, first.seq, 1, "one"), (second.id, second.seq, second.seq, 2, "two")]
    after = Room.objects.get(pk=room.pk)
    assert (after.last_seq, after.post_count, after.last_author_id) == (second.seq, 2, ada.pk)
    assert not first.duplicate


def test_a_commit_tells_each_room_once_with_every_event_in_order(story, make_room, ada) -> None:
    here, there = make_room(), make_room()
    for room in (here, there):
        member(room, ada)
    story.clear()
    write(post(here, ada, "1"), post(there, ada, "2"), post(here, ada, "3"))
    told = [told for told in story.told if told.stream.startswith("chat/")]
    assert [told.stream for told in told] == [f"chat/{here.slug}", f"chat/{there.slug}"]
    assert [item.seq for item in told[0].items] == [2, 3]
    assert [data["text"] for data in messages(story, here)] == ["1", "3"]


def test_an_event_says_what_the_protocol_promises(story, room, ada) -> None:
    member(room, ada)
    key = uuid.uuid4()
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    (first,) = write(post(room, ada, "héllo <b>", key=key), at=moment)
    (second,) = write(post(room, ada, "again", reply_to=first.id))
    assert messages(story, room)[0] == {
        "id": first.id,
        "seq": first.seq,
        "posted_seq": first.seq,
        "post_no": 1,
        "author": {"id": ada.pk, "name": "ada"},
        "text": "héllo <b>",
        "created_at": "2026-01-02T03:04:05.678Z",
        "edited_at": None,
        "deleted_at": None,
        "key": str(key),
        "reply_to": None,
    }
    assert messages(story, room)[1]["reply_to"] == first.id
    assert first.created_at == "2026-01-02T03:04:05.678Z"
    assert second.id != first.id


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE x; --", '{"a": "\\u0041"}', "%s %% {}", "\\N \\x41", "😀\u202e", "a\x1bb"]
)
def test_a_text_comes_back_byte_for_byte(story, room, ada, text) -> None:
    (posted,) = write(post(room, ada, text))
    assert Message.objects.get(pk=posted.id).text == text
    assert messages(story, room)[-1]["text"] == text
    write(edit(room, ada, posted.id, text + text))
    assert Message.objects.get(pk=posted.id).text == text + text


def test_posting_in_a_public_room_joins_it(story, room, ada) -> None:
    write(post(room, ada))
    membership = Membership.objects.get(room=room, user=ada)
    assert (membership.status, membership.role, membership.last_read_no) == (Status.MEMBER, Role.MEMBER, 1)
    assert Room.objects.get(pk=room.pk).member_count == 1
    assert [event for event, _ in story.events(f"chat/{room.slug}")] == ["room", "message"]
    assert [event for event, _ in story.events(f"user/{ada.pk}")] == ["room_added"]


def test_who_posts_has_read_up_to_there(room, ada, ben) -> None:
    write(post(room, ada), post(room, ada), post(room, ben))
    assert dict(Membership.objects.values_list("user__username", "last_read_no")) == {"ada": 2, "ben": 3}


def test_a_reply_names_a_message_of_the_same_room(room, make_room, ada) -> None:
    (elsewhere,) = write(post(make_room(), ada))
    for wrong in (elsewhere.id, 2**53 - 1):
        with pytest.raises(Invalid) as refused:
            write(post(room, ada, reply_to=wrong))
        assert refused.value.field == "reply_to"


def test_one_refusal_in_a_batch_leaves_the_others_standing(story, room, ada, ben) -> None:
    member(room, ben, status=Status.BANNED)
    with_refusal = [post(room, ada, "a"), post(room, ben, "b"), post(room, ada, "c")]
    from django.db import transaction

    with transaction.atomic():
        results = append(with_refusal)
    assert isinstance(results[1], Forbidden)
    assert list(Message.objects.order_by("seq").values_list("text", "post_no")) == [("a", 1), ("c", 2)]


# --- decided under the lock -----------------------------------------------------------------------


def test_an_archived_room_takes_nothing(room, ada) -> None:
    (posted,) = write(post(room, ada))
    update(room, archived=True)
    for change in (post(room, ada), edit(room, ada, posted.id, "x"), delete(room, ada, posted.id)):
        with pytest.raises(Forbidden):
            write(change)


def test_a_muted_member_may_only_take_back(room, ada) -> None:
    (posted,) = write(post(room, ada))
    Membership.objects.update(muted_until=datetime.now(UTC) + timedelta(hours=1))
    for change in (post(room, ada), edit(room, ada, posted.id, "x")):
        with pytest.raises(Muted):
            write(change)
    write(delete(room, ada, posted.id))


def test_slow_mode_holds_inside_one_batch(room, ada) -> None:
    update(room, slow_mode_s=60)
    with pytest.raises(SlowMode) as refused:
        write(post(room, ada), post(room, ada))
    assert 0 < refused.value.retry_after_s <= 60


def test_a_disabled_account_writes_nothing(room, person) -> None:
    with pytest.raises(Forbidden):
        write(post(room, person(is_active=False)))


def test_a_private_room_is_not_there_for_strangers(make_room, ada, ben) -> None:
    secret = make_room(owner=ada, visibility=Visibility.PRIVATE)
    (posted,) = write(post(secret, ada))
    for change in (
        post(secret, ben),
        edit(secret, ben, posted.id, "x"),
        delete(secret, ben, posted.id),
        Join(room_id=secret.pk, user_id=ben.pk),
        Join(room_id=secret.pk, user_id=ben.pk, by=ben.pk),
        Leave(room_id=secret.pk, user_id=ben.pk),
        SetRoom(room_id=secret.pk, by=ben.pk, values={"topic": "x"}),
        SetRole(room_id=secret.pk, by=ben.pk, user_id=ben.pk, role=Role.OWNER),
    ):
        with pytest.raises(NotFound) as refused:
            write(change)
        assert str(refused.value) == str(NotFound())
    with pytest.raises(NotFound):
        write(Post(room_id=2**40, author_id=ben.pk, text="x"))


def test_a_full_room_takes_no_one_more(settings, room, ada, ben) -> None:
    settings.CHAT = {"ROOM_MAX_MEMBERS": 1}
    write(post(room, ada))
    for change in (post(room, ben), Join(room_id=room.pk, user_id=ben.pk)):
        with pytest.raises(RoomFull):
            write(change)
    write(post(room, ada))
    assert Room.objects.get(pk=room.pk).member_count == 1
    write(join(room, ben, over_limit=True))
    assert Room.objects.get(pk=room.pk).member_count == 2


# --- editing and deleting -------------------------------------------------------------------------


def test_an_edit_is_the_message_as_it_now_is(story, room, ada) -> None:
    (posted,) = write(post(room, ada, "helo"))
    (edited,) = write(edit(room, ada, posted.id, "hello"))
    assert edited.seq == posted.seq + 1
    data = messages(story, room)[-1]
    assert (data["id"], data["seq"], data["posted_seq"], data["text"]) == (posted.id, edited.seq, posted.seq, "hello")
    assert data["edited_at"] is not None


def test_an_edit_that_changes_nothing_returns_the_seq_that_says_so(story, room, ada) -> None:
    (posted,) = write(post(room, ada, "same"))
    story.clear()
    key = uuid.uuid4()
    (edited,) = write(edit(room, ada, posted.id, "same", key=key))
    assert (edited.seq, edited.duplicate) == (posted.seq, False)
    assert story.told == []
    with pytest.raises(Conflict):
        write(edit(room, ada, posted.id, "other", key=key))


def test_a_deleted_message_keeps_its_place_without_its_text(story, room, ada) -> None:
    (posted,) = write(post(room, ada, "oops"))
    (deleted,) = write(delete(room, ada, posted.id))
    row = Message.objects.get(pk=posted.id)
    assert (row.text, row.seq, row.posted_seq) == (None, deleted.seq, posted.seq)
    data = messages(story, room)[-1]
    assert data["text"] is None
    assert data["deleted_at"] is not None
    (again,) = write(delete(room, ada, posted.id))
    assert again.seq == deleted.seq
    with pytest.raises(Conflict):
        write(edit(room, ada, posted.id, "x"))


def test_a_moderator_deletes_what_others_wrote_and_nobody_edits_it(room, ada, ben) -> None:
    (posted,) = write(post(room, ada))
    write(join(room, ben))
    for change in (delete(room, ben, posted.id), edit(room, ben, posted.id, "x")):
        with pytest.raises(Forbidden):
            write(change)
    write(SetRole(room_id=room.pk, user_id=ben.pk, role=Role.MODERATOR))
    write(delete(room, ben, posted.id))


def test_messages_of_another_room_are_not_found(room, make_room, ada) -> None:
    (elsewhere,) = write(post(make_room(), ada))
    for change in (edit(room, ada, elsewhere.id, "x"), delete(room, ada, elsewhere.id), delete(room, ada, 2**53 - 1)):
        with pytest.raises(NotFound):
            write(change)


def test_several_changes_of_one_message_each_have_their_seq_and_event(story, room, ada) -> None:
    (posted,) = write(post(room, ada, "0"))
    story.clear()
    results = write(
        edit(room, ada, posted.id, "1"), edit(room, ada, posted.id, "2"), delete(room, ada, posted.id), post(room, ada)
    )
    seqs = [result.seq for result in results]
    assert seqs == list(range(posted.seq + 1, posted.seq + 5))
    assert [(data["seq"], data["text"]) for data in messages(story, room)] == [
        (seqs[0], "1"),
        (seqs[1], "2"),
        (seqs[2], None),
        (seqs[3], "hello"),
    ]
    assert Message.objects.get(pk=posted.id).seq == seqs[2]


# --- rooms and who belongs to them ----------------------------------------------------------------


def test_joining_and_leaving_are_room_events_with_the_count(story, room, ada) -> None:
    write(Join(room_id=room.pk, user_id=ada.pk))
    write(Leave(room_id=room.pk, user_id=ada.pk))
    told = story.events(f"chat/{room.slug}")
    assert [(event, data["members"], data["last_seq"]) for event, data in told] == [("room", 1, 1), ("room", 0, 2)]
    assert [event for event, _ in story.events(f"user/{ada.pk}")] == ["room_added", "room_removed"]
    assert [signal.name for signal in story.signals(f"user/{ada.pk}")] == ["room_joined", "room_left"]
    (access,) = story.signals(f"chat/{room.slug}")
    assert (access.name, access.data["user"]) == ("access", ada.pk)


def test_what_is_so_already_changes_nothing(story, room, ada) -> None:
    write(join(room, ada))
    story.clear()
    state = Room.objects.get(pk=room.pk)
    write(join(room, ada))
    write(SetRoom(room_id=room.pk, values={"name": state.name}))
    write(SetRole(room_id=room.pk, user_id=ada.pk, role=Role.MEMBER))
    assert story.told == []
    assert Room.objects.get(pk=room.pk).last_seq == state.last_seq


def test_who_comes_back_has_nothing_unread_and_keeps_their_mute(room, ada, ben) -> None:
    muted_until = datetime(2100, 1, 1, tzinfo=UTC)
    member(room, ada, muted_until=muted_until)
    write(Leave(room_id=room.pk, user_id=ada.pk))
    write(post(room, ben), post(room, ben))
    write(Join(room_id=room.pk, user_id=ada.pk))
    membership = Membership.objects.get(user=ada)
    assert (membership.last_read_no, membership.muted_until) == (2, muted_until)


def test_who_is_banned_is_not_brought_in_by_anybody(room, ada, ben) -> None:
    write(join(room, ben))
    member(room, ada, status=Status.BANNED)
    for change in (join(room, ada), join(room, ada, by=ben.pk, as_system=False)):
        with pytest.raises(Forbidden):
            write(change)


def test_a_room_keeps_an_owner(make_room, ada, ben) -> None:
    room = make_room(owner=ada)
    write(join(room, ben))
    with pytest.raises(Conflict):
        write(Leave(room_id=room.pk, user_id=ada.pk))
    with pytest.raises(Conflict):
        write(SetRole(room_id=room.pk, user_id=ada.pk, role=Role.MEMBER, by=ada.pk))
    write(SetRole(room_id=room.pk, user_id=ben.pk, role=Role.OWNER, by=ada.pk), Leave(room_id=room.pk, user_id=ada.pk))
    with pytest.raises(Conflict):
        write(SetRole(room_id=room.pk, user_id=ben.pk, role=Role.MEMBER, by=ben.pk))
    write(Leave(room_id=room.pk, user_id=ben.pk))
    assert Room.objects.get(pk=room.pk).member_count == 0


def test_a_room_that_turns_private_looks_at_everybody_again(story, make_room, ada) -> None:
    room = make_room(owner=ada)
    story.clear()
    write(SetRoom(room_id=room.pk, values={"visibility": Visibility.PRIVATE}, by=ada.pk))
    ((event, data),) = story.events(f"chat/{room.slug}")
    assert (event, data["visibility"]) == ("room", "private")
    (signal,) = story.signals(f"chat/{room.slug}")
    assert signal.data["user"] is None
    assert signal.data["version"] == Room.objects.get(pk=room.pk).access_version


# --- cost -----------------------------------------------------------------------------------------


def test_the_number_of_statements_does_not_depend_on_the_number_of_changes(story, make_room, person) -> None:
    rooms, people = [make_room() for _ in range(3)], [person() for _ in range(4)]

    def statements(count: int) -> int:
        texts = [f"@{people[number % 4].username} {number}" for number in range(count)]
        changes = [post(rooms[n % 3], people[n % 4], text) for n, text in enumerate(texts)]
        posted = [result.id for result in write(*changes)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            edits = [edit(rooms[n % 3], people[n % 4], pk, f"{n} again") for n, pk in enumerate(posted)]
            write(*edits[::2], *changes[: count // 2], *(post(rooms[n % 3], people[n % 4]) for n in range(count)))
        return len(captured)

    assert statements(12) == statements(60) == statements(120)


def test_a_batch_of_posts_takes_few_statements(story, room, ada, ben) -> None:
    write(post(room, ada), post(room, ben))
    with CaptureQueriesContext(connection) as captured:
        write(*(post(room, author, str(number)) for number in range(25) for author in (ada, ben)))
    # rooms, members, users, keys; members, messages, keys, rooms; and the savepoint around them
    assert len(captured) <= 8 + 2, [query["sql"][:80] for query in captured.captured_queries]
