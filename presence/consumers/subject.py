"""Whose access a room's presence borrows: the topic that settings name, asked through the engine's registry.

So presence knows nothing of rooms, members and bans, and says the same as the room itself does.
"""

from __future__ import annotations

from presence.conf import conf
from presence.roster import Chosen
from presence.selectors import choices_of
from realtime.batching import Batcher
from realtime.consumers import TopicConsumer
from realtime.identity import Identity
from realtime.topics import registry

__all__ = ["authorize", "choice_of", "subject"]

_choices: Batcher[int, Chosen] = Batcher(choices_of)


def subject(room: str, identity: Identity) -> TopicConsumer:
    """The consumer of the topic a room's presence belongs to, for this user. Raises NotFound where there is none."""
    topic = conf().SUBJECT.format(room=room)
    consumer, kwargs = registry().resolve(topic)
    return consumer(topic, kwargs, identity=identity)


async def authorize(room: str, identity: Identity) -> None:
    """Raise what the room's own topic refuses with."""
    await subject(room, identity).authorize()


async def choice_of(user_id: int) -> Chosen:
    """What a user chose; those who arrive together cost one query."""
    return await _choices.get(user_id) or Chosen()
