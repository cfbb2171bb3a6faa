"""Several writers at once, in threads with connections of their own: what the locks are for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from chat import writer
from chat.log import Edit, Join, Post, Posted, lock_rooms
from chat.models import Membership, Message, MessageKey, Room
from chat.services import Mark, member_join, read_marks
from realtime.groupcommit import DEFER
from realtime.protocol.errors import RoomFull

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """Nobody tries again here as the runner does, so rooms are waited for on the slowest machine."""
    monkeypatch.setattr(writer, "LOCK_WAIT", "60s")


@pytest.fixture
def at_once() -> Iterator[Run]:
    """Calls each function in a thread of its own, all starting together; gives results and errors in order."""

    def run(*jobs: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(jobs))

        def one(job: Callable[[], Any]) -> Any:
            gate.wait(timeout=30)
            try:
                return job()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(one, jobs, timeout=60))

    return run


def post(room, author, text="x", **fields) -> Post:
    return Post(room_id=room.pk, author_id=author.pk, text=text, **fields)


def settled(changes: Sequence[Any]) -> list[Any]:
    """Write like a writer: what was deferred is tried again, alone."""
    results = writer.run_batch(changes, False)
    return [
        result if result is not DEFER else writer.run_batch([change], True)[0]
        for change, result in zip(changes, results, strict=True)
    ]


def test_two_writers_of_one_room_leave_no_hole_and_share_no_seq(at_once, room, ada, ben) -> None:
    settled([post(room, ada), post(room, ben)])
    start = Room.objects.get(pk=room.pk)

    def write(author) -> list[Any]:
        return [result for _ in range(8) for result in settled([post(room, author) for _ in range(5)])]

    results = at_once(*(lambda author=author: write(author) for author in (ada, ben)))
    assert all(isinstance(result, Posted) for part in results for result in part), results
    end = Room.objects.get(pk=room.pk)
    assert (end.last_seq, end.post_count) == (start.last_seq + 80, start.post_count + 80)
    rows = list(Message.objects.order_by("seq").values_list("seq", "post_no"))
    assert [seq for seq, _ in rows][2:] == list(range(start.last_seq + 1, end.last_seq + 1))
    assert [no for _, no in rows] == list(range(1, end.post_count + 1))


def test_writers_of_rooms_in_different_orders_do_not_wait_for_ever(at_once, make_room, ada, ben) -> None:
    rooms = [make_room() for _ in range(6)]
    settled([Join(room_id=room.pk, user_id=user.pk) for room in rooms for user in (ada, ben)])

    def write(order: Sequence[Room], author) -> list[Any]:
        return [result for _ in range(6) for result in writer.run_batch([post(room, author) for room in order], True)]

    results = at_once(lambda: write(rooms, ada), lambda: write(rooms[::-1], ben), lambda: write(rooms[3:], ada))
    assert all(isinstance(result, Posted) for part in results for result in part), results
    assert set(Room.objects.values_list("post_count", flat=True)) == {12, 18}


def test_reading_while_others_post_does_not_wait_for_ever(at_once, room, person) -> None:
    people = [person() for _ in range(8)]
    settled([post(room, user) for user in people])

    def write() -> list[Any]:
        return [result for _ in range(10) for result in settled([post(room, user) for user in people])]

    def read() -> list[Any]:
        return [read_marks([Mark(room.pk, user.pk, 2**40) for user in people[::-1]]) for _ in range(10)]

    results = at_once(write, read, read)
    assert all(isinstance(part, list) for part in results), results
    count = Room.objects.get(pk=room.pk).post_count
    assert count == 88
    assert all(0 < no <= count for no in Membership.objects.values_list("last_read_no", flat=True))


def test_a_key_sent_five_times_at_once_is_one_message(at_once, room, ada) -> None:
    key = uuid.uuid4()
    results = at_once(*(lambda: writer.run_batch([post(room, ada, "once", key=key)], True)[0] for _ in range(5)))
    assert sorted(result.duplicate for result in results) == [False, True, True, True, True]
    assert len({(result.id, result.seq, result.created_at) for result in results}) == 1
    assert (Message.objects.count(), MessageKey.objects.count()) == (1, 1)


def test_a_room_never_holds_more_than_its_limit(at_once, settings, room, person) -> None:
    settings.CHAT = {"ROOM_MAX_MEMBERS": 5}
    people = [person() for _ in range(10)]
    jobs = [lambda user=user: member_join(room=room, user=user) for user in people[:5]]
    # The other way in: posting.
    jobs += [lambda user=user: writer.run_batch([post(room, user)], True)[0] for user in people[5:]]
    results = at_once(*jobs)
    assert sum(isinstance(result, RoomFull) for result in results) == 5, results
    assert Membership.objects.filter(room=room).count() == Room.objects.get(pk=room.pk).member_count == 5


def test_edits_of_one_message_from_two_sides_each_have_a_seq(at_once, room, ada) -> None:
    (posted,) = settled([post(room, ada)])

    def edit(side: str) -> list[int]:
        changes = [Edit(room_id=room.pk, author_id=ada.pk, message_id=posted.id, text=f"{side}{n}") for n in range(10)]
        return [writer.run_batch([change], True)[0].seq for change in changes]

    left, right = at_once(lambda: edit("l"), lambda: edit("r"))
    assert sorted(left + right) == list(range(posted.seq + 1, posted.seq + 21))
    assert Message.objects.get(pk=posted.id).seq == posted.seq + 20


def test_a_room_that_somebody_holds_is_put_off_and_the_others_are_not(make_room, ada) -> None:
    held, free = make_room(), make_room()
    settled([post(held, ada), post(free, ada)])
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock_rooms([held.pk])
                locked.set()
                # SQLite has one writer: there the batch below waits for this transaction, so it ends by itself.
                release.wait(timeout=30 if connection.vendor == "postgresql" else 0.2)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(timeout=30)
    results = writer.run_batch([post(held, ada), post(free, ada), post(held, ada)], False)
    release.set()
    thread.join(timeout=30)
    put_off = [result is DEFER for result in results]
    assert put_off == [connection.vendor == "postgresql", False, connection.vendor == "postgresql"]
    assert isinstance(results[1], Posted)
