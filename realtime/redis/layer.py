"""A lean channel layer over Redis pub/sub: the default where there is a REDIS_URL.

channels_redis takes a lock, a task switch and redis-py's command machinery for each message, sent or received, keeps
no bound on what waits, and subscribes again after an outage without a word (docs/decisions/0024-own-redis-layer.md).
This one writes commands at once and together, reads all of one read in one go, and says when something may be missing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import types
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from channels.layers import BaseChannelLayer

from realtime.redis.address import Address
from realtime.redis.end import End
from realtime.redis.mailbox import encode
from realtime.redis.resp import pack

__all__ = ["RedisChannelLayer"]

logger = logging.getLogger(__name__)

CAPACITY = 10_000
"""Messages a channel holds. One read brings up to 256 KiB, thousands of small ones, before a receiver has its turn."""
NAMES_KEPT = 16_384
_SAY_EVERY_S = 10.0


class RedisChannelLayer(BaseChannelLayer):
    """Channels' layer API over Redis pub/sub, on any number of event loops, each with two connections of its own.

    url: as REDIS_URL. prefix: what Redis' channels begin with; pub/sub does not know databases, so two sites on one
    Redis need two prefixes. capacity: messages a channel holds, then the oldest go; channel_capacity: the same by
    patterns of names. Messages are plain data (what msgpack carries). Groups travel as with
    `channels_redis.pubsub.RedisPubSubChannelLayer` of the same prefix, so both may be in one cluster.

    Each call ends within seconds, whatever Redis does: with ConnectionError where it is away, with
    `resp.ReplyError` where it refuses, with TypeError, ValueError or OverflowError where a message cannot travel.
    `dropped` counts the messages that full channels lost.
    """

    extensions = ["groups", "flush"]

    def __init__(
        self,
        url: str,
        prefix: str = "chorus",
        capacity: int = CAPACITY,
        channel_capacity: dict[re.Pattern[str] | str, int] | None = None,
    ) -> None:
        super().__init__(capacity=capacity)
        # What get_capacity reads is this list of pairs; the stubs know only the setting it is made of.
        self.channel_capacity = self.compile_capacities(channel_capacity or {})  # type: ignore[assignment]
        self.prefix = prefix
        self.dropped = 0
        self._address = Address.from_url(url)
        self._ends: dict[asyncio.AbstractEventLoop, End] = {}
        self._group_name = lru_cache(NAMES_KEPT)(self._checked_group_name)
        self._said_at = -_SAY_EVERY_S

    # --- Channels' API ----------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel of this loop, open: what is sent to it from now on arrives."""
        channel = f"{prefix}.redis!{uuid.uuid4().hex}"
        self.require_valid_channel_name(channel)
        await self._end().open(channel)
        return channel

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.require_valid_channel_name(channel)
        await self._end().publish(_publish(self._channel_name(channel), message), 1)

    async def receive(self, channel: str) -> dict[str, Any]:
        """The oldest message of the channel. Safe to cancel, and the channel lives on for ten seconds then."""
        self.require_valid_channel_name(channel)
        return await self._end().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        """Returns when Redis has confirmed it. Raises RuntimeError for a channel that is not this loop's."""
        name = self._group_name(group)
        self.require_valid_channel_name(channel)
        await self._end().group_add(name, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        name = self._group_name(group)
        self.require_valid_channel_name(channel)
        self._end().group_discard(name, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._end().publish(_publish(self._group_name(group), message), 1)

    async def flush(self) -> None:
        """Forget the channels and groups of this loop, and close its connections; both begin anew when needed."""
        await self._end().close()

    async def close(self) -> None:
        """The same as `flush`. A loop that is closed does it by itself."""
        await self.flush()

    # --- for the hub ------------------------------------------------------------------------------

    async def group_send_many(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """`group_send` for many, in their order, as one write that waits for the last reply.

        All or nothing as far as it is our doing: where one cannot be encoded, none is sent.
        """
        if messages:
            commands = [_publish(self._group_name(group), message) for group, message in messages]
            await self._end().publish(b"".join(commands), len(commands))

    def deliver_to(
        self,
        channel: str,
        deliver: Callable[[dict[str, Any]], None],
        *,
        ignoring: Mapping[str, Any] | None = None,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Call `deliver` on this loop for each message of an open channel, in place of `receive`.

        ignoring: messages that begin with these entries are passed over without a look at the rest (up to 15 entries
        in all; one with more is delivered). missed: called when the subscription was interrupted and is whole again.
        """
        self._end().deliver_to(channel, deliver, ignoring, missed)

    def close_channel(self, channel: str) -> None:
        """Give a channel of this loop up, and its place in all groups."""
        self._end().forget(channel)

    # --- helpers ----------------------------------------------------------------------------------

    def _end(self) -> End:
        loop = asyncio.get_running_loop()
        end = self._ends.get(loop)
        if end is None:
            end = self._ends[loop] = End(self._address, self._channel_name, self.get_capacity, self._drop)
            _close_with(loop, self._ends)
        return end

    def _channel_name(self, channel: str) -> bytes:
        return f"{self.prefix}__channel__{channel}".encode()

    def _checked_group_name(self, group: str) -> bytes:
        self.require_valid_group_name(group)
        return f"{self.prefix}__group__{group}".encode()

    def _drop(self, channel: str) -> None:
        self.dropped += 1
        now = time.monotonic()
        if now - self._said_at >= _SAY_EVERY_S:
            self._said_at = now
            logger.warning("%s is full: its oldest message is lost, the %s. of this process", channel, self.dropped)


def _publish(name: bytes, message: dict[str, Any]) -> bytes:
    if not isinstance(message, dict):
        raise TypeError("A channel-layer message is a dict.")
    return pack(b"PUBLISH", name, encode(message))


def _close_with(loop: asyncio.AbstractEventLoop, ends: dict[asyncio.AbstractEventLoop, End]) -> None:
    """Have the loop close its end of the layer before itself: nothing else tells when a loop is done."""
    close = loop.close

    def close_both(self: asyncio.AbstractEventLoop) -> None:
        end = ends.pop(loop, None)
        if end is not None and not loop.is_closed():
            loop.run_until_complete(end.close())
        close()

    loop.close = types.MethodType(close_both, loop)  # type: ignore[method-assign]
