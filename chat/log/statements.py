"""What every batch of messages asks PostgreSQL: lock the rooms, look everything up, write everything. Three statements.

They are prepared, and their text is the same for any number of changes. Eight queries of the ORM cost a small batch
3.0 ms of CPU, half of it to build their text; and every round trip gives the interpreter's lock away and waits for it
again, which on a busy server is the longer part. SQLite and the rarer changes keep to load.py and write.py, and
both ways pass the same tests. Knows no rule.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.contrib.auth import get_user_model

from chat.log.batch import Batch, Known, Member, User
from chat.log.changes import Keyed
from chat.models import Room
from realtime.database import fetch

__all__ = ["Found", "lock_rooms", "look_up", "write_posts"]

Found = tuple[
    dict[int, User],
    dict[tuple[int, int], Member],
    dict[tuple[int, int, uuid.UUID], Known],
]

_ROOM = tuple(field.attname for field in Room._meta.concrete_fields)
# The server plans a prepared statement once. On a database that is new, whose tables are small, it would plan to read
# them whole, and keep to that until they are analyzed a minute later, each batch dearer than the last one. So for the
# rest of the transaction it is told not to.
_LOCK = f"""
WITH planning AS MATERIALIZED (SELECT set_config('enable_seqscan', 'off', true))
SELECT {", ".join(f"r.{name}" for name in _ROOM)} FROM chat_room r, planning
WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id FOR NO KEY UPDATE OF r
"""  # noqa: S608 - our own columns

# Members are locked in the order of their ids, like everywhere (load.py). LATERAL with a LIMIT: one look into an index
# for each change, whatever the planner believes of the tables' size.
_LOOK_UP = """
WITH c AS (
    SELECT * FROM json_to_recordset(%s) AS c (room_id bigint, author_id bigint, key uuid)
), m AS MATERIALIZED (
    SELECT * FROM chat_membership WHERE (room_id, user_id) IN (SELECT room_id, author_id FROM c)
    ORDER BY id FOR NO KEY UPDATE
)
SELECT c.room_id, c.author_id, c.key, u.username, u.is_active, u.is_staff,
    m.id, m.role, m.status, m.last_read_no, m.last_posted_at, m.muted_until, m.muted_notifications,
    k.seq, k.message_id, k.digest, posted.created_at
FROM c
LEFT JOIN m ON m.room_id = c.room_id AND m.user_id = c.author_id
LEFT JOIN LATERAL (
    SELECT username, is_active, is_staff FROM {users} WHERE id = c.author_id LIMIT 1
) u ON true
LEFT JOIN LATERAL (
    SELECT seq, message_id, digest FROM chat_messagekey
    WHERE room_id = c.room_id AND author_id = c.author_id AND key = c.key LIMIT 1
) k ON true
LEFT JOIN LATERAL (SELECT created_at FROM chat_message WHERE id = k.message_id LIMIT 1) posted ON true
"""

_ROOM_CHANGES = {
    "last_seq": "bigint",
    "state_seq": "bigint",
    "post_count": "bigint",
    "member_count": "integer",
    "last_at": "timestamptz",
    "last_author_id": "bigint",
    "announced_version": "bigint",
    "announced_at": "timestamptz",
}
_WRITE = f"""
WITH c AS (
    SELECT * FROM json_to_recordset(%s) AS c (
        room_id bigint, author_id bigint, seq bigint, post_no bigint, text text, key uuid, reply_to bigint,
        created_at timestamptz, digest bytea
    )
), posted AS (
    INSERT INTO chat_message
        (room_id, author_id, seq, posted_seq, post_no, text, key, reply_to_id, created_at)
    SELECT room_id, author_id, seq, seq, post_no, text, key, reply_to, created_at FROM c
    RETURNING id, room_id, post_no
), keys AS (
    INSERT INTO chat_messagekey (room_id, author_id, key, seq, message_id, digest, created_at)
    SELECT c.room_id, c.author_id, c.key, c.seq, posted.id, c.digest, c.created_at
    FROM posted JOIN c USING (room_id, post_no)
), members AS (
    UPDATE chat_membership m SET last_read_no = v.last_read_no, last_posted_at = v.last_posted_at
    FROM json_to_recordset(%s) AS v (id bigint, last_read_no bigint, last_posted_at timestamptz) WHERE m.id = v.id
), rooms AS (
    UPDATE chat_room r SET {", ".join(f"{name} = v.{name}" for name in _ROOM_CHANGES)}
    FROM json_to_recordset(%s) AS v (id bigint, {", ".join(map(" ".join, _ROOM_CHANGES.items()))}) WHERE r.id = v.id
)
SELECT room_id, post_no, id FROM posted
"""  # noqa: S608 - our own columns


def lock_rooms(room_ids: Iterable[int], *, wait: bool) -> dict[int, Room]:
    """As `load.lock_rooms`."""
    rows = fetch(_LOCK if wait else f"{_LOCK} SKIP LOCKED", [sorted(set(room_ids))])
    return {row[0]: Room.from_db("default", _ROOM, row) for row in rows}


def look_up(changes: Sequence[Keyed]) -> Found:
    """Users, memberships (locked) and keys of changes that have one."""
    users: dict[int, User] = {}
    members: dict[tuple[int, int], Member] = {}
    keys: dict[tuple[int, int, uuid.UUID], Known] = {}
    asked = [{"room_id": c.room_id, "author_id": c.author_id, "key": c.key} for c in changes]
    for row in fetch(_LOOK_UP.format(users=get_user_model()._meta.db_table), [_json(asked)]):
        room_id, author_id, key = row[:3]
        if row[3] is not None:
            users[author_id] = User(*row[3:6])
        if row[6] is not None and (room_id, author_id) not in members:
            pk, *standing = row[6:13]
            members[room_id, author_id] = Member(pk, room_id, author_id, *standing)
        if row[13] is not None:
            seq, message_id, digest, created_at = row[13:17]
            keys[room_id, author_id, key] = Known(seq, message_id, bytes(digest), created_at)
    return users, members, keys


def write_posts(batch: Batch) -> None:
    """Write a batch that holds new messages of members and nothing else. Gives the messages their ids."""
    posts = [
        {
            "room_id": row.room_id,
            "author_id": row.author_id,
            "seq": row.seq,
            "post_no": row.post_no,
            "text": row.text,
            "key": row.key,
            "reply_to": row.reply_to,
            "created_at": row.created_at,
            "digest": f"\\x{change.digest().hex()}",
        }
        for change, _, row in batch.new_keys
    ]
    members = [
        {"id": member.id, "last_read_no": member.last_read_no, "last_posted_at": member.last_posted_at}
        for member in batch.members.values()
        if member.posted
    ]
    rooms = [{"id": pk, **{name: getattr(batch.rooms[pk], name) for name in _ROOM_CHANGES}} for pk in batch.events]
    written = fetch(_WRITE, [_json(posts), _json(members), _json(rooms)])
    ids = {(room_id, post_no): pk for room_id, post_no, pk in written}
    for row in batch.posted:
        row.id = ids[row.room_id, row.post_no]


def _json(rows: Sequence[dict[str, Any]]) -> str:
    """Many rows as one parameter, encoded in C: psycopg formats values one by one in Python."""
    return msgspec.json.encode(rows).decode()
