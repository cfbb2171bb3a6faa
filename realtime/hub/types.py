"""The words of the hub: what is published, what a log answers, what a stream is.

A *topic* is what a client names (`user/me`); a *stream* is what the hub fans out (`user/42`). Mostly they
are the same. Imports nothing of the engine but the protocol.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from realtime.protocol.frames import encode_event

__all__ = ["Changes", "Item", "Publication", "Signal", "Snapshot", "StreamKind", "Top"]


class StreamKind(Enum):
    """What a seq means on a stream, and so how a loss is healed."""

    LOG = "log"
    """Durable and contiguous. A hole is filled from `changes`; nobody gets anything twice or out of order."""
    STATE = "state"
    """Versioned; the newest wins. Healed by one item of `changes` that replaces what was."""
    DIFF = "diff"
    """Changes of a state, each following the last; a hole is filled by one item of `changes` that replaces all. Its seq
    is the hub's and stays off the wire: nobody asks for what they missed, they are shown the whole."""
    EPHEMERAL = "ephemeral"
    """Neither: what is lost is lost (typing)."""

    @property
    def newest_counts(self) -> bool:
        """Whether a reader who lags is passed by and shown the newest once it has caught up."""
        return self is StreamKind.STATE or self is StreamKind.DIFF

    @property
    def contiguous(self) -> bool:
        """Whether no item may be missing between two others."""
        return self is StreamKind.LOG or self is StreamKind.DIFF


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a stream, encoded once: `frame` is the whole `event` frame as JSON bytes.

    seq: position in the log, or the state's version; None on ephemeral streams.
    prev: the seq it follows where that is not seq - 1 (what lay between was overtaken).
    subject: what it is the whole state of; a later item of the same subject overtakes it. None: of nothing.
    made: its other forms (realtime.hub.forms), each from when the first reader needs it.
    """

    frame: bytes
    seq: int | None = None
    prev: int | None = None
    subject: str | None = None
    made: dict[int, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        topic: str,
        event: str,
        data: Any,
        *,
        seq: int | None = None,
        prev: int | None = None,
        subject: str | None = None,
        shown: bool = True,
    ) -> Item:
        """Encode an event. `shown=False` keeps seq off the wire: a version is the hub's, not the client's."""
        frame = encode_event(topic, event, data, seq=seq if shown else None, prev=prev if shown else None)
        return cls(frame, seq, prev, subject)

    @property
    def follows(self) -> int:
        """The position a reader must have reached to take this item without a hole. LOG and DIFF only."""
        assert self.seq is not None
        return self.seq - 1 if self.prev is None else self.prev

    def body(self, topic: str) -> bytes:
        """The frame cut down to `{event, data, seq}`, as the reply to `subscribe` lists it."""
        start = len(b'{"op":"event","topic":,') + len(json_string(topic))
        end = len(self.frame) if self.prev is None else self.frame.rindex(b',"prev":')
        cut = self.frame[start:end]
        return b"{" + cut if self.prev is None else b"{" + cut + b"}"


@dataclass(frozen=True, slots=True)
class Signal:
    """A word to the consumers of a stream, not to their sockets: "your access changed", "join this stream"."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publication:
    """What one commit tells one stream: items ascending by seq, a signal, or both (items first).

    at: when it was made, wall clock of the machine that made it; 0.0 where that is not known.
    trace: what it came of, as a `traceparent` (realtime.tracing); "" where nothing is traced.
    """

    stream: str
    items: tuple[Item, ...] = ()
    signal: Signal | None = None
    at: float = field(default_factory=time.time, compare=False)
    trace: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Top:
    """How far a stream has come, by its database."""

    seq: int
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Answer to "what came after seq N": items ascending, each with `prev` where it overtook others.

    top: the position the reader is at when it has taken all items (when `more` is false).
    more: the limit cut the list; ask again from the last item's seq.
    """

    epoch: str
    top: int
    items: list[Item]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State as of `seq` (LOG: also `epoch`; STATE and DIFF: `seq` is the version and stays off the wire).

    versions: of the further streams the subscription is fed by, where the data shows them, too.
    """

    data: Any
    seq: int | None = None
    epoch: str | None = None
    versions: Mapping[str, int] = field(default_factory=dict)


def json_string(text: str) -> bytes:
    """`text` as the encoder writes it: topic names hold no character that two encoders escape differently."""
    return json.dumps(text, ensure_ascii=False).encode()
