"""States that come by `publish_state`: every process hears of each, and one commits it.

Of those that come faster than they can be committed only the newest is tried: a hundred at once would stand in each
other's way until the last of them gave up.
"""

from __future__ import annotations

import base64
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dashboard.committer import Committer
from dashboard.computing import WrongState, checked
from dashboard.source import Source, find_source
from dashboard.store import Store

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["PUSHED", "Push", "Pushes", "push_data", "push_of"]

logger = logging.getLogger(__name__)

PUSHED = "dashboard.pushed"
"""The signal that carries one."""
AHEAD_MS = 1_000


class Push(NamedTuple):
    """One state, and since when it holds. word: names it in the cluster."""

    source: Source[Any]
    state: msgspec.Struct
    at_ms: int
    word: str


class Pushes:
    """One per ticker."""

    def __init__(self, hub: Hub, store: Store, committer: Committer) -> None:
        self._hub = hub
        self._store = store
        self._committer = committer
        self._newest: dict[str, Push] = {}
        self._committing: set[str] = set()

    def take(self, push: Push) -> None:
        """On the loop. The first process to take it commits it, unless a newer one comes before."""
        name = push.source.name
        waiting = self._newest.get(name)
        if waiting is None or waiting.at_ms < push.at_ms:
            self._newest[name] = push
        if name not in self._committing:
            self._committing.add(name)
            self._hub.spawn(self._commit(name))

    async def _commit(self, name: str) -> None:
        try:
            while (push := self._newest.pop(name, None)) is not None:
                if await self._store.once(push.word):
                    await self._committer.state(push.source, push.state, push.at_ms, release=False)
        finally:
            self._committing.discard(name)


def push_data(source: Source[Any], state: msgspec.Struct) -> dict[str, Any]:
    """What the signal carries. Raises WrongState."""
    # Not JSON, which has no word for NaN.
    body = base64.b64encode(msgspec.msgpack.encode(checked(source, state))).decode()
    return {"name": source.name, "state": body, "at_ms": _moment(), "word": uuid.uuid4().hex}


def push_of(data: Mapping[str, Any]) -> Push | None:
    """What came; None where it is a source or a state of another release."""
    source = find_source(data["name"])
    if source is None:
        return None
    try:
        state = msgspec.msgpack.decode(base64.b64decode(data["state"]), type=source.state)
        return Push(source, checked(source, state), data["at_ms"], data["word"])
    except (msgspec.MsgspecError, WrongState, ValueError):
        logger.warning("A state was pushed to %r that it does not have", source.name)
        return None


_lock = threading.Lock()
_last_ms = 0


def _moment() -> int:
    """Now, and later than the one before: of two within a millisecond the second is the newer."""
    global _last_ms  # noqa: PLW0603 - one clock a process
    now_ms = time.time_ns() // 1_000_000
    with _lock:
        # A clock that was set back is followed.
        _last_ms = _last_ms + 1 if now_ms <= _last_ms < now_ms + AHEAD_MS else now_ms
        return _last_ms
