"""Where dashboards are kept between two ticks: documents, who is to compute next, the last hour, samples of processes.

    store.py   the protocol and its words
    memory.py  for one process, and for tests of several
    redis.py   for several processes
    scripts.py what Redis runs as one step
    steady.py  the shared store, and this process' own while that is away

One contract test runs against memory and Redis (tests/integration/dashboard/test_dashboard_store.py).
"""

from dashboard.store.memory import MemoryStore, Shelf
from dashboard.store.redis import RedisStore
from dashboard.store.steady import SteadyStore
from dashboard.store.store import Claim, Due, Kept, Row, Store, StoreAway, Told

__all__ = [
    "Claim",
    "Due",
    "Kept",
    "MemoryStore",
    "RedisStore",
    "Row",
    "Shelf",
    "SteadyStore",
    "Store",
    "StoreAway",
    "Told",
]
