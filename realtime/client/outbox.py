"""What was written and not yet answered: kept under a key, sent in order, one at a time per topic.

Sent again after a lost connection with the same key, so that the server does each thing once, whatever
became of the first attempt. Page: docs/reference/protocol.md, "Keys".
"""

import asyncio
import uuid
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from realtime.client.backoff import backoff_after
from realtime.client.clock import Clock, Timer
from realtime.client.errors import Disconnected
from realtime.client.store import Store, Stored
from realtime.client.wire import Answer
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import Invalid, NotSubscribed, RealtimeError, TooLarge
from realtime.protocol.frames import ID_MAX, ClientFrame, Send

__all__ = ["Entry", "EntryState", "Outbox", "Post"]


class EntryState(StrEnum):
    """Where an entry stands."""

    PENDING = "pending"
    SENDING = "sending"  # sent, unanswered
    FAILED = "failed"  # refused for good; `error` says why


class Entry:
    """One thing to be done. `await entry.wait()` for the reply."""

    __slots__ = ("_future", "data", "error", "event", "key", "retry_at", "state", "topic")

    def __init__(self, stored: Stored) -> None:
        self.key = stored.key
        self.topic = stored.topic
        self.event = stored.event
        self.data = stored.data
        self.state = EntryState.PENDING
        self.error: RealtimeError | None = None
        self.retry_at: float | None = None  # after a refusal that passes
        self._future: asyncio.Future[Any] | None = None

    async def wait(self) -> Any:
        """The server's reply. Raises the refusal. Cancelling this does not take the entry back."""
        if self._future is None:
            self._future = asyncio.get_running_loop().create_future()
            if self.error is not None:
                self._future.set_exception(self.error)
        return await asyncio.shield(self._future)

    def _settle(self, result: Any) -> None:
        future, self._future = self._future, None
        if future is None or future.done():
            return
        if isinstance(result, RealtimeError):
            future.set_exception(result)
            future.exception()  # nobody has to be listening
        else:
            future.set_result(result)


class Post(Protocol):
    """What an outbox needs of its client."""

    def ask(self, make: Callable[[int], ClientFrame], answer: Answer) -> None: ...

    def is_live(self, topic: str) -> bool: ...

    def resubscribe(self, topic: str) -> None: ...

    def size_of(self, frame: ClientFrame) -> int: ...

    @property
    def frame_bytes(self) -> int: ...


