"""The topics of chat: `chat/<slug>`, a room's durable log, and `user/me`, what concerns one user alone.

Consumers decide nothing and write nothing by themselves: posts go to the writer, the rest to services, reads
to selectors, all of it gathered over the connections of a process.

    chat.py     ChatConsumer
    user.py     UserConsumer
    gathered.py look-ups of many connections as one query
    watch.py    notices rights that changed while the broker was away
"""

from chat.consumers.chat import ChatConsumer
from chat.consumers.user import UserConsumer

__all__ = ["ChatConsumer", "UserConsumer"]
