"""Decides messages: what a post, an edit or a delete does to its room, under the room's lock.

Reads and changes the batch alone. A key that was used before is answered before any rule is asked: what was
done once stays done, also for one who was muted since.
"""

from __future__ import annotations

from dataclasses import replace

from chat import policies
from chat.log.batch import Batch, Event, Known, User
from chat.log.changes import Changed, Delete, Edit, Keyed, Outcome, Post, Posted
from chat.log.rooms import join_member
from chat.models import Role, Room
from chat.rows import MessageRow
from chat.serialize import utc_text
from realtime.protocol.errors import Conflict, Forbidden, Invalid, NotFound

__all__ = ["Pending", "decide_message"]


class Pending:
    """A post's outcome before its row has an id."""

    __slots__ = ("duplicate", "message")

    def __init__(self, message: MessageRow, *, duplicate: bool = False) -> None:
        self.message = message
        self.duplicate = duplicate

    def settled(self) -> Posted:
        """The outcome, once the row is written."""
        message = self.message
        return Posted(message.id, message.posted_seq, utc_text(message.created_at), self.duplicate)


def decide_message(batch: Batch, change: Keyed) -> Outcome | Pending:
    """Do it, or raise the refusal."""
    room = batch.room(change.room_id)
    known = batch.keys.get((room.pk, change.author_id, change.key))
    if known is not None:
        return _again(change, known)
    user = batch.user(change.author_id)
    if not user.is_active:
        raise Forbidden("This account is disabled.")
    if isinstance(change, Post):
        return _post(batch, room, user, change)
    return _edit(batch, room, user, change) if isinstance(change, Edit) else _delete(batch, room, user, change)


def _post(batch: Batch, room: Room, user: User, change: Post) -> Pending:
    member = batch.members.get((room.pk, change.author_id))
    policies.check_post(room, member, staff=user.is_staff, now=batch.now)
    if change.reply_to is not None:
        answered = batch.messages.get(change.reply_to)
        if answered is None or answered.room_id != room.pk:
            raise Invalid("There is no such message in this room to reply to.", field="reply_to")
    if member is None or not member.is_member:
        member = join_member(batch, room, change.author_id, Role.MEMBER)
    room.post_count += 1
    seq = batch.next_seq(room)
    message = MessageRow(
        id=0,
        room_id=room.pk,
        author_id=change.author_id,
        author_name=user.name,
        seq=seq,
        posted_seq=seq,
        post_no=room.post_count,
        text=change.text,
        key=change.key,
        reply_to=change.reply_to,
        created_at=batch.now,
    )
    room.last_at, room.last_author_id = batch.now, change.author_id
    # Whoever writes has seen what stands above, their own post at the least.
    member.last_read_no, member.last_posted_at, member.posted = message.post_no, batch.now, True
    batch.posted.append(message)
    _record(batch, change, message, seq)
    batch.add_event(room, Event(seq, "message", message))
    return Pending(message)


def _edit(batch: Batch, room: Room, user: User, change: Edit) -> Changed:
    member = batch.members.get((room.pk, change.author_id))
    policies.check_see(room, member)
    message = _message(batch, room, change.message_id)
    own = message.author_id == change.author_id
    policies.check_edit(room, member, own=own, staff=user.is_staff, now=batch.now)
    if message.deleted_at is not None:
        raise Conflict("This message has been deleted.")
    if message.text == change.text:
        return _nothing(batch, change, message)
    return _change(batch, room, change, replace(message, text=change.text, edited_at=batch.now))


def _delete(batch: Batch, room: Room, user: User, change: Delete) -> Changed:
    member = batch.members.get((room.pk, change.author_id))
    if not change.as_system:
        policies.check_see(room, member)
    message = _message(batch, room, change.message_id)
    if not change.as_system:
        policies.check_delete(room, member, own=message.author_id == change.author_id, staff=user.is_staff)
    if message.deleted_at is not None:
        return _nothing(batch, change, message)
    return _change(batch, room, change, replace(message, text=None, deleted_at=batch.now))


def _message(batch: Batch, room: Room, message_id: int) -> MessageRow:
    message = batch.messages.get(message_id)
    if message is None or message.room_id != room.pk:
        raise NotFound("There is no such message in this room.")
    return message


def _change(batch: Batch, room: Room, change: Keyed, message: MessageRow) -> Changed:
    message.seq = batch.next_seq(room)
    batch.messages[message.id] = batch.changed[message.id] = message
    _record(batch, change, message, message.seq)
    batch.add_event(room, Event(message.seq, "message", message))
    return Changed(message.seq)


def _nothing(batch: Batch, change: Keyed, message: MessageRow) -> Changed:
    """What changes nothing has no seq of its own: the reader who is there has it already."""
    _record(batch, change, message, message.seq)
    return Changed(message.seq)


def _record(batch: Batch, change: Keyed, message: MessageRow, seq: int) -> None:
    known = Known(seq, message.id, change.digest(), message.created_at, message)
    batch.keys[change.room_id, change.author_id, change.key] = known
    batch.new_keys.append((change, seq, message))


def _again(change: Keyed, known: Known) -> Outcome | Pending:
    if known.digest != change.digest():
        raise Conflict
    if not isinstance(change, Post):
        return Changed(known.seq, duplicate=True)
    if known.message is not None:
        return Pending(known.message, duplicate=True)
    return Posted(known.message_id, known.seq, utc_text(known.created_at), duplicate=True)
