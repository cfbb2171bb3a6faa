"""The channel layer over Redis pub/sub: what carries publications from process to process.

Knows Channels' layer API and Redis; must not know the hub, topics or any feature. Redis is a wire here: nothing is
stored, and what is lost on it is somebody else's to find (realtime.hub.healing).

    layer.py          Channels' API, and two doors more for the hub
    end.py            what one event loop has of it: two connections, channels, groups
    mailbox.py        one channel at its receiver
    subscriptions.py  kept true over lost connections
    link.py           a connection that is opened when needed and comes back when lost
    connection.py     one connection: commands and replies in their order, deadlines, PING
    address.py        what a REDIS_URL says
    resp.py           RESP2 without I/O
"""

from realtime.redis.layer import RedisChannelLayer

__all__ = ["RedisChannelLayer"]
