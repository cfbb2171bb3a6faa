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
from collections.abc import Callable, Collection

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
}


class SessionWatch:
    """The sessions that live connections stand on. Not safe from other threads."""

    def __init__(self) -> None:
        self._closers: dict[SessionRef, set[Close]] = {}
        self._by_user: dict[int, set[SessionRef]] = {}
        # (when to look again, ref); an entry whose ref has gone is dropped when its time comes.
        self._due: list[tuple[float, int, SessionRef]] = []
        self._late: set[SessionRef] = set()
        self._seen: int | None = None
        self._count = 0
        self._checking = asyncio.Lock()

    def add(self, ref: SessionRef, close: Close) -> None:
        """Watch for `close`. It is called at most once, in the loop, and must not raise."""
        if ref not in self._closers:
            self._closers[ref] = set()
            self._by_user.setdefault(ref.user_id, set()).add(ref)
            self._plan(ref, ref.expires_at, time.time())
        self._closers[ref].add(close)
        if self._seen is not None and ref.version < self._seen:
            # Read before the last change was looked at: that look did not see this connection.
            self._late.add(ref)

    def remove(self, ref: SessionRef, close: Close) -> None:
        """Stop watching; harmless if it was closed already."""
        closers = self._closers.get(ref)
        if closers is None:
            return
        closers.discard(close)
        if not closers:
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
            self._late |= refs & self._closers.keys()
            raise
        self._seen = version
        self._late -= refs
        for ref, verdict in verdicts.items():
            self._settle(ref, verdict, now)

    def _affected(self, users: set[int] | None) -> set[SessionRef]:
        if users is None:
            return set(self._closers)
        return {ref for user in users for ref in self._by_user.get(user, ())}

    def _expected(self, now: float) -> set[SessionRef]:
        refs = set()
        while self._due and self._due[0][0] <= now:
            ref = heapq.heappop(self._due)[2]
            if ref in self._closers:
                refs.add(ref)
        return refs

    def _settle(self, ref: SessionRef, verdict: Verdict, now: float) -> None:
        if verdict.ended is None:
            self._plan(ref, verdict.expires_at, now)
            return
        for close in self._forget(ref):
            close(verdict.ended, _MESSAGES[verdict.ended])

    def _plan(self, ref: SessionRef, expires_at: float, now: float) -> None:
        self._count += 1  # ties are broken by it: refs have no order
        heapq.heappush(self._due, (min(expires_at, now + _RECHECK_S), self._count, ref))

    def _forget(self, ref: SessionRef) -> Collection[Close]:
        closers = self._closers.pop(ref, set())
        refs = self._by_user.get(ref.user_id, set())
        refs.discard(ref)
        if not refs:
            self._by_user.pop(ref.user_id, None)
        self._late.discard(ref)
        return closers


def _news(seen: int | None) -> tuple[int, set[int] | None]:
    """The version now, and whose access changed since `seen` (None: it cannot be told, look at everybody)."""
    version = access_version()
    if seen is None or seen == version:
        return version, set() if seen == version else None
    return version, users_changed_since(seen, version) if version > seen else None
