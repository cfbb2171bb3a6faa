"""What chat keeps: rooms with their logs, who belongs to them, messages, the keys of what was done, and reports.

Only `chat.log` and `chat.services` write these tables. What must always hold stands here as constraints,
under names that read as sentences.

    room.py        Room: state, and the counters of its log
    membership.py  Membership: one user in one room
    message.py     Message: one row per message as it now is; Mention: an unread "@name"
    key.py         MessageKey: what a client's idempotency key has done
    report.py      Report: what somebody has asked staff to look at
"""

from chat.models.key import KEY_DIGEST_BYTES, MessageKey
from chat.models.membership import Membership, Role, Status
from chat.models.message import TEXT_MAX, Mention, Message
from chat.models.report import NOTE_MAX, Reason, Report, Verdict
from chat.models.room import Room, Visibility, new_epoch

__all__ = [
    "KEY_DIGEST_BYTES",
    "NOTE_MAX",
    "TEXT_MAX",
    "Membership",
    "Mention",
    "Message",
    "MessageKey",
    "Reason",
    "Report",
    "Role",
    "Room",
    "Status",
    "Verdict",
    "Visibility",
    "new_epoch",
]
