"""Closes connections whose session ended, for the price of one row a tick.

A check reads the site's access version. If it moved, it looks at the connections of the users whose access
changed, and besides at those whose session should have expired by now, and at each once in five minutes
(for what changed without telling: raw SQL, an update past the models). One watch per event loop; the
engine calls `check` each tick and whenever the signal `access_changed` comes.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from math import inf

from realtime.auth.access import access_version, users_changed_since
from realtime.auth.sessions import SessionRef, Verdict, sessions_verify
from realtime.executors import run_read
from realtime.protocol.codes import CloseCode

__all__ = ["Close", "SessionWatch"]

Close = Callable[[CloseCode, str], None]

_RECHECK_S = 300.0
_MESSAGES = {
    CloseCode.AUTH_FAILED: "Your session has ended.",
    CloseCode.BANNED: "This account is disabled.",
    CloseCode.TOKEN_EXPIRED: "The token expired.",
    CloseCode.TRY_LATER: '{"retry_after_s": 0}',
}


class _Watched:
    """Who is to be told when one session ends, and when to look at it next at the latest."""

    __slots__ = ("closers", "due_at")

    def __init__(self) -> None:
        self.closers: set[Close] = set()
        self.due_at = 0.0


class SessionWatch:
    """The sessions that live connections stand on. Not safe from other threads."""

    def __init__(self) -> None:
        self._watched: dict[SessionRef, _Watched] = {}
        self._by_user: dict[int, set[SessionRef]] = {}
        # (when, tie-breaker, ref); an entry that is not its ref's `due_at` any more is dropped in passing.
        self._due: list[tuple[float, int, SessionRef]] = []
        self._entries = 0
        self._late: set[SessionRef] = set()
        self._seen: int | None = None
        self._checking = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._watched)

    def add(self, ref: SessionRef, close: Close) -> None:
        """Watch for `close`. It is called at most once, in the loop, and must not raise."""
        watched = self._watched.get(ref)
        if watched is None:
            watched = self._watched[ref] = _Watched()
            self._by_user.setdefault(ref.user_id, set()).add(ref)
            self._plan(ref, inf if ref.key is None else ref.expires_at, time.time())
        watched.closers.add(close)
        if self._seen is not None and ref.version < self._seen:
            # Read before the last change was looked at: that look did not see this connection.
            self._late.add(ref)

    def remove(self, ref: SessionRef, close: Close) -> None:
        """Stop watching; harmless if it was closed already."""
        watched = self._watched.get(ref)
        if watched is None:
            return
        watched.closers.discard(close)
        if not watched.closers:
            self._forget(ref)

    async def check(self, now: float | None = None) -> None:
        """Close what has ended. now: wall-clock seconds. Raises `Unavailable`; then the next check does it all."""
        async with self._checking:
            await self._check(time.time() if now is None else now)

    async def _check(self, now: float) -> None:
        version, changed = await run_read(_news, self._seen)
        refs = self._affected(changed) | self._late | self._expected(now)
        try:
            verdicts = await run_read(sessions_verify, refs) if refs else {}
        except BaseException:
            self._late |= refs & self._watched.keys()
            raise
        self._seen = version
        self._late -= refs
        for ref, verdict in verdicts.items():
            if ref in self._watched:
                self._settle(ref, verdict, now)

    def _affected(self, users: set[int] | None) -> set[SessionRef]:
        if users is None:
            return set(self._watched)
        return {ref for user in users for ref in self._by_user.get(user, ())}

    def _expected(self, now: float) -> set[SessionRef]:
        refs = set()
        while self._due and self._due[0][0] <= now:
            due_at, _, ref = heapq.heappop(self._due)
            watched = self._watched.get(ref)
            if watched is not None and watched.due_at == due_at:
                refs.add(ref)
        return refs

    def _settle(self, ref: SessionRef, verdict: Verdict, now: float) -> None:
        if verdict.ended is None:
            self._plan(ref, verdict.expires_at, now)
            return
        for close in self._forget(ref):
            close(verdict.ended, _MESSAGES[verdict.ended])

    def _plan(self, ref: SessionRef, expires_at: float, now: float) -> None:
        due_at = min(expires_at, now + _RECHECK_S)
        self._watched[ref].due_at = due_at
        self._entries += 1
        heapq.heappush(self._due, (due_at, self._entries, ref))

    def _forget(self, ref: SessionRef) -> set[Close]:
        watched = self._watched.pop(ref)
        refs = self._by_user[ref.user_id]
        refs.discard(ref)
        if not refs:
            del self._by_user[ref.user_id]
        self._late.discard(ref)
        return watched.closers


def _news(seen: int | None) -> tuple[int, set[int] | None]:
    """The version now, and whose access changed since `seen` (None: it cannot be told, look at everybody)."""
    version = access_version()
    if seen is None or seen == version:
        return version, set() if seen == version else None
    return version, users_changed_since(seen, version) if version > seen else None
