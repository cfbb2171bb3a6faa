"""Group commit against a transaction that is a list, with the failures a database has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from django.db import DataError, OperationalError

from realtime.groupcommit import DEFER, GroupCommit, changes_waiting
from realtime.hub import Publication, publish
from realtime.metrics import tally
from realtime.protocol.errors import Internal, NotFound, Unavailable


async def inline(run: Callable, changes: Sequence, alone: bool) -> Sequence:
    await asyncio.sleep(0)
    return run(changes, alone)


class Log:
    """A transaction that appends, and fails as it is told to."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.batches: list[tuple[list[int], bool]] = []
        self.poison: set[int] = set()
        self.locked: dict[int, int] = {}
        self.errors: list[Exception] = []

    def run(self, changes: Sequence[int], alone: bool) -> list:
        self.batches.append((list(changes), alone))
        if self.errors:
            raise self.errors.pop(0)
        if self.poison & set(changes):
            raise DataError("invalid byte sequence")
        return [self._one(change, alone) for change in changes]

    def _one(self, change: int, alone: bool) -> object:
        if not alone and self.locked.get(change % 10, 0) > 0:
            return DEFER
        self.rows.append(change)
        return change * 10

    def unlock_once(self) -> None:
        self.locked = {room: misses - 1 for room, misses in self.locked.items()}


class Counted:
    """What has been counted of writers since this was made."""

    def __init__(self) -> None:
        self._before = {name: getattr(tally, name) for name in ("commits", "changes", "collisions")}
        self._batch, self._commit = list(tally.batch.counts), list(tally.commit.counts)

    def grown(self) -> dict[str, int]:
        return {name: getattr(tally, name) - before for name, before in self._before.items()}

    def batch(self) -> list[int]:
        return [now - before for now, before in zip(tally.batch.counts, self._batch, strict=True)]

    def commit(self) -> list[int]:
        return [now - before for now, before in zip(tally.commit.counts, self._commit, strict=True)]


@pytest.fixture
def log() -> Log:
    return Log()


def writer(log: Log, **options: int) -> GroupCommit:
    return GroupCommit(log.run, name="test", execute=inline, **options)


async def test_changes_that_arrive_together_share_a_transaction(log: Log) -> None:
    group = writer(log)
    assert await asyncio.gather(*(group.submit(n) for n in range(5))) == [0, 10, 20, 30, 40]
    assert log.batches == [([0, 1, 2, 3, 4], False)]


async def test_a_batch_is_never_larger_than_its_limit(log: Log) -> None:
    group = writer(log, max_batch=2)
    await asyncio.gather(*(group.submit(n) for n in range(5)))
    assert [len(batch) for batch, _ in log.batches] == [2, 2, 1]
    assert log.rows == [0, 1, 2, 3, 4]


async def test_only_the_poisoned_change_gets_an_error(log: Log) -> None:
    log.poison = {3}
    group = writer(log)
    results = await asyncio.gather(*(group.submit(n) for n in range(8)), return_exceptions=True)
    assert isinstance(results[3], Internal)
    assert [result for n, result in enumerate(results) if n != 3] == [0, 10, 20, 40, 50, 60, 70]
    assert log.rows == [0, 1, 2, 4, 5, 6, 7]


async def test_a_collision_is_run_again_whole(log: Log) -> None:
    log.errors = [OperationalError("database is locked"), OperationalError("database is locked")]
    group = writer(log)
    assert await asyncio.gather(group.submit(1), group.submit(2)) == [10, 20]
    assert [batch for batch, _ in log.batches] == [[1, 2]] * 3


async def test_who_collides_again_and_again_is_told_that_nothing_was_written(log: Log) -> None:
    log.errors = [OperationalError("database is locked")] * 5
    group = writer(log)
    with pytest.raises(Unavailable, match="nothing was written") as refused:
        await group.submit(1)
    assert (refused.value.retryable, refused.value.retry_after_s) == (True, 1.0)
    assert await group.submit(2) == 20
    assert log.rows == [2]


async def test_what_a_transaction_took_and_wrote_is_counted_with_what_ran_into_it(log: Log) -> None:
    before = Counted()
    log.errors = [OperationalError("database is locked")]
    group = writer(log, max_batch=3)
    await asyncio.gather(*(group.submit(n) for n in range(5)))
    assert before.grown() == {"commits": 2, "changes": 5, "collisions": 1}
    assert (sum(before.batch()), sum(before.commit())) == (2, 2)


async def test_what_failed_is_no_commit(log: Log) -> None:
    before = Counted()
    log.poison = {1}
    group = writer(log)
    with pytest.raises(Internal):
        await group.submit(1)
    assert before.grown() == {"commits": 0, "changes": 0, "collisions": 0}


async def test_it_is_told_how_many_changes_wait_and_how_full_the_queue_is(log: Log) -> None:
    before = changes_waiting()[0]
    group = writer(log, max_queue=4)
    futures = [group.submit(n) for n in range(3)]
    assert changes_waiting() == (before + 3, 0.75)
    await asyncio.gather(*futures)
    assert changes_waiting() == (before, 0.0)


