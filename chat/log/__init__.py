"""The one door to a room's log: whatever changes what people see in a room goes through `append`.

Must not know sockets, threads or requests; callers bring their own transaction. Reading the log back
("what changed after N") is here too, because both sides must agree on what a seq means.

    changes.py   what can be asked, and what comes of it
    append.py    lock, look up, decide, write, publish on commit
    load.py      the locks and look-ups       write.py     one statement per table
    statements.py  the three statements of a batch of posts on PostgreSQL
    decide.py    posts, edits, deletes        rooms.py     rooms and who belongs to them
    batch.py     the state of one batch       mentions.py  who was named
    announce.py  what a commit tells          read.py      changes after N, tops, snapshots
"""

from chat.log.announce import announced, room_changed_item
from chat.log.append import append
from chat.log.changes import (
    Change,
    Changed,
    Delete,
    Edit,
    Join,
    Leave,
    Outcome,
    Post,
    Posted,
    Restrict,
    SetRole,
    SetRoom,
)
from chat.log.load import lock_rooms
from chat.log.mentions import unread_mentions
from chat.log.read import changes_after, latest, tops

__all__ = [
    "Change",
    "Changed",
    "Delete",
    "Edit",
    "Join",
    "Leave",
    "Outcome",
    "Post",
    "Posted",
    "Restrict",
    "SetRole",
    "SetRoom",
    "announced",
    "append",
    "changes_after",
    "latest",
    "lock_rooms",
    "room_changed_item",
    "tops",
    "unread_mentions",
]
