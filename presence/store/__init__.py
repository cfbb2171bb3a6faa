"""Where presence is kept while it lasts. Knows rooms and users by name and id; must not know connections or topics.

    store.py   the protocol, its errors, and the words of leases
    memory.py  for one process, and for tests of several
    redis.py   for several processes
    scripts.py what Redis runs as one step

One contract test runs against both (tests/integration/presence/test_presence_store.py).
"""

from presence.store.memory import MemoryCluster, MemoryStore
from presence.store.redis import RedisStore
from presence.store.store import (
    LEASE_S,
    RENEW_EVERY_S,
    Dead,
    LeaseLost,
    Page,
    RoomState,
    Settling,
    Store,
    StoreAway,
    Top,
)

__all__ = [
    "LEASE_S",
    "RENEW_EVERY_S",
    "Dead",
    "LeaseLost",
    "MemoryCluster",
    "MemoryStore",
    "Page",
    "RedisStore",
    "RoomState",
    "Settling",
    "Store",
    "StoreAway",
    "Top",
]
