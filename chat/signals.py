"""What chat has to do when somebody else's row goes: a deleted account leaves its rooms first.

Knows Django's signals and the log, nothing else. Connected by `ChatConfig.ready`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db.models.signals import pre_delete

from chat.log import Leave, append
from chat.models import Membership, Status

__all__ = ["connect"]


def connect() -> None:
    """Listen. Twice is once."""
    pre_delete.connect(_leave_rooms, sender=get_user_model(), dispatch_uid="chat.leave_rooms")


def _leave_rooms(instance: AbstractUser, **_: Any) -> None:
    """Through the log, so that member counts stay right and rooms hear of it.

    An account with messages is never deleted (the database refuses); it is deactivated.
    """
    rooms = Membership.objects.filter(user_id=instance.pk, status=Status.MEMBER).values_list("room_id", flat=True)
    append([Leave(room_id=room_id, user_id=instance.pk, as_system=True) for room_id in rooms])
