"""Fan-out inside one process: who listens to what, what they are told, and how loss heals.

Must not know any feature, any model, or how a connection authenticates.

    types.py        the words: Publication, Item, Signal, Changes, Top, Snapshot, StreamKind
    doors.py        the ways in from everywhere else: publish, publish_event, signal, on_signal
    hub.py          one Hub per event loop: membership, what comes in, what is flushed
    pacing.py       when each stream is written, and how long at a time
    stream.py       one stream in one process: positions, joiners, held items
    recent.py       the newest items of a log, for those who come back
    batch.py        the frames of one flush, made once for all
    writers.py      the one ordered writer of a connection, in two kinds
    forms.py        encodings and compression: every other form than plain JSON, made once
    form_writers.py the writers of connections in such a form
    healing.py      holes and lost publications are read from the database
    broker.py       the channel layer: one channel per process, never on a request's path
    messages.py     a publication as a message of the channel layer
    connections.py  the sockets of a loop: limits per user and address, heartbeat, draining
"""

from realtime.hub.doors import ask_hub, on_signal, publish, publish_event, signal
from realtime.hub.healing import on_check
from realtime.hub.hub import Companion, Hub, current_hub, on_start, position
from realtime.hub.types import Changes, Item, Publication, Signal, Snapshot, StreamKind, Top

__all__ = [
    "Changes",
    "Companion",
    "Hub",
    "Item",
    "Publication",
    "Signal",
    "Snapshot",
    "StreamKind",
    "Top",
    "ask_hub",
    "current_hub",
    "on_check",
    "on_signal",
    "on_start",
    "position",
    "publish",
    "publish_event",
    "signal",
]
