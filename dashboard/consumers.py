"""`dashboard/<name>`: a dashboard as it is, then what changes. Page: docs/reference/protocol.md, "dashboard/<name>"."""

from __future__ import annotations

from typing import Any, ClassVar

from dashboard.source import Source, find_source
from dashboard.ticker import Ticker, ticker
from realtime.consumers import TopicConsumer
from realtime.executors import run_read
from realtime.hub import Changes, Snapshot, StreamKind, current_hub
from realtime.protocol.errors import NotFound

__all__ = ["DashboardConsumer"]


class DashboardConsumer(TopicConsumer):
    """See the module. How far a dashboard has come, its readers hear by the next tick at the latest."""

    __slots__ = ()

    kind: ClassVar[StreamKind] = StreamKind.DIFF

    async def authorize(self) -> None:
        source = find_source(self.kwargs["name"])
        if source is None or not await _may_see(source, self):
            raise NotFound("There is no such dashboard.")

    async def snapshot(self) -> Snapshot:
        shown = await the_ticker().board.snapshot(_source(self.topic))
        return Snapshot(shown.body, shown.version)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        items = await the_ticker().board.heal(_source(stream), after)
        return Changes("", items[-1].seq or after if items else after, items)


async def _may_see(source: Source[Any], consumer: TopicConsumer) -> bool:
    if type(source).may_see is Source.may_see:
        return source.may_see(consumer.identity)
    # A rule of a product's own may ask the database.
    return await run_read(source.may_see, consumer.identity)


def the_ticker() -> Ticker:
    """Of the running loop's hub."""
    return ticker(current_hub())


def _source(stream: str) -> Source[Any]:
    source = find_source(stream.partition("/")[2])
    if source is None:
        raise NotFound("There is no such dashboard.")
    return source
