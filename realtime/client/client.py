"""The client: start here. Everything it is made of stands in the package's docstring."""

import asyncio
import random as randomness
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, Self

import msgspec

from realtime.client.clock import Clock, LoopClock
from realtime.client.credentials import Credentials, TokenSource
from realtime.client.errors import ClientClosed, NoAnswer
from realtime.client.outbox import EntryState, Outbox
from realtime.client.states import ConnectionState, Status
from realtime.client.store import MemoryStore, Store
from realtime.client.subscription import Received, Subscription
from realtime.client.switchboard import RESTING, Switchboard
from realtime.client.transport import Address, Dial, dial
from realtime.protocol.encodings import JSON, MSGPACK
from realtime.protocol.errors import NotSubscribed, RealtimeError
from realtime.protocol.frames import Send, User

__all__ = ["RealtimeClient"]

REQUEST_WITHIN_S: Final = 30.0
# JSON behind it, for a server that knows no other.
_OFFERED: Final = {"json": (JSON.subprotocol,), "msgpack": (MSGPACK.subprotocol, JSON.subprotocol)}


class RealtimeClient:
    """One user's connection to a Chorus server.

        async with RealtimeClient("ws://127.0.0.1:8000/ws/", token=fetch_token) as client:
            room = await client.subscribe("chat/general")
            reply = await client.post("chat/general", "message.post", {"text": "Hello"})
            async for received in room:
                print(received.event, received.data)

    It comes back by itself after whatever may pass, and then every subscription goes on from where it was and every
    post that was not answered is sent again under its key. Belongs to one event loop, and is not safe to
    use from other threads. One client is one task and one timer: thousands fit into a process.

    token: a token, or a function (async or not) that gets a new one whenever it is needed.
    headers: sent with the handshake, e.g. a session cookie; origin: then needed as well.
    encoding: what frames travel in, if the server knows it. compression: whether they may be compressed, if it does.
    store: keeps what is not answered yet; a client that gets another's store sends what it left.
    clock, random, dial: time, jitter and sockets, for tests.
    """

    def __init__(  # noqa: PLR0913 - each is said in the docstring, and none is needed but the first
        self,
        url: str,
        *,
        token: TokenSource | None = None,
        headers: Mapping[str, str] | None = None,
        origin: str | None = None,
        encoding: Literal["json", "msgpack"] = "json",
        compression: bool = False,
        store: Store | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = randomness.random,
        dial: Dial = dial,
    ) -> None:
        self._clock = LoopClock() if clock is None else clock
        self._random = random
        self._board = Switchboard(
            Address(url, dict(headers or {}), origin, _OFFERED[encoding], compression),
            dial=dial,
            clock=self._clock,
            random=random,
            credentials=Credentials(token),
            store=MemoryStore() if store is None else store,
        )
        self._connection = self._board.connection
        self.outbox: Outbox = self._board.outbox

    # --- the connection ---------------------------------------------------------------------------

    @property
    def state(self) -> ConnectionState:
        return self._connection.status.state

    @property
    def status(self) -> Status:
        """The state, and how it came about."""
        return self._connection.status

    @property
    def user(self) -> User | None:
        """Whom the server takes us for; None before the first greeting."""
        return self._connection.user

    @property
    def connection_id(self) -> str | None:
        """The present or last connection's name in the server's logs."""
        hello = self._connection.hello
        return None if hello is None else hello.connection

    def start(self) -> None:
        """Connect, and keep connected. After `closed`: begin again."""
        for subscription in self._board.subscriptions.values():
            subscription.rest(None)
        self._connection.start()

    async def stop(self) -> None:
        """Hang up. Iteration ends; what waits in the outbox stays in its store."""
        await self._connection.stop()

    async def ready(self) -> Self:
        """Wait until connected. Raises ClientClosed if the client rests instead."""
        changed = asyncio.Event()
        remove = self.listen(lambda _: changed.set())
        try:
            while self.state is not ConnectionState.CONNECTED:
                self._check_awake()
                changed.clear()
                await changed.wait()
        finally:
            remove()
        return self

    def retry_now(self) -> None:
        """End a wait at once, whatever ordered it."""
        self._connection.retry_now()

    def drop_connection(self) -> None:
        """Lose the connection without a word, as a network does; for tests of what happens then."""
        self._connection.drop()

    def listen(self, listener: Callable[[Status], object]) -> Callable[[], None]:
        """Call `listener` at every change of state until the returned function is called."""
        self._board.listeners.append(listener)

        def remove() -> None:
            with suppress(ValueError):
                self._board.listeners.remove(listener)

        return remove

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # --- topics -----------------------------------------------------------------------------------

    async def subscribe(
        self,
        topic: str,
        *,
        params: dict[str, Any] | None = None,
        listener: Callable[[Received], object] | None = None,
    ) -> Subscription:
        """Subscribe and wait for the first snapshot, through lost connections.

        Raises the server's refusal; ClientClosed if the client rests; ValueError if there already is a
        subscription to this topic. With a `listener` events go there instead of to who iterates.
        """
        if topic in self._board.subscriptions:
            raise ValueError(f"{topic} is subscribed already")
        self._check_awake()
        subscription = Subscription(topic, params, listener, self._board, self._clock, self._random)
        self._board.subscriptions[topic] = subscription
        if self._connection.is_up:
            subscription.subscribe()
        try:
            return await subscription.established()
        except BaseException:
            subscription.close()
            self._board.subscriptions.pop(topic, None)
            raise

    def subscription(self, topic: str) -> Subscription | None:
        return self._board.subscriptions.get(topic)

    # --- sending ----------------------------------------------------------------------------------

    async def post(self, topic: str, event: str, data: Any, *, key: str | None = None) -> Any:
        """Have something done for certain, once: the reply, however many connections that takes.

        Posts of one topic are sent in order, one at a time. Raises the refusal if it is final, ClientClosed
        if the client rests (the outbox keeps the entry for its next start), NotSubscribed at once
        without a subscription.
        Cancelling stops the waiting, not the posting: `outbox.discard` does that.
        """
        if topic not in self._board.subscriptions:
            raise NotSubscribed
        entry = self.outbox.add(topic, event, data, key=key)
        try:
            return await entry.wait()
        except RealtimeError:
            if entry.state is EntryState.FAILED:
                self.outbox.discard(entry.key)
            raise

    async def request(
        self,
        topic: str,
        event: str,
        data: Any,
        *,
        key: str | None = None,
        timeout_s: float = REQUEST_WITHIN_S,
    ) -> Any:
        """Ask once, over the present connection: the reply.

        Raises the refusal; Disconnected if there is no connection or it ends first, NoAnswer after
        `timeout_s`. With either the outcome is unknown. Requests may overlap.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        raw = msgspec.Raw(msgspec.json.encode(data))
        self._connection.request(lambda id: Send(topic, event, raw, id, key), lambda result: _settle(future, result))
        timer = self._clock.call_later(timeout_s, _settle, future, NoAnswer())
        try:
            return await future
        finally:
            timer.cancel()

    def send(self, topic: str, event: str, data: Any) -> bool:
        """Send without an id and without an answer. False if it was dropped: there is no connection."""
        return self._connection.transmit(Send(topic, event, msgspec.Raw(msgspec.json.encode(data))))

    def _check_awake(self) -> None:
        if self.state in RESTING:
            raise ClientClosed(self.status)


def _settle(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, RealtimeError):
        future.set_exception(result)
    else:
        future.set_result(result)
