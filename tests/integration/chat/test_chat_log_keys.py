"""`log.append` under a key: what is sent twice is done once, and answered as the first time."""

from __future__ import annotations

import uuid

import pytest

from chat.models import Membership, Message, MessageKey, Status
from realtime.protocol.errors import Conflict
from tests.integration.chat.changes import delete, edit, post
from tests.integration.chat.story import write

pytestmark = pytest.mark.django_db


def test_the_same_key_gives_the_first_result_and_changes_nothing(story, room, ada) -> None:
    key = uuid.uuid4()
    (first,) = write(post(room, ada, "a", key=key))
    story.clear()
    (again,) = write(post(room, ada, "a", key=key))
    assert again.duplicate
    assert (again.id, again.seq, again.created_at) == (first.id, first.seq, first.created_at)
    assert story.told == []
    assert Message.objects.count() == 1


def test_a_key_twice_in_one_batch_is_one_message(room, ada) -> None:
    key = uuid.uuid4()
    first, again = write(post(room, ada, "a", key=key), post(room, ada, "a", key=key))
    assert (again.id, again.seq, again.duplicate) == (first.id, first.seq, True)
    assert Message.objects.count() == 1


def test_a_key_with_other_content_is_a_conflict(room, ada) -> None:
    key = uuid.uuid4()
    (posted,) = write(post(room, ada, "a", key=key))
    for change in (
        post(room, ada, "b", key=key),
        post(room, ada, "a", reply_to=posted.id, key=key),
        edit(room, ada, posted.id, "a", key=key),
        delete(room, ada, posted.id, key=key),
    ):
        with pytest.raises(Conflict):
            write(change)


def test_edits_and_deletions_are_settled_by_their_keys_too(room, ada) -> None:
    (posted,) = write(post(room, ada, "a"))
    for change in (
        edit(room, ada, posted.id, "b", key=uuid.uuid4()),
        delete(room, ada, posted.id, key=uuid.uuid4()),
    ):
        (first,) = write(change)
        (again,) = write(change)
        assert (again.seq, again.duplicate) == (first.seq, True)


def test_what_was_done_once_stays_done_for_one_who_was_banned_since(room, ada) -> None:
    key = uuid.uuid4()
    (first,) = write(post(room, ada, "a", key=key))
    Membership.objects.update(status=Status.BANNED)
    (again,) = write(post(room, ada, "a", key=key))
    assert (again.id, again.duplicate) == (first.id, True)


def test_a_key_belongs_to_its_author_and_room(room, make_room, ada, ben) -> None:
    key = uuid.uuid4()
    results = write(post(room, ada, key=key), post(room, ben, key=key), post(make_room(), ada, key=key))
    assert not any(result.duplicate for result in results)
    assert MessageKey.objects.filter(key=key).count() == 3
