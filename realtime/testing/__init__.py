"""The public test kit: a client of a topic without a socket, on the real hub.

    async with TopicClient(identity) as ada:
        state = await ada.subscribe("hello/world")
        reply = await ada.send("hello/world", "wave", {"hand": "left"})
        event = await ada.event()

Everything but the socket is real: protocol, limits, order, snapshot, streams. Must not know any feature.
"""

from realtime.testing.client import TopicClient
from realtime.testing.hub import close_hub

__all__ = ["TopicClient", "close_hub"]
