"""When each stream of a loop is written, and how long at a time: the pace of the fan-out.

An idle stream is written at once. While it is busy, what arrives is gathered and written joined, one write per socket:
a write costs 3 to 15 µs however little is in it. Streams take turns, and between two turns the loop reads, acknowledges
and commits. So on a core with room to spare nobody waits longer than the gathering; as the core fills up, streams
wait for their turn and gather meanwhile, just as much as it takes. A stream that takes long to write (ten thousand
readers) rests for as long as that took, so it leaves the others half of the core.

A state is patient: a dashboard of ten thousand may be a tenth of a second on its way, and a message in a room may not
wait for it. So beyond its first slice it is written in short slices while no message is on its way: from the moment its
frame was read, for each time the loop comes round to it would be one slice later, and the thread that commits it wants
the interpreter, too. While there is always one, a slice is written every few milliseconds.

Knows streams and writers; no consumer, and nothing of how items got here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from realtime import tracing
from realtime.hub.batch import Batch
from realtime.hub.stream import Audience, Member, Stream
from realtime.hub.types import Publication
from realtime.hub.writers import INTERNAL_ERROR, LaneWriter, give_up
from realtime.metrics import tally

__all__ = ["Flush", "Pacer"]

logger = logging.getLogger(__name__)

TURN_S = 0.004
"""How long the fan-out keeps the loop at a time."""
SLICE = 100
"""Sockets written between two looks at the clock."""
PATIENT_SLICE = 50
"""The same of a state: 0.5 ms, which is what a message may have to wait for it."""
HOLD_S = 0.016
"""How long states are held after a sign that a message is on its way: about what one takes from socket to sockets."""
EVERY_S = 0.003
"""Though a slice of them is written so often, whatever else there is to do."""
REST_FACTOR = 2.0
"""A busy stream begins a flush at most every so many times what the last one took."""


class Flush:
    """One batch on its way to the members a stream had when it was taken.

    keeps_up: asked of each member of a state stream; one that lags is passed by. published: the publications it is
    made of.
    """

    __slots__ = (
        "_at",
        "_audience",
        "_batch",
        "_group",
        "_keeps_up",
        "_left",
        "_passed",
        "_published",
        "_slice",
        "spent_s",
        "stream",
    )

    def __init__(
        self,
        stream: Stream,
        batch: Batch,
        audience: Audience,
        keeps_up: Callable[[Member], bool] | None = None,
        published: Sequence[Publication] = (),
    ) -> None:
        self.stream = stream
        self.spent_s = 0.0
        self._batch = batch
        self._keeps_up = keeps_up
        self._slice = SLICE if keeps_up is None else PATIENT_SLICE
        self._audience = audience
        self._left = stream.left
        self._published = published
        self._passed = 0
        self._group = 0
        self._at = 0

    @property
    def patient(self) -> bool:
        """Whether it is a state: nobody waits for it as for an answer."""
        return self._keeps_up is not None

    @property
    def done(self) -> bool:
        """Whether everybody has been written to."""
        return self._group > len(self._audience.groups)

    def count(self, seconds: float) -> None:
        """It is done, `seconds` after it began: what was written, once for all."""
        groups, others = self._audience.groups, self._audience.others
        if not (groups or others):
            return
        events, size = len(self._batch.frames), self._batch.size
        for form, _, writers in groups:
            tally.delivered(events, len(writers), len(self._batch.wire_in(form)))
        if others or self._passed:
            tally.delivered(events, len(others) - self._passed, size)
        tally.fanout.add(seconds)
        self.stream.frames_out += events
        self.stream.bytes_out += size
        if self._published:
            now = time.time()
            for publication in self._published:
                if publication.at:
                    tally.delivery.add(now - publication.at)
            if tracing.active is not None:
                sockets = len(others) + sum([len(writers) for _, _, writers in groups])
                tracing.active.wrote(self._published, seconds, events, sockets)

    def write_slice(self) -> None:
        """Write to the next sockets, SLICE or PATIENT_SLICE of them."""
        groups, start, end = self._audience.groups, self._at, self._at + self._slice
        if self._group == len(groups):
            self._write_each(self._here(self._audience.others[start:end]))
            self._advance(len(self._audience.others))
            return
        form, members, writers = groups[self._group]
        wire = self._batch.wire_in(form)
        some = writers[start:end]
        if self._keeps_up is not None:
            self._write_who_keep_up(members[start:end], some, wire)
        else:
            if self._left != self.stream.left:
                here = zip(members[start:end], some, strict=True)
                some = tuple(writer for member, writer in here if member in self.stream.members)
            write_lanes(some, wire)
        self._advance(len(writers))

    def _write_who_keep_up(self, members: Sequence[Member], writers: Sequence[LaneWriter], wire: bytes) -> None:
        assert self._keeps_up is not None
        for member, writer in zip(members, writers, strict=True):
            # Those that have little to take are not asked, unless somebody of the stream is known to lag.
            if (writer.behind or self.stream.lagging) and not self._keeps_up(member):
                self._passed += 1
                continue
            if self._left != self.stream.left and member not in self.stream.members:
                continue
            try:
                writer.send(wire)
            except Exception as error:  # noqa: BLE001 - as in write_lanes
                give_up(writer, error)

    def _here(self, members: Sequence[Member]) -> Sequence[Member]:
        """Who left since the flush began has been told so, and may have come back as another member."""
        if self._left == self.stream.left:
            return members
        return [member for member in members if member in self.stream.members]

    def _advance(self, size: int) -> None:
        self._at += self._slice
        if self._at >= size:
            self._group, self._at = self._group + 1, 0

    def _write_each(self, members: Sequence[Member]) -> None:
        for member in members:
            if self._keeps_up is not None and not self._keeps_up(member):
                self._passed += 1
                continue
            try:
                member.writer.write_batch(self._batch)
            except Exception as error:  # noqa: BLE001 - one bad member must not stop a fan-out; logged there
                give_up(member.writer, error)


class Pacer:
    """One per hub. begin: take what is pending of a stream as a `Flush`; None if nothing is.

    gather_s: how long a busy stream gathers, at least.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, gather_s: float, begin: Callable[[Stream], Flush | None]
    ) -> None:
        self._loop = loop
        self._gather_s = gather_s
        self._begin = begin
        self._ready: deque[Stream | Flush] = deque()
        self._patient: deque[Flush] = deque()
        self._held_until = 0.0
        self._forced_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._awake = False

    def hurry(self) -> None:
        """A message is on its way: states wait for it."""
        self._held_until = self._loop.time() + HOLD_S

    def schedule(self, stream: Stream) -> None:
        """Have what is pending of the stream written as soon as its pace allows."""
        if not stream.kind.newest_counts:
            self.hurry()
        if stream.scheduled:
            return
        stream.scheduled = True
        if stream.due <= self._loop.time():
            self._make_ready(stream)
        else:
            self._loop.call_at(stream.due, self._make_ready, stream)

    def _make_ready(self, stream: Stream) -> None:
        self._ready.append(stream)
        self._wake()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._awake = False
        now = self._loop.time()
        end = now + TURN_S
        try:
            while self._ready:
                now = self._write_some(self._ready.popleft(), now)
                if now >= end:
                    break
            if self._patient and now >= self._patient_at():
                self._forced_at = self._write_some(self._patient.popleft(), now) + EVERY_S
        finally:
            if self._ready:
                self._wake()
            elif self._patient:
                self._wake_patient()

    def _patient_at(self) -> float:
        """When a state may be written next."""
        return min(self._held_until, self._forced_at)

    def _wake_patient(self) -> None:
        at = self._patient_at()
        if at <= self._loop.time():
            self._wake()
        elif self._timer is None:
            self._timer = self._loop.call_at(at, self._hold_is_over)

    def _hold_is_over(self) -> None:
        self._timer = None
        self._wake()

    def _write_some(self, waiting: Stream | Flush, now: float) -> float:
        """Write to some of the members; gives the time it is then."""
        stream = waiting.stream if isinstance(waiting, Flush) else waiting
        try:
            flush = waiting if isinstance(waiting, Flush) else self._start(waiting, now)
            if flush is None:
                return now
            flush.write_slice()
        except Exception:
            logger.exception("What was published to %r could not be written; its readers are sent back", stream.name)
            self._give_up(stream)
            return self._loop.time()
        then = self._loop.time()
        flush.spent_s += then - now
        if flush.done:
            self._finish(flush, then)
        elif flush.patient:
            self._patient.append(flush)
        else:
            self._ready.append(flush)
        return then

    def _start(self, stream: Stream, now: float) -> Flush | None:
        stream.due = now
        flush = self._begin(stream)
        stream.scheduled = flush is not None
        return flush

    def _give_up(self, stream: Stream) -> None:
        """A fault of ours. Whoever was to get it comes back, and recovers what is missing."""
        for member in stream.everyone():
            with contextlib.suppress(Exception):
                member.writer.close(INTERNAL_ERROR, "internal error")
        stream.scheduled = False
        if stream.pending:
            self.schedule(stream)

    def _finish(self, flush: Flush, now: float) -> None:
        stream = flush.stream
        flush.count(now - stream.due)
        stream.due += max(self._gather_s, flush.spent_s * REST_FACTOR)
        stream.scheduled = False
        if stream.pending:
            self.schedule(stream)


def write_lanes(writers: Sequence[LaneWriter], wire: bytes) -> None:
    """The innermost loop: one write per socket, and nothing else is touched.

    With ten thousand sockets each object that is looked at is a miss of the processor's cache, some 0.1 µs.
    """
    for writer in writers:
        try:
            writer.send(wire)
        except Exception as error:  # noqa: BLE001 - one bad member must not stop a fan-out; logged there
            give_up(writer, error)
