"""One event loop's end of the layer: its two connections, its channels and their groups.

Two connections, because one that is subscribed may not publish, and a stalled subscription should hold up no
publication. Everything here runs on the loop it was made on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from realtime.redis.address import Address
from realtime.redis.link import Link
from realtime.redis.mailbox import Mailbox
from realtime.redis.resp import ProtocolError
from realtime.redis.subscriptions import Subscriptions

__all__ = ["End"]

ANSWER_WITHIN_S = 1.0
"""For a publication. What is later than that, the hub has read from the database."""
SWEEP_EVERY_S = 5.0


class End:
    """name_of: Redis' channel for a channel of the layer. capacity_of, on_drop: see Mailbox."""

    def __init__(
        self,
        address: Address,
        name_of: Callable[[str], bytes],
        capacity_of: Callable[[str], int],
        on_drop: Callable[[str], None],
    ) -> None:
        self._name_of = name_of
        self._capacity_of = capacity_of
        self._on_drop = on_drop
        self._loop = asyncio.get_running_loop()
        self._publisher = Link(address, "chorus-publish", ANSWER_WITHIN_S, _unexpected, _nothing, _nothing)
        self._subscriptions = Subscriptions(address, self._received, self._missed)
        self._mailboxes: dict[str, Mailbox] = {}
        self._routes: dict[bytes, dict[Mailbox, None]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def publish(self, data: bytes, replies: int) -> None:
        """Send packed commands; returns with the last reply. Raises ConnectionError, or ReplyError for the first."""
        connection = self._publisher.connection or await self._publisher.ready()
        await connection.command(data, replies)

    async def open(self, channel: str) -> Mailbox:
        """The channel's mailbox, subscribed to. Raises ConnectionError or ReplyError, and then there is none."""
        mailbox = Mailbox(channel, self._capacity_of(channel), self._on_drop)
        self._mailboxes[channel] = mailbox
        try:
            await self._join(self._name_of(channel), mailbox)
        except BaseException as error:
            self._forget(mailbox)
            mailbox.fail(ConnectionError(f"The channel could not be opened: {error!r}"))
            raise
        if self._sweep is None:
            self._sweep = self._loop.call_later(SWEEP_EVERY_S, self._forget_abandoned)
        return mailbox

    async def receive(self, channel: str) -> dict[str, Any]:
        mailbox = self._mailboxes.get(channel) or await self.open(channel)
        return await mailbox.receive()

    async def group_add(self, group: bytes, channel: str) -> None:
        await self._join(group, self._opened(channel))

    def group_discard(self, group: bytes, channel: str) -> None:
        mailbox = self._mailboxes.get(channel)
        if mailbox is not None:
            self._leave(group, mailbox)

    def deliver_to(
        self,
        channel: str,
        deliver: Callable[[dict[str, Any]], None],
        ignoring: Mapping[str, Any] | None,
        missed: Callable[[], None] | None,
    ) -> None:
        self._opened(channel).deliver_to(deliver, ignoring, missed)

    def forget(self, channel: str) -> None:
        mailbox = self._mailboxes.get(channel)
        if mailbox is not None:
            self._forget(mailbox)

    async def close(self) -> None:
        """Forget every channel and group and let go of both connections. What is used after that begins anew."""
        self._mailboxes.clear()
        self._routes.clear()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        await self._publisher.close()
        await self._subscriptions.close()

    # --- helpers ----------------------------------------------------------------------------------

    def _opened(self, channel: str) -> Mailbox:
        mailbox = self._mailboxes.get(channel)
        if mailbox is None:
            raise RuntimeError(f"{channel} is no channel that `new_channel` or `receive` opened on this event loop.")
        return mailbox

    async def _join(self, name: bytes, mailbox: Mailbox) -> None:
        is_new = name not in mailbox.names
        mailbox.names.add(name)
        self._routes.setdefault(name, {})[mailbox] = None
        try:
            await self._subscriptions.add(name)
        except BaseException:  # a caller that ran out of time, too, does not know that it is a member
            if is_new:
                self._leave(name, mailbox)
            raise

    def _leave(self, name: bytes, mailbox: Mailbox) -> None:
        mailbox.names.discard(name)
        members = self._routes.get(name, {})
        if mailbox in members:
            del members[mailbox]
            if not members:
                del self._routes[name]
                self._subscriptions.drop(name)

    def _received(self, name: bytes, payload: bytes) -> None:
        for mailbox in tuple(self._routes.get(name, ())):
            mailbox.put(payload)

    def _missed(self) -> None:
        for mailbox in tuple(self._mailboxes.values()):
            if mailbox.missed is not None:
                mailbox.missed()

    def _forget(self, mailbox: Mailbox) -> None:
        if self._mailboxes.get(mailbox.channel) is mailbox:
            del self._mailboxes[mailbox.channel]
        for name in tuple(mailbox.names):
            self._leave(name, mailbox)

    def _forget_abandoned(self) -> None:
        now = self._loop.time()
        for mailbox in tuple(self._mailboxes.values()):
            if mailbox.is_abandoned(now):
                self._forget(mailbox)
        again = bool(self._mailboxes)
        self._sweep = self._loop.call_later(SWEEP_EVERY_S, self._forget_abandoned) if again else None


def _unexpected(name: bytes, payload: bytes) -> None:
    raise ProtocolError("A message came on a connection that is not subscribed")


def _nothing(*_: object) -> None:
    """The publishing connection begins with nothing and is missed by nobody until the next call."""
