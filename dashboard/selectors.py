"""Reads for views: which dashboards somebody may see, and what they say now. For threads, not for event loops."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from dashboard.board import Shown
from dashboard.models import Arrangement
from dashboard.past import Past
from dashboard.source import Source, all_sources, find_source
from dashboard.ticker import ticker
from realtime.hub import Hub, ask_hub
from realtime.identity import Identity
from realtime.protocol.errors import NotFound

__all__ = [
    "arrangement_of",
    "source_for",
    "source_past",
    "source_shown",
    "source_state",
    "sources_summary",
    "visible_sources",
]

logger = logging.getLogger(__name__)

EMPTY: dict[str, list[str]] = {"order": [], "hidden": []}


def visible_sources(identity: Identity) -> list[Source[Any]]:
    """The dashboards somebody may see, in the order they were registered."""
    return [source for source in all_sources() if _may_see(source, identity)]


def source_for(name: str, identity: Identity) -> Source[Any]:
    """The source of that name. Raises NotFound for none, and for one that this user may not know of."""
    source = find_source(name)
    if source is None or not source.may_see(identity):
        raise NotFound("There is no such dashboard.")
    return source


def source_shown(source: Source[Any]) -> Shown:
    """What it says now, as JSON with its version. Raises Unavailable."""

    async def ask(hub: Hub) -> Shown:
        found = ticker(hub)
        found.asked(source)
        return await found.board.current(source)

    return ask_hub(ask)


def source_state(name: str, identity: Identity) -> dict[str, Any]:
    """What the dashboard of that name says now (docs/reference/protocol.md). Raises NotFound and Unavailable."""
    state: dict[str, Any] = msgspec.json.decode(source_shown(source_for(name, identity)).body)
    return state


def source_past(source: Source[Any], minutes: int) -> Past:
    """Its numbers over the last `minutes` (5, 15 or 60). Raises Unavailable."""

    async def ask(hub: Hub) -> Past:
        return await ticker(hub).history.past(source, minutes)

    return ask_hub(ask)


def sources_summary(identity: Identity) -> list[dict[str, Any]]:
    """The dashboards somebody may see, and how each stands. Raises Unavailable."""
    sources = visible_sources(identity)
    documents = ask_hub(lambda hub: ticker(hub).board.documents(sources))
    return [
        {
            "name": source.name,
            "title": source.title,
            "about": source.about,
            "interval_s": source.interval_s,
            "alerts": len(found.alerts) if (found := documents.get(source.name)) else 0,
            "stale": found is not None and found.stale is not None,
        }
        for source in sources
    ]


def arrangement_of(user_id: int, source: str) -> dict[str, list[str]]:
    """How a user has the panels of a dashboard."""
    found = Arrangement.objects.filter(user_id=user_id, source=source).first()
    return EMPTY if found is None else {"order": found.order, "hidden": found.hidden}


def _may_see(source: Source[Any], identity: Identity) -> bool:
    """One rule that fails hides one dashboard: every page asks all of them, for its way to the list."""
    try:
        return source.may_see(identity)
    except Exception:
        logger.exception("The dashboard source %r could not say who may see it", source.name)
        return False
