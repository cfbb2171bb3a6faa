"""Load for a running server: sockets by the thousand, a schedule of messages, and what came of them.

Must not know the server's inside: it speaks to an address, as any client does. `manage.py loadtest` is the door for
users, and the one module here that knows the product; benchmarks/ measures peers with the same engine.

    native/       the loop that sends and reads, in C; library.py builds it
    engine.py     the loop from Python; outcome.py, histogram.py: what it gives
    dialect.py    what every dialect offers: how a client enters a server, and what is said there
    link.py       one connection until it is handed over: upgrade, send, receive
    frames.py     RFC 6455: a client's frames and a server's, as bytes
    template.py   a message with holes for its number
    chorus.py     Chorus' own dialect; form.py: in which encoding it is spoken
    target.py     which server may be loaded
    machine.py    open files
    schedule.py   who sends when
    entering.py   bringing the clients in
    run.py        a whole load test of Chorus
    report.py     its figures, for people and as JSON; progress.py: while it runs
    errors.py     what goes wrong, in a sentence
"""
