"""What a fresh Chorus is filled with: rooms with a past, accounts to log in with, and bots that go on talking.

Used by the commands `demo` and `bots` alone; nothing of the product may import it. Writes through the services and
`chat.log` like everybody else, so every counter holds.

    cast.py       who there is: accounts, authors, bots, rooms
    script.py     reads scripts/*.txt: what was said, when, and what became of it
    populate.py   brings cast and scripts into the database, once
    passwords.py  the password of the accounts one can log in to
    repartee.py   what bots say: scripts/bots.txt, and whose turn it is
    bots.py       bots as clients of a running server
    scripts/      the texts
"""

__all__ = ["bots", "cast", "passwords", "populate", "repartee", "script"]
