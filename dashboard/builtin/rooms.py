"""Which rooms are alive: how much is said in them, how many belong to them and are present.

What is said is counted over the newest SAMPLE messages by their ids, so that the cost is the same however many there
are, and however busy it is. Only numbers and names of rooms; never what was said.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from chat.models import Message, Room
from dashboard.fields import number, table, text, time
from dashboard.source import Source
from presence.counts import present_in
from realtime.protocol.errors import Unavailable

__all__ = ["RoomsSource"]

SHOWN = 20
SAMPLE = 5_000
"""Of so many messages the newest minute is looked at; where it has more, the rate is that of the time they took."""
WINDOW = timedelta(minutes=1)


class RoomLine(msgspec.Struct):
    """One of the most active rooms."""

    room: Annotated[str, text("Room")]
    per_minute: Annotated[float, number("Messages", unit="/min")]
    members: Annotated[int, number("Members")]
    present: Annotated[int | None, number("Present")]
    last_at: Annotated[int | None, time("Last post")]


class Rooms(msgspec.Struct):
    """All rooms together, and the most active."""

    per_minute: Annotated[float, number("Messages", unit="/min", chart="messages", better="high")]
    active: Annotated[
        int, number("Active rooms", help="With a post in the past minute.", chart="active", better="high")
    ]
    rooms: Annotated[int, number("Rooms", help="Archived ones left out.")]
    posts: Annotated[int, number("Posts so far")]
    busiest: Annotated[list[RoomLine], table("Most active rooms", key="room")]


class Talk(NamedTuple):
    """What the newest messages come to: messages per minute, and when the newest was posted, by room."""

    rates: dict[int, float]
    newest: dict[int, datetime]

    def busiest(self) -> list[int]:
        """Rooms, those with the most messages first; among the silent, those that fell silent last."""
        return sorted(self.newest, key=lambda room: (self.rates.get(room, 0.0), self.newest[room]), reverse=True)


class RoomsSource(Source[Rooms]):
    """For staff."""

    name = "rooms"
    title = "Rooms"
    about = "Where people talk, and how much."
    interval_s = 5.0
    charts = {"messages": "Messages per minute"}

    def compute(self) -> Rooms:
        talk = recent_talk(timezone.now())
        shown = talk.busiest()[:SHOWN]
        rooms = Room.objects.in_bulk(shown)
        present = _present({room.slug for room in rooms.values()})
        totals = Room.objects.aggregate(rooms=Count("pk", filter=Q(archived=False)), posts=Sum("post_count"))
        return Rooms(
            per_minute=sum(talk.rates.values()),
            active=len(talk.rates),
            rooms=totals["rooms"],
            posts=totals["posts"] or 0,
            busiest=[
                RoomLine(
                    room=room.slug,
                    per_minute=talk.rates.get(room.pk, 0.0),
                    members=room.member_count,
                    present=present.get(room.slug),
                    last_at=None if room.last_at is None else round(room.last_at.timestamp() * 1000),
                )
                for room in (rooms[pk] for pk in shown if pk in rooms)
            ],
        )


def recent_talk(now: datetime) -> Talk:
    """Count the newest messages, in two or three queries along the primary key."""
    top = Message.objects.aggregate(top=Max("pk"))["top"] or 0
    since = now - WINDOW
    counted = (
        Message.objects.filter(pk__gt=top - SAMPLE)
        .order_by()
        .values("room_id")
        .annotate(posts=Count("pk", filter=Q(created_at__gt=since)), begin=Min("created_at"), newest=Max("created_at"))
    )
    rows = list(counted)
    begin = min((row["begin"] for row in rows), default=since)
    # The sample may be shorter than the window, unless it is all there is.
    is_short = begin > since and Message.objects.filter(pk__lte=top - SAMPLE).exists()
    window = now - begin if is_short else WINDOW
    minutes = max(window.total_seconds(), 1.0) / 60
    rates = {row["room_id"]: row["posts"] / minutes for row in rows if row["posts"]}
    return Talk(rates, {row["room_id"]: row["newest"] for row in rows})


def _present(slugs: Collection[str]) -> dict[str, int]:
    try:
        return present_in(slugs) if slugs else {}
    except Unavailable:
        return {}  # shown as not known
