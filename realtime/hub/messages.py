"""A publication as a message of the channel layer: its group, its form, and how many are sent.

Knows no connection and no task; broker.py and doors.py decide when. The form is plain data, so that any channel layer
carries it.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from realtime.hub.types import Item, Publication, Signal

__all__ = ["MESSAGE_TYPE", "decode", "encode", "group_name", "process_id", "send_all"]

logger = logging.getLogger(__name__)

MESSAGE_TYPE = "hub.publication"
# What the layers' serializers raise for what they do not know.
_CANNOT_TRAVEL = (TypeError, ValueError, OverflowError, RecursionError)
_process: tuple[int, str] = (0, "")


async def send_all(layer: Any, publications: Sequence[Publication]) -> None:
    """Publish in this order. Raises what the layer raises; one that cannot travel is logged, and only it is lost."""
    if len(publications) > 1 and hasattr(layer, "group_send_many"):
        try:
            await layer.group_send_many([(group_name(each.stream), encode(each)) for each in publications])
        except _CANNOT_TRAVEL:
            logger.debug("One of %s publications cannot travel; each is sent alone", len(publications))
        else:
            return
    for publication in publications:
        try:
            await layer.group_send(group_name(publication.stream), encode(publication))
        except _CANNOT_TRAVEL:
            # The broker is well: this one holds what its serializer does not know.
            logger.exception("A publication to %r cannot travel", publication.stream)


# As many as a busy process has streams; a name is asked for with each publication.
@lru_cache(16_384)
def group_name(stream: str) -> str:
    """Channels' group names are short ASCII; stream names are not."""
    return "t." + hashlib.blake2b(stream.encode(), digest_size=16).hexdigest()


def process_id() -> str:
    """Names this process on the wire, so that it can drop its own echo. Survives no fork."""
    global _process  # noqa: PLW0603 - one process, one name
    if _process[0] != os.getpid():
        _process = (os.getpid(), os.urandom(8).hex())
    return _process[1]


def encode(publication: Publication) -> dict[str, Any]:
    """A publication as a channel-layer message (plain types: the layer's serializer is msgpack)."""
    signal = publication.signal
    message = {
        # These two first: by them a layer tells our own echo before it decodes the rest.
        "type": MESSAGE_TYPE,
        "origin": process_id(),
        "stream": publication.stream,
        "items": [[item.frame, item.seq, item.prev, item.subject] for item in publication.items],
        "signal": None if signal is None else [signal.name, dict(signal.data)],
        "at": publication.at,
    }
    if publication.trace:
        message["trace"] = publication.trace
    return message


def decode(message: dict[str, Any]) -> Publication:
    """The way back. Raises KeyError, TypeError or ValueError for what is no publication."""
    signal = message["signal"]
    items = tuple(Item(frame, seq, prev, subject) for frame, seq, prev, subject in message["items"])
    if not all(isinstance(item.frame, bytes) for item in items):
        raise TypeError("A frame is bytes.")
    return Publication(
        stream=message["stream"],
        items=items,
        signal=None if signal is None else Signal(signal[0], signal[1]),
        at=float(message.get("at", 0.0)),  # a process of an older version says nothing
        trace=message.get("trace", ""),
    )
