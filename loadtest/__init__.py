"""Load for a running server: sockets by the thousand, a schedule of messages, and what came of them.

Must not know the server's inside: it speaks to an address, as any client does. `manage.py loadtest` is the door for
users; benchmarks/ measures peers with the same engine.

    dialect.py    how a client enters a server: Dialect, Template, the WebSocket upgrade
    chorus.py     Chorus' own dialect
    engine.c      the loop that sends and reads; engine.py builds it and calls it
    histogram.py  latencies by bucket
"""
