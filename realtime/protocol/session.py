"""One connection's side of the protocol as a state machine, without I/O.

    AWAITING_AUTH ── authenticated() ──▶ READY
          └────────────┬──────────────────┘
                    closed() ──▶ CLOSED

It decodes, counts and remembers what is unanswered; it knows neither users nor topics beyond their
names, and neither sockets nor clocks: every call that needs the time is given it, in seconds of any
clock that does not step back. Page: docs/reference/protocol.md.
"""

from collections import deque
from enum import Enum

from realtime.protocol.codes import CloseCode
from realtime.protocol.encodings import JSON, Encoding
from realtime.protocol.errors import (
    BadFrame,
    ConnectionRefused,
    Invalid,
    NotSubscribed,
    RateLimited,
    RealtimeError,
    TooLarge,
    Unauthenticated,
    UnknownOp,
)
from realtime.protocol.frames import Auth, ClientFrame, Ping
from realtime.protocol.limits import LimitName, Limits, TokenBucket, retry_after

__all__ = ["Session", "SessionState"]


class SessionState(Enum):
    """Where a connection stands."""

    AWAITING_AUTH = "awaiting_auth"
    READY = "ready"
    CLOSED = "closed"


class Session:
    """What one connection has said so far and what it may say next.

    The caller answers every RealtimeError of `receive` with its `as_frame()` and closes on
    ConnectionRefused. While `barrier` is true an `auth` is unanswered: the caller keeps the frames
    that `receive` returns and, after the answer, passes each through `admit` before it acts on it.
    """

    __slots__ = (
        "_auth_id",
        "_bad",
        "_bucket",
        "_encoding",
        "_expires_at",
        "_limits",
        "_refused",
        "_started",
        "_unanswered",
        "heard_at",
        "state",
        "topics",
        "user_id",
    )

    def __init__(self, limits: Limits, *, now: float, user: int | None = None, encoding: Encoding = JSON) -> None:
        self.state = SessionState.AWAITING_AUTH if user is None else SessionState.READY
        self.user_id = user
        self.topics: set[str] = set()
        self.heard_at = now
        self._limits = limits
        self._encoding = encoding
        self._started = now
        self._expires_at: float | None = None
        self._bucket = TokenBucket(limits.requests_per_s, limits.burst, now)
        self._unanswered: set[int] = set()
        self._auth_id: int | None = None
        self._bad: deque[float] | None = None  # made at the first bad frame: most connections send none
        self._refused = 0

    @property
    def barrier(self) -> bool:
        """An `auth` is unanswered, and what came after it waits."""
        return self._auth_id is not None

    @property
    def unanswered(self) -> int:
        """How many requests wait for their reply."""
        return len(self._unanswered)

    def receive(self, raw: str | bytes, now: float) -> ClientFrame:
        """The frame of the next message: text is `str`, binary `bytes`.

        Raises RealtimeError to be answered, ConnectionRefused to close.
        """
        if self.state is SessionState.CLOSED:
            raise ConnectionRefused(CloseCode.SHUTTING_DOWN, "closed")
        self.heard_at = now
        try:
            frame = self._encoding.receive(raw, self._limits.frame_bytes)
        except RealtimeError as error:
            self._count(now, error.id)
            if isinstance(error, (BadFrame, UnknownOp, TooLarge)):
                self._count_bad(now)
            raise
        id = None if isinstance(frame, Ping) else frame.id
        self._count(now, id)
        if not self.barrier:
            self.admit(frame)
        if id is not None:
            self._open(frame, id, now)
        return frame

    def admit(self, frame: ClientFrame) -> None:
        """Whether this frame may be acted on in the present state. Raises Unauthenticated."""
        if self.state is SessionState.AWAITING_AUTH and not isinstance(frame, (Auth, Ping)):
            error = Unauthenticated()
            error.id = frame.id
            raise error

    def answered(self, id: int) -> None:
        """The reply or error for this request has been written; its id is free again."""
        self._unanswered.discard(id)
        if id == self._auth_id:
            self._auth_id = None

    def authenticated(self, user_id: int, expires_at: float | None = None) -> None:
        """An `auth` was accepted, or renewed. `expires_at` is in the clock of `now`."""
        self.user_id = user_id
        self._expires_at = expires_at
        if self.state is SessionState.AWAITING_AUTH:
            self.state = SessionState.READY

    def subscribe(self, topic: str) -> None:
        """Count a subscription. Raises Invalid (field `topic`) over the limit. Again is free."""
        if topic not in self.topics and len(self.topics) >= self._limits.topics:
            message = f"A connection subscribes to at most {self._limits.topics} topics."
            raise Invalid(message, field="topic", limit=LimitName.TOPICS_PER_CONNECTION)
        self.topics.add(topic)

    def unsubscribe(self, topic: str) -> None:
        """Forget a subscription. Raises NotSubscribed if there is none."""
        if topic not in self.topics:
            raise NotSubscribed
        self.topics.remove(topic)

    def due(self, now: float) -> ConnectionRefused | None:
        """Why this connection has to end by now, if so: no `auth` in time, or a token that ran out."""
        if self.state is SessionState.AWAITING_AUTH:
            if now - self._started >= self._limits.auth_within_s:
                limit = LimitName.AUTH_WITHIN_S
                return ConnectionRefused(CloseCode.AUTH_TIMEOUT, "no auth in time", limit=limit)
        elif self._expires_at is not None and now >= self._expires_at:
            return ConnectionRefused(CloseCode.TOKEN_EXPIRED, "the token expired")
        return None

    def closed(self) -> None:
        """The connection is gone; nothing more is received."""
        self.state = SessionState.CLOSED
        self.topics.clear()
        self._unanswered.clear()
        self._auth_id = None

    def _open(self, frame: ClientFrame, id: int, now: float) -> None:
        if id in self._unanswered:
            self._count_bad(now)
            error = BadFrame(f"id: {id} is of a request that is not answered yet", field="id")
            error.id = id
            raise error
        self._unanswered.add(id)
        if isinstance(frame, Auth):
            self._auth_id = id

    def _count(self, now: float, id: int | None) -> None:
        wait_s = self._bucket.take(now)
        if not wait_s:
            # Not forgiven at once: even of the wildest flood some are within the rate.
            self._refused = max(0, self._refused - 1)
            return
        self._refused += 1
        if self._refused > self._limits.refused_bursts * self._limits.burst:
            raise ConnectionRefused(CloseCode.PROTOCOL_ABUSE, "too many requests", limit=LimitName.REQUESTS_FLOOD)
        error = RateLimited(retry_after_s=retry_after(wait_s), limit=LimitName.REQUESTS_PER_S)
        error.id = id
        raise error

    def _count_bad(self, now: float) -> None:
        if self._bad is None:
            self._bad = deque(maxlen=self._limits.bad_frames + 1)
        self._bad.append(now)
        full = len(self._bad) > self._limits.bad_frames
        if full and now - self._bad[0] <= self._limits.bad_window_s:
            raise ConnectionRefused(CloseCode.PROTOCOL_ABUSE, "too many bad frames", limit=LimitName.BAD_FRAMES)
