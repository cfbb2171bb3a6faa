"""The Channels side of the engine: sockets in, topics out.

Must not know any feature. Extend `TopicConsumer`; mount `ConnectionConsumer`.

    topic.py         TopicConsumer: the hooks of a topic
    handlers.py      @handles: client events to methods, with typed payloads
    subscription.py  one topic on one connection: requests in order, snapshot, recovery
    entrance.py      ConnectionConsumer: who is let in, who is turned away
    connection.py    one WebSocket: hello, auth, frames, heartbeat, close
    account.py       what a connection came to, and its line of the log
    rates.py         how often a user may subscribe
    sessions.py      what connections stand on, watched
"""

from realtime.consumers.handlers import handles
from realtime.consumers.topic import TopicConsumer

__all__ = ["TopicConsumer", "handles"]
