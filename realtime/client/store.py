"""Where an outbox keeps what was not answered yet.

A store is one user's. MemoryStore lives as long as its process, and may be handed from one client to the
next; something that outlives the process only has to have the same three methods.
"""

from typing import Protocol

import msgspec

__all__ = ["MemoryStore", "Store", "Stored"]


class Stored(msgspec.Struct, frozen=True):
    """One entry as kept. `data` is JSON."""

    key: str
    topic: str
    event: str
    data: bytes


class Store(Protocol):
    """Called from the event loop, so it must not block for long."""

    def load(self) -> list[Stored]:
        """Everything kept, in the order it was first put."""

    def put(self, stored: Stored) -> None:
        """Keep it, in its old place if the key is known."""

    def remove(self, key: str) -> None:
        """Forget it; a key that is not known is no error."""


class MemoryStore:
    """Keeps entries in this process."""

    def __init__(self) -> None:
        self._kept: dict[str, Stored] = {}

    def load(self) -> list[Stored]:
        return list(self._kept.values())

    def put(self, stored: Stored) -> None:
        self._kept[stored.key] = stored

    def remove(self, key: str) -> None:
        self._kept.pop(key, None)
