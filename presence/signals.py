"""What a developer's code hears of presence: Django signals, sent once for a whole cluster.

    user_came, user_left(user_ids)               first join and last leave of a user, over all their rooms and devices
    room_came, room_left(room, user_ids)         the same for one room

Sent in a thread, in the process whose change it was: the one the user came to, the one they left last, or the one that
found another dead. A process that is killed between the change and the signal sends none: then nobody does. Somebody
who turns invisible leaves, to receivers as to everybody. A receiver may use the database; its error is logged and stops
nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.dispatch import Signal

from presence.announce import SITE
from presence.roster import Diff

__all__ = ["heard", "room_came", "room_left", "send", "user_came", "user_left"]

logger = logging.getLogger(__name__)

user_came = Signal()
user_left = Signal()
room_came = Signal()
room_left = Signal()


def heard() -> bool:
    """Whether anybody listens."""
    return any(each.has_listeners() for each in (user_came, user_left, room_came, room_left))


def send(diffs: Sequence[Diff]) -> None:
    """Send what these came to. Not on the event loop: receivers may block."""
    for diff in diffs:
        came = [person.id for person in diff.came]
        if diff.room == SITE:
            _send(user_came, came)
            _send(user_left, list(diff.left))
        else:
            _send(room_came, came, room=diff.room)
            _send(room_left, list(diff.left), room=diff.room)


def _send(signal: Signal, user_ids: list[int], **said: str) -> None:
    if not user_ids:
        return
    for receiver, answer in signal.send_robust(sender=None, user_ids=user_ids, **said):
        if isinstance(answer, Exception):
            logger.error("%r failed", receiver, exc_info=answer)
