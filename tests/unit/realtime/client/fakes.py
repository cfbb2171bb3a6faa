"""A clock that stands still, and a server that is a few dictionaries, for the client's tests."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any

import msgspec

from realtime.client.transport import Address, DialError, SocketEnded
from realtime.protocol import decode
from realtime.protocol.frames import Auth, ClientFrame, Ping, Send, Subscribe

EPOCH = "k3x"
TOPIC = "chat/general"
LIMITS = {"frame_bytes": 65_536, "topics": 100, "requests_per_s": 100}


class FakeTimer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FakeClock:
    """Time passes in `advance` alone; whatever is due then happens in order, the loop coming to rest in between."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, FakeTimer]] = []

    def now(self) -> float:
        return self._now

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> FakeTimer:
        timer = FakeTimer(lambda: callback(*args))
        heapq.heappush(self._timers, (self._now + delay_s, next(self._order), timer))
        return timer

    @property
    def pending(self) -> int:
        return sum(timer.callback is not None for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        end = self._now + seconds
        await settle()
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
            if timer.callback is not None:
                callback, timer.callback = timer.callback, None
                callback()
                await settle()
        self._now = end


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class FakeSocket:
    """The server's end is `push`, `end` and `heard`."""

    def __init__(self, server: "FakeServer", address: Address) -> None:
        self.server = server
        self.address = address
        self.subprotocol: str | None = None
        self.heard: list[ClientFrame] = []
        self.ended: tuple[int, str] | None = None
        self._queue: asyncio.Queue[bytes | SocketEnded] = asyncio.Queue()

    # the client's end

    async def send(self, frame: bytes) -> None:
        if self.ended is not None:
            raise SocketEnded(*self.ended)
        if self.server.stuck:
            await asyncio.get_running_loop().create_future()
        self.take(decode(frame, frame_bytes=65_536))

    async def receive(self) -> bytes:
        item = await self._queue.get()
        if isinstance(item, SocketEnded):
            raise item
        return item

    async def close(self) -> None:
        self.end(1000)

    def abort(self) -> None:
        self.end(1006)

    # the server's end

    def take(self, frame: ClientFrame) -> None:
        self.heard.append(frame)
        self.server.answer(self, frame)

    def push(self, **frame: Any) -> None:
        if self.ended is None:
            self._queue.put_nowait(msgspec.json.encode(frame))

    def push_raw(self, raw: bytes) -> None:
        self._queue.put_nowait(raw)

    def end(self, code: int, reason: str = "") -> None:
        if self.ended is None:
            self.ended = (code, reason)
            self._queue.put_nowait(SocketEnded(code, reason))

    def of(self, kind: type) -> list[Any]:
        return [frame for frame in self.heard if isinstance(frame, kind)]


class FakeServer:
    """A log per topic, keys, tokens. What it does wrong, a test tells it to."""

    def __init__(self) -> None:
        self.sockets: list[FakeSocket] = []
        self.dial_errors: list[DialError | float] = []  # a number: it takes that long, i.e. for ever
        self.user: dict[str, Any] | None = {"id": 42, "name": "mara"}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.expires_in_s = 300.0
        self.says_hello = True
        self.stuck = False  # takes nothing from any socket
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.keys: dict[str, dict[str, Any]] = {}
        self.recover_max = 500
        self.deaf_to: tuple[type, ...] = ()
        self.refusals: list[dict[str, Any]] = []  # of sends, next first
        self.subscribe_refusals: list[dict[str, Any]] = []
        self.subscribed: set[tuple[int, str]] = set()
        self.live_only: set[str] = set()

    async def dial(self, address: Address) -> FakeSocket:
        error = self.dial_errors.pop(0) if self.dial_errors else None
        if isinstance(error, DialError):
            raise error
        if error is not None:
            await asyncio.get_running_loop().create_future()
        socket = FakeSocket(self, address)
        self.sockets.append(socket)
        if self.says_hello:
            self.hello(socket)
        return socket

    @property
    def socket(self) -> FakeSocket:
        return self.sockets[-1]

    def hello(self, socket: FakeSocket) -> None:
        late = {} if self.user is not None else {"auth_within_s": 10}
        name = f"c-{len(self.sockets)}"
        socket.push(op="hello", v=1, connection=name, user=self.user, heartbeat_s=25, limits=LIMITS, **late)

    def answer(self, socket: FakeSocket, frame: ClientFrame) -> None:
        if isinstance(frame, self.deaf_to):
            return
        if isinstance(frame, Ping):
            socket.push(op="pong")
        elif isinstance(frame, Auth):
            self.authenticate(socket, frame)
        elif isinstance(frame, Subscribe):
            self.subscribe(socket, frame)
        elif isinstance(frame, Send):
            self.send(socket, frame)
        else:
            self.subscribed.discard((id(socket), frame.topic))
            socket.push(op="reply", id=frame.id, data={})

    def authenticate(self, socket: FakeSocket, frame: Auth) -> None:
        user = self.tokens.get(frame.token)
        if user is None:
            self.error(socket, frame.id, code="unauthenticated")
            socket.end(4500)
        else:
            socket.push(op="reply", id=frame.id, data={"user": user, "expires_in_s": self.expires_in_s})

    def subscribe(self, socket: FakeSocket, frame: Subscribe) -> None:
        if self.subscribe_refusals:
            self.error(socket, frame.id, **self.subscribe_refusals.pop(0))
            return
        self.subscribed.add((id(socket), frame.topic))
        if frame.topic in self.live_only:
            socket.push(op="reply", id=frame.id, data={"snapshot": {"rooms": []}})
            return
        log, since = self.logs.setdefault(frame.topic, []), frame.since
        served = since is not None and since.epoch == EPOCH and since.seq <= len(log) <= since.seq + self.recover_max
        data: dict[str, Any] = {"epoch": EPOCH, "seq": len(log), "recovered": served, "events": [], "snapshot": None}
        if served and since is not None:
            data["events"] = [{"event": "message", "data": m, "seq": m["seq"]} for m in log[since.seq :]]
        else:
            data["snapshot"] = {"room": {"last_no": len(log)}, "messages": log[-50:], "has_more": False, "me": None}
        socket.push(op="reply", id=frame.id, data=data)

    def send(self, socket: FakeSocket, frame: Send) -> None:
        if self.refusals:
            self.error(socket, frame.id, **self.refusals.pop(0))
        elif (id(socket), frame.topic) not in self.subscribed:
            self.error(socket, frame.id, code="not_subscribed")
        elif frame.event != "message.post":
            socket.push(op="reply", id=frame.id, data={"echo": msgspec.json.decode(frame.data)})
        else:
            self.post(socket, frame)

    def post(self, socket: FakeSocket, frame: Send) -> None:
        known = frame.key in self.keys
        if not known:
            message = self.publish(frame.topic, msgspec.json.decode(frame.data)["text"], key=frame.key)
            self.keys[frame.key or ""] = message
        message = self.keys[frame.key or ""]
        reply = {"id": message["id"], "seq": message["seq"], "created_at": "x", "duplicate": known}
        socket.push(op="reply", id=frame.id, data=reply)

    def publish(self, topic: str, text: str, *, key: str | None = None, lose: bool = False) -> dict[str, Any]:
        log = self.logs.setdefault(topic, [])
        seq = len(log) + 1
        message = {"id": 900 + seq, "seq": seq, "posted_seq": seq, "post_no": seq, "text": text, "key": key}
        log.append(message)
        for socket in self.sockets:
            if (id(socket), topic) in self.subscribed and not lose:
                socket.push(op="event", topic=topic, event="message", data=message, seq=seq)
        return message

    def error(self, socket: FakeSocket, id: int | None, *, code: str, retryable: bool = False, **more: Any) -> None:
        socket.push(op="error", id=id, code=code, message=code, retryable=retryable, **more)
