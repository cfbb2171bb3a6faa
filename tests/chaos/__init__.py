"""`make chaos`: real servers broken under load, and a proof that nothing acknowledged was lost.

Knows Chorus by its wire, its commands and its tables; imports `realtime.client` and nothing else of it.

    __main__.py   the command: which scenarios, for how long, with which seed
    stack.py      two workers, PostgreSQL, Redis, and a proxy in front of each
    people.py     clients that post, edit, delete and read
    ledger.py     what they asked for, what is stored, what each received: `faults` compares the three
    probe.py      one post a second, through everything
    scenarios.py  what is broken, and how often
    wire.py       a client without a library, for what no well-behaved one does
    failpoint/    a crash between commit and publication, in a server that is given it
    stalled.py, keys.py, outage.py  what needs more than a line of harm
    window.py     a browser window left open
    fuzz.py       a command of its own: broken frames by the million
    world.py      what a scenario is given
    storm.py      thousands of clients that come back at once
    report.py     what is printed

Figures and what heals what: docs/explanation/reliability.md.
"""
