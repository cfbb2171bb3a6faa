"""One WebSocket, many topics: reads frames, lets the protocol's session judge them, and hands each to its topic.

It comes into being once somebody was let in (entrance.py), and owns no channel, timer or thread.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from realtime.auth import AuthResult, SessionRef
from realtime.auth.connect import authenticate_token
from realtime.auth.tokens import TokenExpired
from realtime.consumers.account import Account
from realtime.consumers.sessions import watch_of
from realtime.consumers.subscription import Subscription
from realtime.hub.form_writers import lane_writer, queue_writer
from realtime.hub.hub import Hub
from realtime.hub.writers import INTERNAL_ERROR, Lane, Writer
from realtime.identity import Identity
from realtime.metrics import (
    AuthFailure,
    auth_failed,
    connection_closed,
    connection_identified,
    connection_opened,
    limit_hit,
    request_refused,
    tally,
)
from realtime.metrics.counts import NO_CODE
from realtime.protocol.codes import CloseCode
from realtime.protocol.encodings import Encoding, encoding_of, negotiated
from realtime.protocol.errors import ConnectionRefused, Forbidden, Internal, RealtimeError, Unauthenticated
from realtime.protocol.frames import (
    Auth,
    ClientFrame,
    Hello,
    HelloLimits,
    Ping,
    Reply,
    Send,
    Subscribe,
    Unsubscribe,
    User,
)
from realtime.protocol.limits import LimitName, Limits
from realtime.protocol.session import Session

__all__ = ["LANE", "Connection", "Outward", "Receive", "Scope", "subprotocol"]

logger = logging.getLogger(__name__)

LANE = "chorus.lane"
MAY_BE_AUTH = ('"auth"', "\\u")
"""An `auth` has one of these in its text: it says its op, or writes a letter of it by number."""
SILENT_FACTOR = 2.5
SILENT_WITHOUT_PONGS_S = 150.0
"""Where the server keeps pongs to itself: a hidden tab's timers fire once a minute."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Outward = Callable[[dict[str, Any]], Awaitable[None]]


