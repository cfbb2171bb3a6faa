"""Who is here, away, or was here last: present in a room while one of one's connections is subscribed to it.

Must not know chat: who may see a room is asked of the topic registry, about the topic that `PRESENCE["SUBJECT"]` names.
Page: docs/explanation/presence.md.

    roster.py     the words (Person, Status, Choice, Diff) and the pure merge of diffs
    store/        where it is kept: in memory for one process, in Redis for several; leases, versions
    table.py      what the connections of one event loop come to; without I/O
    keeper.py     one per event loop: tells the store in ticks; made of the parts below
    lease.py      holds this process' lease, reaps dead processes
    rosters.py    what is read of rooms, once for all who ask
    chronicle.py  last-seen times, choices and signals, beside everything else
    counts.py     how many are in rooms, for code outside
    announce.py   a change of the store as publications
    consumers/    presence/<room>, user/presence, site/presence
    services.py   choices and last-seen times; the only writer of the table
    selectors.py  reads it
    signals.py    what a developer's code hears: first join and last leave, once per cluster
    api/          the same over HTTP
    context.py    one's own choice for templates
    models.py, conf.py, apps.py, topics.py
"""

__all__ = ["apps", "conf", "counts", "models", "roster", "selectors", "services", "signals", "store", "topics"]
