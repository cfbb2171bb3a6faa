"""How often one user may subscribe, over all connections and processes.

A `subscribe` costs more than any other request: it may ask the database who may come in, and read a snapshot. The
rate of a connection's requests alone would let a user with a hundred connections keep every reader busy by
subscribing and leaving in a loop.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from realtime.hub import Hub
from realtime.protocol.errors import RateLimited
from realtime.protocol.limits import LimitName, retry_after
from realtime.rates import UserRate

__all__ = ["take_subscribe"]

_rates: WeakKeyDictionary[Hub, UserRate] = WeakKeyDictionary()


def take_subscribe(hub: Hub, user_id: int) -> None:
    """Count one `subscribe` of a user. Raises RateLimited."""
    rate = _rates.get(hub)
    if rate is None:
        conf = hub.conf
        rate = _rates[hub] = UserRate(LimitName.SUBSCRIBES_PER_S, conf.SUBSCRIBES_PER_S, conf.SUBSCRIBES_BURST)
    if wait_s := rate.take(user_id, hub.loop.time()):
        raise RateLimited("You are subscribing too often; wait a little.", retry_after_s=retry_after(wait_s))
