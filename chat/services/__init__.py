"""Every write to chat that does not come from a socket's post: one function per intent, keyword-only.

Sync; each has its own transaction (or is part of its caller's) and publishes when it commits. What touches a
room's log goes through `log.append`, under the same lock and the same rules as the writer's batches.
Refusals are errors of `realtime.protocol.errors`; a database that is away is `Unavailable`.

    rooms.py     create, update, archive, rotate epochs
    members.py   join, leave, invite, restrict, roles, notifications
    messages.py  post, edit, delete, purge old keys
    reads.py     how far somebody has read
    reports.py   what staff are asked to look at
"""

from chat.services.members import (
    member_invite,
    member_join,
    member_join_many,
    member_leave,
    member_restrict,
    member_set_notifications,
    member_set_role,
)
from chat.services.messages import key_purge, message_delete, message_edit, message_post
from chat.services.reads import Mark, read_mark, read_marks
from chat.services.reports import report_close, report_make
from chat.services.rooms import room_archive, room_create, room_rotate_epochs, room_update

__all__ = [
    "Mark",
    "key_purge",
    "member_invite",
    "member_join",
    "member_join_many",
    "member_leave",
    "member_restrict",
    "member_set_notifications",
    "member_set_role",
    "message_delete",
    "message_edit",
    "message_post",
    "read_mark",
    "read_marks",
    "report_close",
    "report_make",
    "room_archive",
    "room_create",
    "room_rotate_epochs",
    "room_update",
]
