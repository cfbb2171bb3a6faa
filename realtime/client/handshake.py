"""From the greeting to being somebody, and staying it: presents the token and renews it in time.

Page: docs/reference/protocol.md, "auth".
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from realtime.client.clock import Clock, Timer
from realtime.client.credentials import RENEW_AT, Credentials
from realtime.client.errors import Disconnected
from realtime.client.states import End, Reason
from realtime.protocol.errors import Forbidden, RealtimeError, Unauthenticated
from realtime.protocol.frames import Auth, ClientFrame, Hello, User

__all__ = ["Handshake", "Requests"]

logger = logging.getLogger(__name__)

# After a renewal that failed. A token's last quarter is longer than this by far.
RENEW_AGAIN_S: Final = 5.0


class Requests(Protocol):
    """What the handshake needs of its wire."""

    def request(self, make: Callable[[int], ClientFrame], answer: Callable[[Any], None]) -> None: ...

    def end(self, end: End) -> None: ...


class Handshake:
    """One per wire. `ready` is called once, when the server knows who we are."""

    __slots__ = ("_clock", "_credentials", "_ready", "_task", "_timer", "_wire")

    def __init__(self, wire: Requests, clock: Clock, credentials: Credentials, ready: Callable[[User], None]) -> None:
        self._wire = wire
        self._clock = clock
        self._credentials = credentials
        self._ready = ready
        self._task: asyncio.Task[None] | None = None
        self._timer: Timer | None = None

    def greeted(self, hello: Hello) -> None:
        """A session cookie has already said who we are, or the token has to."""
        if hello.user is not None:
            self._ready(hello.user)
        elif self._credentials.exists:
            self._task = asyncio.create_task(self._authenticate(self._presented))
        else:
            self._wire.end(End(Reason.AUTH_MISSING, final=True))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._timer is not None:
            self._timer.cancel()

    async def _authenticate(self, answer: Callable[[Any, bool], None]) -> None:
        kept = self._credentials.kept
        try:
            token = await self._credentials.token()
        except Exception:
            # The source is the user's code: whatever it raises, we have no token and try again.
            logger.warning("the token source failed", exc_info=True)
            answer(Disconnected("The token source failed."), kept)
        else:
            self._wire.request(lambda id: Auth(id, token), lambda result: answer(result, kept))

    def _presented(self, result: Any, kept: bool) -> None:
        if isinstance(result, Unauthenticated | Forbidden):
            # One that was kept too long is worth a try with a new one.
            self._credentials.expired()
            again = kept and self._credentials.can_renew
            self._wire.end(End(Reason.AUTH_FAILED, final=not again, at_once=again))
        elif isinstance(result, RealtimeError):
            self._wire.end(End(Reason.NO_TOKEN, retry_after_s=result.retry_after_s))
        else:
            self._renew_in(result)
            self._ready(msgspec.convert(result["user"], User))

    def _renew_in(self, reply: dict[str, Any]) -> None:
        expires_in_s = reply.get("expires_in_s")
        if self._credentials.can_renew and expires_in_s is not None:
            self._timer = self._clock.call_later(expires_in_s * RENEW_AT, self._renew)

    def _renew(self) -> None:
        self._credentials.expired()
        self._task = asyncio.create_task(self._authenticate(self._renewed))

    def _renewed(self, result: Any, _kept: bool) -> None:
        """Failing to renew is no harm yet: the server says 4010 when it is."""
        if not isinstance(result, RealtimeError):
            self._renew_in(result)
            return
        self._credentials.expired()
        self._timer = self._clock.call_later(RENEW_AGAIN_S, self._renew)
