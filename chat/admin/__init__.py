"""Chat for staff: rooms, who belongs to them, what was said. Whatever changes here is done by `chat.services`.

rooms.py     Room: make, change, archive
members.py   Membership: add, give a role, remove
messages.py  Message: look, delete (a tombstone stays); Mention and MessageKey for a look
reports.py   Report: look, delete the message, dismiss
"""

from chat.admin.members import MembershipAdmin
from chat.admin.messages import MentionAdmin, MessageAdmin, MessageKeyAdmin
from chat.admin.reports import ReportAdmin
from chat.admin.rooms import RoomAdmin

__all__ = ["MembershipAdmin", "MentionAdmin", "MessageAdmin", "MessageKeyAdmin", "ReportAdmin", "RoomAdmin"]
