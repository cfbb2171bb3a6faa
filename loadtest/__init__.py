"""Load for a running server: sockets by the thousand, a schedule of messages, and what came of them.

Must not know the server's inside: it speaks to an address, as any client does. `manage.py loadtest` is the door for
users; benchmarks/ measures peers with the same engine.

    frames.py     RFC 6455: a client's frames and a server's, as bytes
    template.py   a message with holes for its number
    dialect.py    what every dialect offers: how a client enters a server, and what is said there
    link.py       one connection until it is handed over: upgrade, send, receive
    chorus.py     Chorus' own dialect; form.py: in which encoding it is spoken
    engine.c      the loop that sends and reads; engine.py builds it and calls it
    histogram.py  latencies by bucket
"""
