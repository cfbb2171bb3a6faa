"""`append`: the transaction's body, the same for the writer's batches and for a service's single change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from django.db import connection, transaction

from chat.log.announce import announce, mark_announced
from chat.log.batch import Batch
from chat.log.changes import Change, Outcome, Unkeyed
from chat.log.decide import Pending, decide_message
from chat.log.load import count_owners, find_messages, lock_rooms, look_up
from chat.log.rooms import decide_room
from chat.log.write import write
from chat.serialize import whole_ms
from realtime.groupcommit import DEFER, Deferred
from realtime.protocol.errors import RealtimeError

__all__ = ["append"]

Result = Outcome | RealtimeError | Literal[Deferred.DEFER]


def append(changes: Sequence[Change], *, wait: bool = True, at: datetime | None = None) -> list[Result]:
    """Change rooms' logs, inside the caller's `atomic`; published when the outermost one commits.

    at: the moment the changes are stamped with, where that is not now (history from elsewhere).
    Returns, in order: the outcome of each change, the refusal (a RealtimeError, not raised: the others
    stand), or DEFER where wait=False and somebody else holds the room. Raises database errors only. The
    number of statements does not depend on the number of changes; give at most 200.
    """
    assert connection.in_atomic_block, "append() runs in its caller's transaction"
    batch = _read(changes, at or datetime.now(UTC), wait=wait)
    decided = [_decide(batch, change, wait=wait) for change in changes]
    if batch.events or batch.new_keys:
        mark_announced(batch)
        write(batch)
        transaction.on_commit(lambda: announce(batch), robust=True)
    return [result.settled() if isinstance(result, Pending) else result for result in decided]


def _read(changes: Sequence[Change], moment: datetime, *, wait: bool) -> Batch:
    rooms = lock_rooms((change.room_id for change in changes), wait=wait)
    here = [change for change in changes if change.room_id in rooms]
    users, members, keys = look_up(here)
    return Batch(
        started=moment,
        now=whole_ms(moment),
        rooms=rooms,
        members=members,
        users=users,
        keys=keys,
        messages=find_messages(here),
        owners=count_owners(here),
    )


def _decide(batch: Batch, change: Change, *, wait: bool) -> Result | Pending:
    if not wait and change.room_id not in batch.rooms:
        return DEFER
    try:
        if isinstance(change, Unkeyed):
            return decide_room(batch, change)
        return decide_message(batch, change)
    except RealtimeError as refusal:
        return refusal