async def test_a_lost_database_makes_every_waiter_unavailable_and_the_next_batch_goes_through(log: Log) -> None:
    log.errors = [OperationalError("server closed the connection unexpectedly")]
    group = writer(log)
    results = await asyncio.gather(group.submit(1), group.submit(2), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable, Unavailable]
    assert all(result.retryable for result in results)
    assert await group.submit(3) == 30


async def test_a_refusal_reaches_its_sender_alone(log: Log) -> None:
    group = GroupCommit(lambda changes, alone: [NotFound("gone"), 7], name="test", execute=inline)
    first, second = await asyncio.gather(group.submit(1), group.submit(2), return_exceptions=True)
    assert isinstance(first, NotFound)
    assert second == 7


async def test_locked_rows_go_first_in_the_next_batch_and_alone_after_two_misses(log: Log) -> None:
    log.locked = {3: 99}
    group = writer(log)
    results = await asyncio.gather(group.submit(13), group.submit(4), group.submit(23))
    assert results == [130, 40, 230]
    assert log.rows == [4, 13, 23]
    assert log.batches[-1] == ([13, 23], True)


async def test_rows_that_are_held_for_long_hold_up_nobody_else_and_are_given_up_in_the_end(log: Log) -> None:
    def run(changes: Sequence[int], alone: bool) -> list:
        log.batches.append((list(changes), alone))
        return [DEFER if change == 13 else change for change in changes]

    group = GroupCommit(run, name="test", execute=inline)
    stuck = group.submit(13)
    for n in range(50):
        assert await group.submit(n * 10) == n * 10
        assert not stuck.done()
    # Waited for now and then, and in between the others have their turn.
    assert ([13], True) in log.batches
    assert max(sum(alone for _, alone in log.batches[n : n + 3]) for n in range(len(log.batches) - 2)) == 1
    with pytest.raises(Unavailable, match="nothing was written"):
        await stuck
    assert len(log.batches) < 400


async def test_order_within_a_locked_room_stands_while_others_pass(log: Log) -> None:
    log.locked = {3: 99}
    group = writer(log)
    waiting = [group.submit(13)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting += [group.submit(23), group.submit(5), group.submit(33)]
    await asyncio.gather(*waiting)
    assert [row for row in log.rows if row % 10 == 3] == [13, 23, 33]


async def test_poison_beside_a_locked_room_keeps_the_rooms_order(log: Log) -> None:
    log.locked = {3: 99}
    log.poison = {4}
    group = writer(log)
    await asyncio.gather(*(group.submit(n) for n in (13, 5, 4, 23)), return_exceptions=True)
    assert [row for row in log.rows if row % 10 == 3] == [13, 23]
    assert 4 not in log.rows


async def test_a_full_queue_refuses_at_once(log: Log) -> None:
    group = writer(log, max_queue=2)
    first, second = group.submit(1), group.submit(2)
    with pytest.raises(Unavailable):
        group.submit(3)
    assert await asyncio.gather(first, second) == [10, 20]


async def test_a_sender_that_left_takes_nobody_along(log: Log) -> None:
    group = writer(log)
    gone, here = group.submit(1), group.submit(2)
    gone.cancel()
    assert await here == 20
    assert log.rows == [1, 2]


async def test_closing_settles_what_was_submitted_and_refuses_the_rest(log: Log) -> None:
    group = writer(log)
    last = group.submit(1)
    await group.aclose()
    assert last.result() == 10
    with pytest.raises(Unavailable):
        group.submit(2)


# --- what a transaction publishes -----------------------------------------------------------------


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What happened, in order: the streams that were published to, and what a test adds."""
    said: list[str] = []
    monkeypatch.setattr("realtime.groupcommit.publish", lambda some: said.extend(each.stream for each in some))
    return said


def publishing(changes: Sequence[int], alone: bool) -> list:
    publish([Publication(f"room {change}") for change in changes])
    return changes


async def test_what_a_transaction_publishes_is_told_behind_its_outcomes(said) -> None:
    group = GroupCommit(publishing, name="test", execute=inline)
    futures = [group.submit(n) for n in range(2)]
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: said.append(f"reply {number}"))

    async def waits() -> None:
        await futures[0]
        said.append("who awaits it")

    await asyncio.gather(waits(), group.flush())
    assert said == ["reply 0", "who awaits it", "reply 1", "room 0", "room 1"]


async def test_it_is_told_though_the_senders_have_left(said) -> None:
    group = GroupCommit(publishing, name="test", execute=inline)
    group.submit(1).cancel()
    await group.flush()
    assert said == ["room 1"]


async def test_it_is_told_though_something_failed_after_the_commit(said) -> None:
    def run(changes: Sequence[int], alone: bool) -> list:
        publishing(changes, alone)
        raise OperationalError("server closed the connection unexpectedly")

    group = GroupCommit(run, name="test", execute=inline)
    with pytest.raises(Unavailable):
        await group.submit(1)
    assert said == ["room 1"]
