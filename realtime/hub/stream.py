"""One stream inside one process: its position, its members, and the frames on their way to them.

Sans-I/O but for the writers it writes to: time comes in as an argument, timers belong to the hub. The
three positions: `position` (accepted, on a log without a hole), `flushed` (handed to the sockets), and each
joiner's `cut` (the seq its reply named). Held items wait for a hole before them to be filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from realtime.hub.forms import Form
from realtime.hub.recent import Recent
from realtime.hub.types import Item, Publication, StreamKind
from realtime.hub.writers import Batch, LaneWriter, Writer, give_up
from realtime.metrics import tally

if TYPE_CHECKING:
    from realtime.consumers.topic import TopicConsumer

__all__ = ["FLUSH_BYTES", "HELD_MAX", "Audience", "Member", "Stream"]

# Handed out at once, at most. A healed outage is megabytes; written in one go they would be more than a
# reader's whole budget before it had a chance to read.
FLUSH_BYTES = 262_144
# Beyond this many items behind a hole the oldest are dropped: they are in the database, and healing reads them.
HELD_MAX = 10_000


class Member:
    """One subscription's place in one stream.

    A joiner keeps its own buffer until its reply is written (`buffer` is a list), then takes only what lies
    above its `cut` until the stream's flush has reached it. frames_from, bytes_from: what the stream had written to
    each of its members when this became one; None before.
    """

    __slots__ = ("buffer", "bytes_from", "consumer", "cut", "frames_from", "writer")

    def __init__(self, writer: Writer, consumer: TopicConsumer) -> None:
        self.writer = writer
        self.consumer = consumer
        self.buffer: list[Item] | None = []
        self.cut = -1
        self.frames_from: int | None = None
        self.bytes_from = 0


class Audience(NamedTuple):
    """A stream's members as no later join or leave changes them, by how they are written to.

    groups: those on lanes, by form, and their writers in the same order. others: everybody else.
    """

    groups: list[tuple[Form, tuple[Member, ...], tuple[LaneWriter, ...]]]
    others: tuple[Member, ...]


class Stream:
    """See the module. Every method is synchronous and runs on the hub's loop."""

    __slots__ = (
        "_audience",
        "bytes_out",
        "due",
        "epoch",
        "flushed",
        "frames_out",
        "held",
        "idle_since",
        "joiners",
        "kind",
        "lagging",
        "left",
        "listeners",
        "members",
        "name",
        "owned",
        "pending",
        "position",
        "published",
        "recent",
        "recent_bytes",
        "scheduled",
        "source",
    )

    def __init__(self, name: str, kind: StreamKind, source: type[TopicConsumer], recent_bytes: int = 0) -> None:
        self.name = name
        self.kind = kind
        self.source = source
        self.owned = False
        self.epoch: str | None = None
        self.position: int | None = None
        self.flushed: int | None = None
        self.recent: Recent | None = None
        self.recent_bytes = recent_bytes
        self.members: dict[Member, None] = {}
        self.joiners: dict[Member, None] = {}
        # Consumers of other topics, for the signals alone; nothing is written for them.
        self.listeners: dict[TopicConsumer, None] = {}
        self.pending: list[Item] = []
        self.published: list[Publication] = []  # what is pending came with
        self.held: dict[int, Item] = {}
        # The pacer's: whether a flush is to come or under way, and the time before which none begins.
        self.scheduled = False
        self.due = 0.0
        self.left = 0  # grows whenever a member leaves
        # What each member has been written so far, in JSON: what one got is the difference, and costs nothing to count.
        self.frames_out = self.bytes_out = 0
        self.lagging = 0  # members that are passed by until they have caught up
        self.idle_since: float | None = None
        self._audience: Audience | None = None

    # --- membership -------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Whether anybody here is written to."""
        return bool(self.members or self.joiners)

    def own(self, kind: StreamKind, source: type[TopicConsumer]) -> None:
        """Take the word of a topic whose main stream this is: what its seqs mean, and who reads its log.

        Others may have joined first, only to listen, and know neither.
        """
        self.kind, self.source, self.owned = kind, source, True

    def join(self, member: Member) -> None:
        """From here on nothing flushed is lost to `member`; call before its snapshot is read."""
        self.joiners[member] = None
        self.idle_since = None

    def settle(self, member: Member, seq: int | None, epoch: str | None) -> None:
        """The reply that names `seq` was just written: give what came meanwhile, then the live flow.

        Must run in the same turn of the loop as the write of the reply. No-op for one that left meanwhile.
        """
        if member not in self.joiners or member.buffer is None:
            return
        if seq is not None and self.kind is not StreamKind.EPHEMERAL:
            self._meet(member, seq, epoch)
        buffered, member.buffer = member.buffer, None
        self._write(member, buffered)
        self._promote_if_reached(member)

    def leave(self, member: Member, now: float) -> None:
        """Forget `member`; harmless if it is not here."""
        if member in self.members:
            del self.members[member]
            self.left += 1
            self._audience = None
        self.joiners.pop(member, None)
        self._idle_from(now)

    def listen(self, consumer: TopicConsumer) -> None:
        """Have `consumer` told the signals of this stream."""
        self.listeners[consumer] = None
        self.idle_since = None

    def unlisten(self, consumer: TopicConsumer, now: float) -> None:
        """Undo `listen`; harmless if it was not done."""
        self.listeners.pop(consumer, None)
        self._idle_from(now)

    def written_to(self, member: Member) -> tuple[int, int]:
        """How many frames and bytes `member` got as one of many; those that passed it by are counted, too."""
        if member.frames_from is None:
            return 0, 0
        return self.frames_out - member.frames_from, self.bytes_out - member.bytes_from

    def consumers(self) -> list[TopicConsumer]:
        """Who is told signals, a copy."""
        return [*(member.consumer for member in self.everyone()), *self.listeners]

    def everyone(self) -> list[Member]:
        """Members and joiners, a copy."""
        return [*self.members, *self.joiners]

    def audience(self) -> Audience:
        """The members as they are now."""
        if self._audience is None:
            self._audience = _audience(self.members)
        return self._audience

    def since(self, epoch: str, seq: int) -> list[Item] | None:
        """What came after `seq` up to `position`, without asking anybody; None where the log must be asked."""
        if self.recent is None or self.position is None or epoch != self.epoch or seq > self.position:
            return None
        return self.recent.since(seq)

    # --- what comes in ----------------------------------------------------------------------------

    def accept(self, items: Iterable[Item]) -> bool:
        """Take what follows, drop what is known, hold what lies behind a hole. True if a hole stands open."""
        for item in items:
            if item.seq is None:
                self.pending.append(item)
            elif self.kind.contiguous:
                self._accept_log(item)
            elif self.position is None or item.seq > self.position:
                self.position = item.seq
                self.pending.append(item)
        if self.held:
            self._unhold()
        return bool(self.held) and self.position is not None

    def take(self) -> list[Item]:
        """What is pending, for one flush, as much as FLUSH_BYTES; the caller writes it to `audience()`."""
        count = size = 0
        while count < len(self.pending) and size < FLUSH_BYTES:
            size += len(self.pending[count].frame)
            count += 1
        taken, self.pending = self.pending[:count], self.pending[count:]
        if not self.pending:
            self.flushed = self.position
        else:
            self.flushed = next((item.seq for item in reversed(taken) if item.seq is not None), self.flushed)
        return taken

    def give_joiners(self, taken: Sequence[Item]) -> None:
        """Buffer `taken` for those whose reply is not written yet, write it to those who wait for their cut."""
        for member in list(self.joiners):
            if member.buffer is not None:
                member.buffer.extend(taken)
                continue
            self._write(member, taken)
            self._promote_if_reached(member)

    def restart(self) -> None:
        """The log was replaced: nothing known of it holds any more."""
        self.epoch = self.position = self.flushed = self.recent = None
        self.held.clear()
        self.pending.clear()
        self.published.clear()
        for member in self.joiners:
            if member.buffer is not None:
                member.buffer.clear()

    # --- helpers ----------------------------------------------------------------------------------

    def _idle_from(self, now: float) -> None:
        if not self.active and not self.listeners and self.idle_since is None:
            self.idle_since = now

    def _meet(self, member: Member, seq: int, epoch: str | None) -> None:
        """Bring the stream's own position and a joiner's reply together."""
        member.cut = seq
        if self.epoch is None:
            self.epoch = epoch
        alone = not self.members and len(self.joiners) == 1
        if self.position is None or (alone and self.position < seq):
            self.position = self.flushed = seq
            self.recent = Recent(seq, self.recent_bytes) if self.kind is StreamKind.LOG else None
            self.pending = [item for item in self.pending if item.seq is None]
            self._unhold()

    def _promote_if_reached(self, member: Member) -> None:
        """Once the flush is where the member's reply was, it is one of many."""
        if member.cut > (-1 if self.flushed is None else self.flushed):
            return
        self.joiners.pop(member, None)
        self.members[member] = None
        member.frames_from, member.bytes_from = self.frames_out, self.bytes_out
        self._audience = None

    def _write(self, member: Member, items: Sequence[Item]) -> None:
        fresh = [item for item in items if item.seq is None or item.seq > member.cut]
        if not fresh:
            return
        batch = Batch.of(fresh)
        try:
            member.writer.write_batch(batch)
        except Exception as error:  # noqa: BLE001 - one bad joiner must not stop a flush; logged there
            give_up(member.writer, error)
        else:
            tally.delivered(len(fresh), 1, batch.size)

    def _accept_log(self, item: Item) -> None:
        assert item.seq is not None
        if self.position is None or item.follows > self.position:
            if not self.active:
                # Nobody is here for whom the hole would be filled; who joins begins with a snapshot.
                self.restart()
                return
            self.held[item.seq] = item
            if len(self.held) > HELD_MAX:
                self.held.pop(next(iter(self.held)))
        elif item.seq > self.position:
            self._advance(item, item.seq)

    def _advance(self, item: Item, seq: int) -> None:
        self.position = seq
        self.pending.append(item)
        if self.recent is not None:
            self.recent.append(item)

    def _unhold(self) -> None:
        """Take every held item that now follows, drop every one that was overtaken."""
        if self.position is None:
            return
        for seq in sorted(self.held):
            item = self.held[seq]
            if seq > self.position and item.follows > self.position:
                return
            del self.held[seq]
            if seq > self.position:
                self._advance(item, seq)


def _audience(members: Iterable[Member]) -> Audience:
    groups: dict[Form, tuple[list[Member], list[LaneWriter]]] = {}
    others = []
    for member in members:
        writer = member.writer
        if isinstance(writer, LaneWriter):
            mine, writers = groups.setdefault(writer.form, ([], []))
            mine.append(member)
            writers.append(writer)
        else:
            others.append(member)
    parts = [(form, tuple(mine), tuple(writers)) for form, (mine, writers) in groups.items()]
    return Audience(parts, tuple(others))
