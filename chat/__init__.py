"""Rooms, members and messages: the chat of Chorus.

Must not know presence, dashboards, sockets or groups. Knows accounts as "users" and the engine by its public
names. Writes go one way: services and consumers → `log.append` → one publication after the commit.

    models/        the tables and what must always hold of them
    log/           the one door to a room's log: append, changes after N, tops
    writer.py      the group commit of what comes from sockets
    services/      every other write, one function per intent
    selectors.py   every read for pages and the API
    access.py      who may see a room; one answer for "absent" and "forbidden"
    policies.py    who may do what in a room they see
    consumers/     the topics `chat/<slug>` and `user/me`
    frame.py       what pages in the frame share, also those of packages above
    payloads.py    what clients send; serialize.py: what they get
    topics.py      registers the topics
"""

__all__ = [
    "access",
    "apps",
    "consumers",
    "log",
    "models",
    "payloads",
    "policies",
    "selectors",
    "serialize",
    "services",
    "topics",
    "writer",
]
