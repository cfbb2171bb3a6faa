"""The writer: what sockets ask for goes through here, many changes in one transaction.

The runner (`realtime.groupcommit`) owns queue, order and retries; this module supplies the transaction and
keeps one runner per event loop. Everything else that writes (pages, API, commands) calls `chat.services`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.db import transaction

from chat.conf import conf
from chat.log import Change, Outcome, append
from chat.log.append import Result
from realtime.groupcommit import GroupCommit

__all__ = ["run_batch", "submit"]

Writer = GroupCommit[Change, Outcome]

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
    """One transaction. alone: wait for rooms that others hold, instead of deferring their changes."""
    with transaction.atomic():
        return append(changes, wait=alone)
