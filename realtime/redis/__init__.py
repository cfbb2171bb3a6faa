"""The channel layer over Redis pub/sub: what carries publications from process to process. And commands besides.

Knows Channels' layer API and Redis; must not know the hub, topics or any feature. To the layer Redis is a wire: nothing
is stored, and what is lost on it is somebody else's to find (realtime.hub.healing).

    layer.py          Channels' API, and three doors more for the hub
    end.py            what one event loop has of it: two connections, channels, groups
    mailbox.py        one channel at its receiver
    subscriptions.py  kept true over lost connections
    commands.py       commands and scripts, for a feature that keeps something there for a while
    link.py           a connection that is opened when needed and comes back when lost
    connection.py     one connection: commands and replies in their order, deadlines, PING
    address.py        what a REDIS_URL says
    resp.py           RESP2 without I/O
"""

from realtime.redis.commands import RedisCommands, Script, away_as
from realtime.redis.layer import RedisChannelLayer
from realtime.redis.resp import ReplyError

__all__ = ["RedisChannelLayer", "RedisCommands", "ReplyError", "Script", "away_as"]
