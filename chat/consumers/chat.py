"""`chat/<slug>`: a room's log on the wire. Page: docs/reference/protocol.md, "chat/<slug>".

An instance lives as long as its subscription and there are tens of thousands, so it keeps a few small values
and no model. What it knows of rights is for a fast refusal; the log decides again under the room's lock.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from chat import writer
from chat.conf import present
from chat.consumers import gathered
from chat.consumers.watch import AccessWatch
from chat.limits import take_post
from chat.log import Delete, Edit, Outcome, Post, tops
from chat.payloads import MessageDelete, MessageEdit, MessagePost, Read, Typing
from chat.services import Mark
from chat.streams import CHAT, chat_stream
from realtime.consumers import TopicConsumer, handles
from realtime.executors import run_read
from realtime.hub import Changes, Snapshot, StreamKind, Top, signal
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.errors import Forbidden, Muted, NotFound, RealtimeError
from realtime.protocol.limits import TokenBucket

__all__ = ["ChatConsumer"]

REFUSED_PER_S = 2.0
REFUSED_BURST = 8
"""How often the log is asked again by one who was refused. A flood costs it little, and who tries again by hand,
when the room has been opened, is not told that it is closed."""
NO_MEMBER = "You are no member of this room any more."
TYPING_PER_S = 1.0
TYPING_BURST = 4
TYPING_EVERY_S = 2.5
"""Going on is told again no sooner. Clients say it every 3 s and believe it for 6; half a second is for the way."""
TYPING_ROOM_MAX = 200
"""People in a room in which typing is still told: in a larger one somebody always types, and nobody looks."""
TYPING_MEMBERS_MAX = 500
"""Members of such a room, where nobody knows how many are there."""

_watch = AccessWatch()


class ChatConsumer(TopicConsumer):
    """See the module."""

    __slots__ = ("_is_small", "_may_type", "_me", "_refused", "_room_id", "_typing", "_typing_at", "_typing_bucket")

    kind: ClassVar[StreamKind] = StreamKind.LOG

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room_id = 0
        self._me: Mapping[str, Any] = {}
        self._may_type = self._is_small = False
        self._refused: tuple[RealtimeError, TokenBucket] | None = None
        self._typing = False
        self._typing_at = float("-inf")
        self._typing_bucket: TokenBucket | None = None

    # --- who, and what they see -------------------------------------------------------------------

    @property
    def slug(self) -> str:
        """The room's name on the wire."""
        return str(self.kwargs["room"])

    async def authorize(self) -> None:
        await self._look()

    async def snapshot(self) -> Snapshot:
        found = await gathered.snapshot(self.slug)
        if found is None:
            raise NotFound
        data = {"room": found.room, "messages": found.messages, "has_more": found.has_more, "me": self._me}
        return Snapshot(data, found.seq, found.epoch)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        found = await gathered.changes.get(gathered.Ask(stream.removeprefix(CHAT), after, limit))
        if found is None:
            raise NotFound
        return found

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> dict[str, Top]:
        found = await run_read(tops, [stream.removeprefix(CHAT) for stream in streams])
        for slug in _watch.moved({slug: top.access_version for slug, top in found.items()}):
            signal(chat_stream(slug), "access", {"user": None, "version": found[slug].access_version})
        return {chat_stream(slug): Top(top.seq, top.epoch) for slug, top in found.items()}

    # --- what they do -----------------------------------------------------------------------------

    @handles("message.post")
    def post(self, payload: MessagePost, key: str) -> asyncio.Future[Outcome]:
        """Done when the post is durable; meanwhile the connection reads on."""
        take_post(self.identity.id, exempt=self.identity.exempt)
        self._refuse_fast()
        change = Post(
            room_id=self._room_id,
            author_id=self.identity.id,
            text=payload.text,
            reply_to=payload.reply_to,
            key=uuid.UUID(key),
        )
        if self._typing:
            self._tell_typing(active=False)
        written = writer.submit(change)
        written.add_done_callback(partial(_remember_refusal, self))
        return written

    @handles("message.edit")
    def edit(self, payload: MessageEdit, key: str) -> asyncio.Future[Outcome]:
        """Another text for one's own message."""
        take_post(self.identity.id, exempt=self.identity.exempt)
        return writer.submit(
            Edit(
                room_id=self._room_id,
                author_id=self.identity.id,
                message_id=payload.id,
                text=payload.text,
                key=uuid.UUID(key),
            )
        )

    @handles("message.delete")
    def delete(self, payload: MessageDelete, key: str) -> asyncio.Future[Outcome]:
        """Take a message's text away."""
        take_post(self.identity.id, exempt=self.identity.exempt)
        return writer.submit(
            Delete(room_id=self._room_id, author_id=self.identity.id, message_id=payload.id, key=uuid.UUID(key))
        )

    @handles("read")
    async def read(self, payload: Read) -> None:
        """Everything up to this post is read."""
        await gathered.marks.get(Mark(self._room_id, self.identity.id, payload.no))

    @handles("typing", reply=False)
    def typing(self, payload: Typing) -> None:
        """Told to the others, going on at most every 2.5 s; more is left out, for nobody waits for it."""
        now = time.monotonic()
        if not payload.active and not self._typing:
            return
        if payload.active and not (self._may_type and self._is_typing_news(now)):
            return
        if self._typing_bucket is None:
            self._typing_bucket = TokenBucket(TYPING_PER_S, TYPING_BURST, now)
        if not self._typing_bucket.take(now):
            self._tell_typing(payload.active)

    # --- what happens to them ---------------------------------------------------------------------

    async def left(self) -> None:
        if self._typing:
            self._tell_typing(active=False)

    def signalled(self, name: str, data: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        if name == "typing" and data["user"]["id"] != self.identity.id:
            self.send_event("typing", data)
        elif name == "access" and data.get("user") in {None, self.identity.id}:
            _watch.rechecked(self.slug, data["version"])
            return self.authorize_again(UnsubscribeCode(data.get("code", UnsubscribeCode.REMOVED)), NO_MEMBER)
        return None

    # --- helpers ----------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Learn who the user is here. Raises NotFound or Forbidden."""
        access = await gathered.accesses.get((self.identity.id, self.slug))
        if access is None:
            raise NotFound
        access.check()
        _watch.checked(self.slug, access.room.access_version)
        self._room_id, self._me, self._refused = access.room.pk, access.me(), None
        self._may_type = access.may_write(staff=self.identity.staff)
        self._is_small = access.room.member_count <= TYPING_MEMBERS_MAX

    def _refuse_fast(self) -> None:
        """Repeat what the log said last, once it has been asked too often in a short time."""
        if self._refused is None:
            return
        refusal, asked = self._refused
        if asked.take(time.monotonic()):
            raise type(refusal)(refusal.message, retry_after_s=refusal.retry_after_s)

    def _is_typing_news(self, now: float) -> bool:
        if self._typing and now - self._typing_at < TYPING_EVERY_S:
            return False
        count = present(self.slug)
        return self._is_small if count is None else count <= TYPING_ROOM_MAX

    def _tell_typing(self, active: bool) -> None:
        self._typing, self._typing_at = active, time.monotonic()
        user = {"id": self.identity.id, "name": self.identity.name}
        signal(chat_stream(self.slug), "typing", {"user": user, "active": active})


def _remember_refusal(consumer: ChatConsumer, written: asyncio.Future[Outcome]) -> None:
    if written.cancelled():
        return
    refusal = written.exception()
    if not isinstance(refusal, Forbidden | Muted):
        consumer._refused = None
    elif consumer._refused is None:
        consumer._refused = (refusal, TokenBucket(REFUSED_PER_S, REFUSED_BURST, time.monotonic()))
    else:
        consumer._refused = (refusal, consumer._refused[1])
