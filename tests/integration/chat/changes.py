"""What people do to messages, as `log.append` is told."""

from __future__ import annotations

from chat.log import Delete, Edit, Post

__all__ = ["delete", "edit", "post"]


def post(room, author, text="hello", **fields):
    return Post(room_id=room.pk, author_id=author.pk, text=text, **fields)


def edit(room, author, message_id, text, **fields):
    return Edit(room_id=room.pk, author_id=author.pk, message_id=message_id, text=text, **fields)


def delete(room, author, message_id, **fields):
    return Delete(room_id=room.pk, author_id=author.pk, message_id=message_id, **fields)
