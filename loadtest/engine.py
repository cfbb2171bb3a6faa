"""The load engine from Python: run in a thread without the interpreter's lock.

`Engine` takes over sockets that a dialect has brought in, and `run` sends a schedule on them and says what came of it.
What it measures and how stands in native/engine.c; docs/how-to/load-test.md is its page.
"""

from __future__ import annotations

import ctypes
import socket
import threading
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.dialect import Speech
from loadtest.histogram import Histogram
from loadtest.library import NUMBER_OF, EngineError, Head, build, library, pointer
from loadtest.outcome import Outcome
from loadtest.template import Template

__all__ = ["FIRST_NUMBER", "Engine", "EngineError", "Message", "Outcome", "build"]

FIRST_NUMBER = 1_000_000_000
"""The first number of ten digits: where a number is JSON's, it may not begin with a zero."""
GRACE_S = 5.0

_REFUSED = 3
_STOP_SENDING, _END = 1, 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a schedule. at_s: from the run's beginning. by: the place of its sender among the sockets."""

    at_s: float
    by: int


class Engine:
    """Sockets with the rooms they are in. Owns the sockets from here on: `close` ends them.

    `run` belongs to one thread at a time; `stop`, `progress` and `latency` may be called from any other meanwhile.
    """

    def __init__(self, sockets: Sequence[socket.socket], rooms: Sequence[int]) -> None:
        if len(sockets) != len(rooms):
            raise ValueError("as many rooms as sockets, please")
        self._library = library()
        self._sockets, self._rooms = list(sockets), list(rooms)
        self._sizes: Counter[int] = Counter()
        members = array("i")
        for room in self._rooms:
            members.append(self._sizes[room])
            self._sizes[room] += 1
        columns = [[each.fileno() for each in sockets], self._rooms, members, [self._sizes[room] for room in rooms]]
        self._engine = self._library.engine_new(len(self._sockets), *(pointer(array("i", each)) for each in columns))
        if not self._engine:
            raise EngineError("The load engine cannot watch its sockets: are there enough open files (ulimit -n)?")
        self._next = FIRST_NUMBER
        self._stop = ctypes.c_int32(0)
        self._running = threading.Lock()
        self._number_of: object = None
        self._failure: BaseException | None = None

    def speaks(self, speech: Speech, number_of: Callable[[bytes, bool], int] | None = None) -> None:
        """How the server answers. number_of: reads the number out of a compressed payload (-1: there is none).

        What `number_of` raises ends the run, and is raised by `run`. Raises EngineError for a speech too long for it.
        """

        def called(payload: int, size: int, binary: int) -> int:
            assert number_of is not None
            try:
                return number_of(ctypes.string_at(payload, size), bool(binary))
            except BaseException as error:  # noqa: BLE001 - C has no use for it; `run` raises it
                self._failure = self._failure or error
                self._stop.value = _END
                return -1

        callback = NUMBER_OF(called) if number_of is not None else NUMBER_OF()
        said = (speech.reply, speech.error, speech.ping, speech.pong, speech.stamp)
        texts = [text for each in said for text in (each, len(each))]
        with self._idle() as engine:
            refused = self._library.engine_speaks(engine, *texts, callback)
            self._number_of = callback  # C keeps a pointer to it
        if refused:
            raise EngineError("The load engine has no room for answers that begin in so many bytes.")

    def sends(self, at: int, template: Template) -> None:
        """The socket at this place sends `template` whenever it is its turn."""
        self._sockets[at]  # IndexError, as from any sequence
        offsets = array("I", template.number_at)
        at %= len(self._sockets)
        with self._idle() as engine:
            refused = self._library.engine_sender(
                engine, at, template.frame, len(template.frame), pointer(offsets), len(offsets)
            )
        if refused:
            raise EngineError("A message has at most four places for its number, all of them inside it.")

    def run(
        self, messages: Sequence[Message], length_s: float, *, grace_s: float = GRACE_S, acks: bool = False
    ) -> Outcome:
        """Send the schedule, read for `length_s` and then until all has come, `grace_s` at most.

        When all connections have ended, so does the run.

        messages: ascending by `at_s`, each by a socket that `sends` something. acks: whether each message is answered.
        Blocks without the interpreter's lock; `stop` ends it early. Raises EngineError, and ValueError for a schedule
        that goes back in time.
        """
        if any(one.at_s > other.at_s for one, other in pairwise(messages)):
            raise ValueError("a schedule goes forward in time")
        at = array("q", [int(each.at_s * 1e9) for each in messages])
        by = array("i", [each.by for each in messages])
        with self._idle() as engine:
            first, self._next = self._next, self._next + len(messages)
            try:
                failed = self._library.engine_run(
                    *(engine, first, len(messages), pointer(at), pointer(by), int(length_s * 1e9), int(grace_s * 1e9)),
                    *(acks, ctypes.byref(self._stop)),
                )
            finally:
                # Only now, so that a stop which comes just before the run is no less of one.
                self._stop.value = 0
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            if failed:
                raise EngineError("The run could not be: memory is short, or a socket has nothing to send.")
            return self._outcome(messages)

    def stop(self) -> None:
        """End the run that is under way in another thread, or else the next: it sends no more and waits for what was
        sent, `grace_s` at most. The second time it ends at once.
        """
        self._stop.value = _END if self._stop.value else _STOP_SENDING

    def progress(self) -> tuple[int, int]:
        """Messages sent and deliveries seen so far, from another thread."""
        head = self._head()
        return head.sent, head.deliveries

    def latency(self) -> Histogram:
        """The latencies so far, from another thread."""
        return Histogram(self._head().latency)

    def close(self) -> None:
        """Safe to call twice, and not while a run is under way."""
        if self._engine:
            with self._idle() as engine:
                self._engine = None
                self._library.engine_free(engine)
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    # --- helpers ----------------------------------------------------------------------------------

    def _idle(self) -> _Idle:
        return _Idle(self._running, self._engine)

    def _head(self) -> Head:
        if not self._engine:
            raise EngineError("The load engine is closed.")
        return Head.from_address(self._engine)

    def _outcome(self, messages: Sequence[Message]) -> Outcome:
        head, codes = self._head(), Counter[int]()
        expected = missing = doubled = 0
        received, once, status, last = self._messages(len(messages))
        for message, times, readers, state, _ in zip(messages, received, once, status, last, strict=True):
            wanted = self._wanted(message, state, readers)
            expected += wanted
            missing += wanted - readers
            doubled += times - readers
        disordered, uninformed = self._look_at_connections(codes)
        return Outcome(
            sent=head.sent,
            deliveries=head.deliveries,
            expected=expected,
            missing=missing,
            doubled=doubled,
            misplaced=head.misplaced,
            disordered=disordered,
            strays=head.strays,
            acknowledged=head.acknowledged,
            refused=head.refused,
            closed=head.closed,
            close_codes=dict(codes),
            first_error=head.first_error.decode(errors="replace"),
            took_s=head.took_ns / 1e9,
            last_delivery_s=head.last_delivery_ns / 1e9,
            cpu_s=head.cpu_ns / 1e9,
            bytes_in=head.bytes_in,
            bytes_out=head.bytes_out,
            reads=head.reads,
            latency=Histogram(head.latency),
            acks=Histogram(head.acks),
            last_s=[value / 1e9 for value in last],
            ages=Histogram(head.ages),
            held_age_s=head.held_area / head.held_us / 1e6 if head.held_us else 0.0,
            uninformed=uninformed,
            pongs=head.pongs,
        )

    def _wanted(self, message: Message, state: int, readers: int) -> int:
        """How many should have had it: nobody if it was not sent, or refused and then really not there."""
        if not state or (state == _REFUSED and not readers):
            return 0
        return self._sizes[self._rooms[message.by]]

    def _messages(self, count: int) -> tuple[array[int], array[int], array[int], array[int]]:
        columns = array("I", bytes(4 * count)), array("I", bytes(4 * count)), array("i", bytes(4 * count))
        last = array("q", bytes(8 * count))
        self._library.engine_messages(self._engine, *(pointer(each) for each in (*columns, last)))
        return *columns, last

    def _look_at_connections(self, codes: Counter[int]) -> tuple[int, int]:
        """Count the close codes. Gives the rooms in which two members differ in what they got, or in its order, and how
        many connections got no dated data.
        """
        seen: dict[int, set[tuple[int, int]]] = {}
        received, order, dated, closed = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_int32()
        into = [ctypes.byref(each) for each in (received, order, dated, closed)]
        uninformed = 0
        for at, room in enumerate(self._rooms):
            self._library.engine_conn(self._engine, at, *into)
            seen.setdefault(room, set()).add((received.value, order.value))
            uninformed += not dated.value
            if closed.value:
                codes[closed.value] += 1
        return sum(len(each) > 1 for each in seen.values()), uninformed


class _Idle:
    """The engine's address, for as long as no run is under way."""

    def __init__(self, running: threading.Lock, engine: int | None) -> None:
        self._running, self._engine = running, engine

    def __enter__(self) -> int:
        if not self._engine:
            raise EngineError("The load engine is closed.")
        if not self._running.acquire(blocking=False):
            raise EngineError("A run of the load engine is under way.")
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._running.release()
