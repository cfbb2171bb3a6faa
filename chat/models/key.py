"""What a client's idempotency key has done: the same intent sent again gets the first result."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from chat.models.message import Message
from chat.models.room import Room

__all__ = ["KEY_DIGEST_BYTES", "MessageKey"]

KEY_DIGEST_BYTES = 16


class MessageKey(models.Model):
    """One key of one author in one room, with its result. Kept for at least 7 days (KEY_DAYS).

    digest: of what was asked for; the same key with other content is a conflict.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    seq = models.PositiveBigIntegerField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=KEY_DIGEST_BYTES)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "author", "key"], name="a_key_is_used_once_by_an_author_in_a_room"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="keys_by_age")]

    def __str__(self) -> str:
        return str(self.key)
