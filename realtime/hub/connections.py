"""The sockets of one event loop: who they belong to, how many may come, which have gone silent.

One sweep a second looks at all of them in slices; no connection owns a timer. Draining spreads the
goodbyes, so that a deploy does not bring everybody back in the same second.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol

from realtime.metrics import limit_hit
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import ConnectionRefused
from realtime.protocol.limits import LimitName, TokenBucket

if TYPE_CHECKING:
    from realtime.hub.hub import Hub
    from realtime.identity import Identity

__all__ = ["Connections", "Socket", "connections_max"]

logger = logging.getLogger(__name__)

SWEEP_S = 1.0
SLICE = 200
PAUSE_S = 0.002
"""Between two slices. Some of the silent are pinged in each, and their answers come together in the next turns of the
loop, which a message passes through several times."""
DRAIN_STEP_S = 0.1
ANSWERS_WITHIN_S = 1.0
"""What a drain gives, after its time, to those whose requests are not answered yet."""
ADDRESSES_MAX = 50_000
FILES_KEPT = 256
"""Of the files a process may open, kept for the database, the broker, HTTP and those who are turned away."""
QUEUE_MIN_S = 0.5
QUEUE_MAX_S = 20.0
GOODBYE = "the server is shutting down"


class Socket(Protocol):
    """What the registry needs of a connection (realtime.consumers.connection)."""

    identity: Identity | None

    @property
    def busy(self) -> bool:
        """Whether a request is unanswered."""

    def unsent_bytes(self) -> int:
        """What waits for its reader."""

    def sweep(self, now: float, wall: float) -> None: ...
    def close(self, code: CloseCode, reason: str = "") -> None: ...


class Queue:
    """At most `rate` new connections a second; more get a time to come back, each later than the one before.

    So ten thousand that lost another server at once come in at the pace they can be greeted at, and not all
    again in the same second.
    """

    __slots__ = ("_bucket", "_last", "_rate")

    def __init__(self, rate: int, now: float) -> None:
        self._rate = rate
        self._bucket = TokenBucket(max(rate, 1), max(rate, 1) * 2, now)
        self._last = now

    def wait_s(self, now: float) -> float:
        """0 for one who may come in now."""
        if not self._rate or not self._bucket.take(now):
            return 0.0
        self._last = min(max(self._last, now) + 1 / self._rate, now + QUEUE_MAX_S)
        return max(self._last - now, QUEUE_MIN_S)


class Connections:
    """See the module. Iterating gives a copy: closing one while looking is safe."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._all: dict[Socket, None] = {}
        self._by_user: dict[int, dict[Socket, None]] = {}
        self._addresses: dict[str, TokenBucket] = {}
        self._queue: Queue | None = None
        self._max = connections_max(hub.conf.CONNECTIONS_MAX)
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._all))

    @property
    def users(self) -> int:
        """Distinct users on the sockets."""
        return len(self._by_user)

    def of_user(self, user_id: int) -> list[Socket]:
        """The user's sockets on this loop, oldest first."""
        return list(self._by_user.get(user_id, ()))

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._sweep_forever(), name="chorus-sweep")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # --- coming and going -------------------------------------------------------------------------

    def admit(self, address: str | None) -> None:
        """Whether one more may come from `address`. Raises ConnectionRefused (4000, 4001)."""
        if self.draining:
            raise ConnectionRefused(CloseCode.SHUTTING_DOWN, GOODBYE)
        if len(self._all) >= self._max:
            raise _try_later(QUEUE_MAX_S, LimitName.CONNECTIONS_MAX)
        if self._hub.conf.LOOPBACK_IS_EXEMPT and address is not None and _is_loopback(address):
            return
        now = self._hub.loop.time()
        self._admit_from(address, now)
        if self._queue is None:
            self._queue = Queue(self._hub.conf.CONNECTS_PER_S, now)
        if wait_s := self._queue.wait_s(now):
            raise _try_later(wait_s, LimitName.CONNECTS_PER_S)

    def _admit_from(self, address: str | None, now: float) -> None:
        rate = self._hub.conf.CONNECTS_PER_ADDRESS_PER_S
        if not rate or address is None:
            return
        bucket = self._addresses.get(address)
        if bucket is None:
            if len(self._addresses) >= ADDRESSES_MAX:
                self._addresses.clear()
            bucket = self._addresses[address] = TokenBucket(rate, rate * 10, now)
        if wait_s := bucket.take(now):
            raise _try_later(wait_s, LimitName.CONNECTS_PER_ADDRESS_PER_S)

    def add(self, socket: Socket) -> None:
        self._all[socket] = None
        if self.draining:  # it was let in just before
            socket.close(CloseCode.SHUTTING_DOWN, GOODBYE)
        if socket.identity is not None:
            self.identified(socket)

    def identified(self, socket: Socket) -> None:
        """The socket has a user now. The user's oldest goes where there are too many."""
        assert socket.identity is not None
        mine = self._by_user.setdefault(socket.identity.id, {})
        mine[socket] = None
        if len(mine) > self._hub.conf.CONNECTIONS_PER_USER:
            oldest = next(iter(mine))
            del mine[oldest]
            limit_hit(LimitName.CONNECTIONS_PER_USER)
            oldest.close(CloseCode.REPLACED, "too many connections of this user")

    def remove(self, socket: Socket) -> None:
        self._all.pop(socket, None)
        if socket.identity is None:
            return
        mine = self._by_user.get(socket.identity.id, {})
        mine.pop(socket, None)
        if not mine:
            self._by_user.pop(socket.identity.id, None)

    # --- the sweep, the drain ---------------------------------------------------------------------

    async def drain(self, within_s: float) -> None:
        """Tell every connection 4000, in batches spread over `within_s`, and take no new one.

        Who waits for an answer goes after it, or a moment after the time is over.
        """
        self.draining = True
        waiting = list(self._all)
        busy: list[Socket] = []
        steps = max(1, int(within_s / DRAIN_STEP_S))
        size = -(-len(waiting) // steps) or 1
        for start in range(0, len(waiting), size):
            busy = _send_away([*busy, *waiting[start : start + size]])
            await asyncio.sleep(DRAIN_STEP_S)
        for _ in range(int(ANSWERS_WITHIN_S / DRAIN_STEP_S)):
            busy = _send_away(busy)
            if not busy:
                return
            await asyncio.sleep(DRAIN_STEP_S)
        for socket in busy:
            socket.close(CloseCode.SHUTTING_DOWN, GOODBYE)

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await self._sweep()

    async def _sweep(self) -> None:
        sockets = list(self._all)
        for start in range(0, len(sockets), SLICE):
            now, wall = self._hub.loop.time(), time.time()
            for socket in sockets[start : start + SLICE]:
                try:
                    socket.sweep(now, wall)
                except Exception:
                    # A sweep that ended here would leave every deadline of this process unwatched.
                    logger.exception("A connection could not be swept")
            await asyncio.sleep(PAUSE_S)


def connections_max(wanted: int) -> int:
    """How many sockets to hold at most: beyond what the system lets a process open, nobody could be told anything."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(1, min(wanted, files - FILES_KEPT))


def _send_away(sockets: list[Socket]) -> list[Socket]:
    """Close those that wait for no answer, and give the others."""
    busy = []
    for socket in sockets:
        if socket.busy:
            busy.append(socket)
        else:
            socket.close(CloseCode.SHUTTING_DOWN, GOODBYE)
    return busy


def _try_later(wait_s: float, limit: LimitName) -> ConnectionRefused:
    return ConnectionRefused(CloseCode.TRY_LATER, f'{{"retry_after_s": {wait_s:.1f}}}', limit=limit)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