class Connection:
    """One socket from hello to close. `writer` is the only way out, for frames in the connection's `encoding`.

    came_at: when the handshake came, on the loop's clock. account: what the connection came to.
    """

    __slots__ = (
        "_came_with",
        "_lane",
        "_pinged_at",
        "_subscriptions",
        "account",
        "encoding",
        "expires_wall",
        "hub",
        "id",
        "identity",
        "session",
        "session_ref",
        "writer",
    )

    def __init__(
        self, scope: Scope, send: Outward, hub: Hub, authenticated: AuthResult, came_at: float | None = None
    ) -> None:
        now = hub.loop.time()
        self.id = os.urandom(8).hex()
        self.hub = hub
        self.identity: Identity | None = authenticated.identity
        self.session_ref: SessionRef | None = None
        self.expires_wall: float | None = None
        self.encoding: Encoding = encoding_of(subprotocol(scope))
        self._came_with = authenticated.session
        user = None if self.identity is None else self.identity.id
        self.session = Session(_limits(hub), now=now, user=user, encoding=self.encoding)
        self._subscriptions: dict[str, Subscription] = {}
        self._pinged_at = now
        self.account = Account(self.id, user, now if came_at is None else came_at)
        self._lane: Lane | None = scope.get("extensions", {}).get(LANE)
        lane = self._lane
        self.writer: Writer
        if lane is None:
            self.writer = queue_writer(send, self.encoding, hub.conf.BUDGET_BYTES, self._slow)
        else:
            lane.on_life = self._alive
            self.writer = lane_writer(lane, self.encoding, hub.conf.BUDGET_BYTES, self._slow)

    async def run(self, receive: Receive) -> None:
        """Say hello, then serve frames until the socket is gone."""
        self.account.bind(None if self.identity is None else self.identity.id)
        connection_opened(known=self.identity is not None)
        self.hub.connections.add(self)
        self._stand_on(self._came_with)
        self.writer.write(self.encoding.encode(self._hello()))
        self.account.greeted(self.hub.loop.time())
        message: dict[str, Any] = {}
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self._take_directly(None)
                if not self.writer.closed:
                    await self._received(_content(message))
                # From here on what comes is taken as it is read: without a queue and a turn of the loop for each.
                # The transport calls in a context of its own, which knows nothing of what is bound for the logs.
                self._take_directly(partial(copy_context().run, self._take))  # type: ignore[call-arg]  # lost on the way through partial
        finally:
            self._ended()
            code = self.writer.close_code or message.get("code") or NO_CODE
            connection_closed(code, known=self.identity is not None)
            self.account.end(int(code), self.hub.loop.time(), ours=self.writer.close_code is not None)

    # --- for subscriptions and the hub ------------------------------------------------------------

    def refuse(self, id: int | None, error: RealtimeError) -> None:
        """Answer a request with an error."""
        if id is not None:
            self.session.answered(id)
        self._tell(error, id)

    @property
    def busy(self) -> bool:
        """Whether a request is unanswered."""
        return self.session.unanswered > 0 and not self.writer.closed

    def unsent_bytes(self) -> int:
        """What the reader has not taken yet."""
        return 0 if self.writer.closed else self.writer.unsent_bytes()

    def forget(self, subscription: Subscription) -> None:
        """Drop what is neither subscribed nor waiting."""
        if subscription.idle:
            self._subscriptions.pop(subscription.topic, None)

    def close(self, code: CloseCode, reason: str = "") -> None:
        self.writer.close(code, reason)

    def sweep(self, now: float, wall: float) -> None:
        """Once a second: deadlines of auth and token, and silence. Two clocks, because either may jump."""
        if self.writer.closed:
            return
        refused = self.session.due(now)
        if refused is not None:
            if refused.limit is LimitName.AUTH_WITHIN_S:
                auth_failed(AuthFailure.TOO_LATE)
            self._end_by(refused)
        elif self.expires_wall is not None and wall >= self.expires_wall:
            self.close(CloseCode.TOKEN_EXPIRED, "the token expired")
        else:
            self._check_life(now)

    # --- frames -----------------------------------------------------------------------------------

    async def _received(self, raw: str | bytes) -> None:
        frame = self._judged(raw)
        if isinstance(frame, Auth):
            # Awaited here: the frames behind it wait in the server's buffer, which is the barrier.
            await self._authenticate(frame)
        elif frame is not None:
            self._answer(frame)

    def _take(self, text: str) -> bool:
        """The same for one that is there while nobody waits; False for one that has to be awaited."""
        if self.writer.closed:
            return True
        if self.session.barrier or any(each in text for each in MAY_BE_AUTH):
            self._take_directly(None)  # until it has been answered
            return False
        try:
            frame = self._judged(text)
            if frame is not None:
                assert not isinstance(frame, Auth)
                self._answer(frame)
        except Exception:
            logger.exception("connection %s: a frame could not be answered", self.id)
            self.writer.close(INTERNAL_ERROR, "internal error")
        return True

    def _take_directly(self, take: Callable[[str], bool] | None) -> None:
        if self._lane is not None:
            self._lane.on_text = take

    def _judged(self, raw: str | bytes) -> ClientFrame | None:
        """The frame, unless it was refused; that has been told."""
        self.account.heard(len(raw))
        try:
            return self.session.receive(raw, self.hub.loop.time())
        except RealtimeError as error:
            self._tell(error)
        except ConnectionRefused as refused:
            self._end_by(refused)
        return None

    def _answer(self, frame: Ping | Subscribe | Unsubscribe | Send) -> None:
        if isinstance(frame, Ping):
            self.writer.write(self.encoding.pong)
        else:
            if isinstance(frame, Send):
                self.hub.pacer.hurry()
            self._subscription(frame.topic).put(frame)

    def _subscription(self, topic: str) -> Subscription:
        subscription = self._subscriptions.get(topic)
        if subscription is None:
            subscription = self._subscriptions[topic] = Subscription(self, topic)
            self.account.topics += 1
        return subscription

    async def _authenticate(self, frame: Auth) -> None:
        try:
            authenticated = await authenticate_token(frame.token)
            self._check_owner(authenticated)
        except Unauthenticated as error:
            expired = isinstance(error, TokenExpired)
            auth_failed(AuthFailure.EXPIRED if expired else AuthFailure.INVALID)
            self.refuse(frame.id, error)
            if self.identity is None:
                self.close(CloseCode.TOKEN_EXPIRED if expired else CloseCode.AUTH_FAILED, error.message)
            return
        except ConnectionRefused as refused:
            auth_failed(AuthFailure.DISABLED)
            self._end_by(refused)
            return
        except RealtimeError as error:
            auth_failed(AuthFailure.OTHER_USER if isinstance(error, Forbidden) else AuthFailure.UNAVAILABLE)
            self.refuse(frame.id, error)
            return
        except Exception:
            logger.exception("connection %s: auth failed", self.id)
            auth_failed(AuthFailure.UNAVAILABLE)
            self.refuse(frame.id, Internal())
            return
        self._authenticated(frame.id, authenticated)

    def _check_owner(self, authenticated: AuthResult) -> None:
        assert authenticated.identity is not None
        if self.identity is not None and self.identity.id != authenticated.identity.id:
            raise Forbidden("This connection belongs to another user.")

    def _authenticated(self, id: int, authenticated: AuthResult) -> None:
        identity, ref = authenticated.identity, authenticated.session
        assert identity is not None
        assert ref is not None
        left_s = ref.expires_at - time.time()
        self.expires_wall = ref.expires_at
        self.session.authenticated(identity.id, self.hub.loop.time() + left_s)
        self.session.answered(id)
        self._stand_on(ref)
        if self.identity is None:
            self.identity = identity
            self.account.bind(identity.id)
            connection_identified()
            self.hub.connections.identified(self)
        user = User(identity.id, identity.name)
        reply = Reply(id, {"user": user, "expires_in_s": max(0, int(left_s))})
        self.writer.write(self.encoding.encode(reply))
        if self.identity.staff is not identity.staff:
            self.close(CloseCode.TRY_LATER, '{"retry_after_s": 0}')  # topics were let in as who they were before

    # --- helpers ----------------------------------------------------------------------------------

    def _tell(self, error: RealtimeError, id: int | None = None) -> None:
        request_refused(error)
        self.writer.write(self.encoding.encode(error.as_frame(id)))

    def _end_by(self, refused: ConnectionRefused) -> None:
        limit_hit(refused.limit)
        self.close(refused.close_code, refused.message)

    def _stand_on(self, ref: SessionRef | None) -> None:
        """From now on the connection lives as long as `ref` holds; what it stood on before no longer counts."""
        if self.session_ref is not None:
            watch_of(self.hub).remove(self.session_ref, self.close)
        self.session_ref = ref
        if ref is not None:
            watch_of(self.hub).add(ref, self.close)

    def _hello(self) -> Hello:
        conf = self.hub.conf
        limits = HelloLimits(conf.FRAME_BYTES, conf.TOPICS_PER_CONNECTION, conf.REQUESTS_PER_S)
        user = None if self.identity is None else User(self.identity.id, self.identity.name)
        hello = Hello(self.id, user, conf.HEARTBEAT_S, limits)
        if user is None:
            hello.auth_within_s = conf.AUTH_WITHIN_S
        return hello

    def _alive(self) -> None:
        self.session.heard_at = self.hub.loop.time()

    def _check_life(self, now: float) -> None:
        silent_s, heartbeat_s = now - self.session.heard_at, self.hub.conf.HEARTBEAT_S
        limit_s = heartbeat_s * SILENT_FACTOR if self._lane is not None else max(SILENT_WITHOUT_PONGS_S, heartbeat_s)
        if silent_s > limit_s:
            self.close(CloseCode.HEARTBEAT_MISSED, "heartbeat missed")
        elif silent_s >= heartbeat_s and now - self._pinged_at >= heartbeat_s:
            self._pinged_at = now
            self.writer.ping()

    def _slow(self) -> None:
        limit_hit(LimitName.BUDGET_BYTES)
        tally.slow_consumers += 1
        logger.info("connection %s: slow consumer, over %d bytes unsent", self.id, self.hub.conf.BUDGET_BYTES)

    def _ended(self) -> None:
        self._take_directly(None)
        self.writer.closed = True
        self.hub.connections.remove(self)
        self._stand_on(None)
        for subscription in list(self._subscriptions.values()):
            subscription.end()
        self._subscriptions.clear()
        self.session.closed()


def _limits(hub: Hub) -> Limits:
    conf = hub.conf
    return Limits(
        frame_bytes=conf.FRAME_BYTES,
        topics=conf.TOPICS_PER_CONNECTION,
        requests_per_s=conf.REQUESTS_PER_S,
        burst=conf.REQUESTS_BURST,
        bad_frames=conf.BAD_FRAMES,
        auth_within_s=conf.AUTH_WITHIN_S,
        heartbeat_s=conf.HEARTBEAT_S,
    )


def subprotocol(scope: Scope) -> str | None:
    """Which of those that the client offers is spoken; None where it offers none of ours."""
    encoding = negotiated(scope.get("subprotocols", ()))
    return None if encoding is None else encoding.subprotocol


def _content(message: dict[str, Any]) -> str | bytes:
    text: str | None = message.get("text")
    return message.get("bytes") or b"" if text is None else text
