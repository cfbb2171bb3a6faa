"""The writer: what sockets ask for goes through here, many changes in one transaction.

The runner (`realtime.groupcommit`) owns queue, order and retries; this module supplies the transaction and
keeps one runner per event loop. Everything else that writes (pages, API, commands) calls `chat.services`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection, transaction

from chat.conf import conf
from chat.log import Change, Outcome, append
from chat.log.append import Result
from realtime.database import sqlstate
from realtime.groupcommit import DEFER, GroupCommit

__all__ = ["run_batch", "submit"]

Writer = GroupCommit[Change, Outcome]

LOCK_WAIT = "100ms"
"""How long a room that somebody else holds is waited for at a time: all others of the process wait as long."""
LOCK_NOT_AVAILABLE = "55P03"  # https://www.postgresql.org/docs/15/errcodes-appendix.html

_writers: WeakKeyDictionary[asyncio.AbstractEventLoop, Writer] = WeakKeyDictionary()


def submit(change: Change) -> asyncio.Future[Outcome]:
    """Have a change written with the next batch; done once it is durable, or refused (a RealtimeError).

    Call it on the event loop. Raises Unavailable at once when too much waits. Cancelling the future does not
    take the change back.
    """
    loop = asyncio.get_running_loop()
    writer = _writers.get(loop)
    if writer is None:
        writer = GroupCommit(run_batch, name="chat", max_batch=conf().BATCH_MAX, max_queue=conf().QUEUE_MAX)
        _writers[loop] = writer
    return writer.submit(change)


def run_batch(changes: Sequence[Change], alone: bool) -> list[Result]:
    """One transaction. alone: wait a little for rooms that others hold, instead of deferring at once."""
    try:
        with transaction.atomic():
            if alone:
                _limit_wait()
            return append(changes, wait=alone)
    except OperationalError as error:
        if alone and sqlstate(error) == LOCK_NOT_AVAILABLE:
            return [DEFER] * len(changes)
        raise


def _limit_wait() -> None:
    # SQLite has one lock for everything and a time limit of its own.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
