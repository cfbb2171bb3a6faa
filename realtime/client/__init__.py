"""The Python client (asyncio): what tests, bots and load generators speak to a server through.

The same states, backoff, outbox and recovery as the browser's client in static/realtime/, under the same
names. It must not know Django or any feature; it knows the protocol and, in merge.py, the shape of a message.

    client.py         start here: RealtimeClient
    subscription.py   one topic: recovery, holes, iteration
    outbox.py         what was not answered yet; store.py keeps it
    merge.py          a room as its events tell it
    connection.py     when to connect, wait, stay away
    switchboard.py    joins these
    wire.py           one socket; handshake.py, heartbeat.py are parts of it
    transport.py      the socket itself, by the `websockets` library
    credentials.py    the token
    cursor.py, backoff.py, clock.py, states.py, errors.py

The contract in words: docs/reference/protocol.md.
"""

from realtime.client.client import RealtimeClient
from realtime.client.errors import ClientClosed, Disconnected, NoAnswer, SubscriptionEnded
from realtime.client.merge import RoomState
from realtime.client.outbox import Entry, EntryState, Outbox
from realtime.client.states import ConnectionState, Reason, Status, SubscriptionState
from realtime.client.store import MemoryStore, Store, Stored
from realtime.client.subscription import Received, Subscription

__all__ = [
    "ClientClosed",
    "ConnectionState",
    "Disconnected",
    "Entry",
    "EntryState",
    "MemoryStore",
    "NoAnswer",
    "Outbox",
    "RealtimeClient",
    "Reason",
    "Received",
    "RoomState",
    "Status",
    "Store",
    "Stored",
    "Subscription",
    "SubscriptionEnded",
    "SubscriptionState",
]