class _Lane:
    """The entries of one topic. `head` is the one that is or will be sent."""

    __slots__ = ("busy", "refusals", "timer", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[str, Entry] = {}
        self.busy = False
        self.refusals = 0
        self.timer: Timer | None = None

    @property
    def head(self) -> Entry | None:
        return next(iter(self.waiting.values()), None)


class Outbox:
    """Entries in the order written, each until it is answered or discarded."""

    def __init__(self, store: Store, post: Post, clock: Clock, random: Callable[[], float]) -> None:
        self._store = store
        self._post = post
        self._clock = clock
        self._random = random
        self._entries: dict[str, Entry] = {}
        self._lanes: dict[str, _Lane] = {}
        self._interrupted: list[Entry] = []  # under way when the connection ended
        for stored in store.load():
            self._enqueue(Entry(stored))

    @property
    def waiting(self) -> int:
        """How many are pending or being sent."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def entries(self, topic: str | None = None) -> list[Entry]:
        """In the order written; of one topic, or all."""
        return [entry for entry in self._entries.values() if topic is None or entry.topic == topic]

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def add(self, topic: str, event: str, data: Any, *, key: str | None = None) -> Entry:
        """Keep it and send it as soon as its topic is subscribed and nothing before it is unanswered.

        The data is taken as it is now. Raises Invalid if it holds a lone surrogate, TypeError if it is no JSON,
        ValueError for a key that is in use.
        """
        key = str(uuid.uuid4()) if key is None else key
        if key in self._entries:
            raise ValueError(f"an entry with the key {key} is waiting")
        stored = Stored(key, topic, event, _as_json(data))
        self._store.put(stored)
        entry = Entry(stored)
        self._enqueue(entry)
        self.flush(topic)
        return entry

    def retry(self, key: str) -> None:
        """Send a failed entry again, after those that wait; end the wait of one that was put off."""
        entry = self._entries[key]
        if entry.state is EntryState.FAILED:
            entry.state, entry.error = EntryState.PENDING, None
            self._enqueue(entry)
        lane = self._lanes[entry.topic]
        _stop(lane)
        self.flush(entry.topic)

    def discard(self, key: str) -> None:
        """Forget it. What is under way may still happen."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._store.remove(key)
        lane = self._lanes[entry.topic]
        lane.waiting.pop(key, None)
        entry._settle(Disconnected("The entry was discarded."))

    # --- told by the client -----------------------------------------------------------------------

    def flush(self, topic: str) -> None:
        """Send the next entry of a topic, if it may go."""
        lane = self._lanes.get(topic)
        if lane is None or lane.busy or lane.timer is not None or not self._post.is_live(topic):
            return
        entry = lane.head
        if entry is not None:
            self._send(lane, entry)

    def refuse(self, topic: str, error: RealtimeError) -> None:
        """Nothing can be sent to this topic any more: fail what waits for it."""
        lane = self._lanes.get(topic)
        for entry in list(lane.waiting.values()) if lane is not None else []:
            self._fail(entry, error)

    def rest(self, why: RealtimeError) -> None:
        """The client rests: tell those who wait. Their entries are kept, for when it starts again."""
        for lane in self._lanes.values():
            _stop(lane)
            for entry in lane.waiting.values():
                entry._settle(why)

    def down(self, code: int | None) -> None:
        """The connection ended. By 1009 the largest of what was under way is to blame, and must not go again."""
        interrupted, self._interrupted = self._interrupted, []
        if code == CloseCode.TOO_LARGE and interrupted:
            self._fail(max(interrupted, key=lambda entry: len(entry.data)), TooLarge())

    # --- sending ----------------------------------------------------------------------------------

    def _enqueue(self, entry: Entry) -> None:
        self._entries[entry.key] = entry
        self._lanes.setdefault(entry.topic, _Lane()).waiting[entry.key] = entry

    def _send(self, lane: _Lane, entry: Entry) -> None:
        limit = self._post.frame_bytes
        if self._post.size_of(_frame(entry, ID_MAX)) > limit:
            self._fail(entry, TooLarge(f"A frame has at most {limit} bytes."))
            self.flush(entry.topic)
            return
        lane.busy = True
        entry.state, entry.retry_at = EntryState.SENDING, None
        self._post.ask(lambda id: _frame(entry, id), lambda result: self._answered(lane, entry, result))

    def _answered(self, lane: _Lane, entry: Entry, result: Any) -> None:
        lane.busy = False
        if isinstance(result, Disconnected):
            self._interrupt(entry)
            return  # goes again when its topic is live again
        if isinstance(result, RealtimeError):
            self._refused(lane, entry, result)
        else:
            self._done(lane, entry, result)
        self.flush(entry.topic)

    def _interrupt(self, entry: Entry) -> None:
        if entry.state is EntryState.SENDING and entry.key in self._entries:
            entry.state = EntryState.PENDING
            self._interrupted.append(entry)

    def _done(self, lane: _Lane, entry: Entry, reply: Any) -> None:
        lane.refusals = 0
        self._entries.pop(entry.key, None)
        lane.waiting.pop(entry.key, None)
        self._store.remove(entry.key)
        entry._settle(reply)

    def _refused(self, lane: _Lane, entry: Entry, error: RealtimeError) -> None:
        if entry.key not in lane.waiting:
            return  # failed or discarded while it was under way
        lost = isinstance(error, NotSubscribed)
        if not (error.retryable or lost):
            self._fail(entry, error)
            return
        entry.state = EntryState.PENDING
        delay_s = backoff_after(lane.refusals, self._random, error.retry_after_s)
        lane.refusals += 1
        entry.retry_at = self._clock.now() + delay_s
        lane.timer = self._clock.call_later(delay_s, self._waited, lane, entry.topic)
        if lost:
            self._post.resubscribe(entry.topic)

    def _waited(self, lane: _Lane, topic: str) -> None:
        lane.timer = None
        self.flush(topic)

    def _fail(self, entry: Entry, error: RealtimeError) -> None:
        entry.state, entry.error = EntryState.FAILED, error
        self._lanes[entry.topic].waiting.pop(entry.key, None)
        entry._settle(error)


def _frame(entry: Entry, id: int) -> Send:
    return Send(entry.topic, entry.event, msgspec.Raw(entry.data), id, entry.key)


def _as_json(data: Any) -> bytes:
    try:
        return msgspec.json.encode(data)
    except UnicodeEncodeError as error:
        raise Invalid("A lone surrogate is not a character.", field="data") from error


def _stop(lane: _Lane) -> None:
    if lane.timer is not None:
        lane.timer.cancel()
        lane.timer = None
