"""What the shop's dashboard shows, to anybody who is logged in: /dashboard/orders/.

Two queries a second in the whole cluster, each along an index, however many people look on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from django.db.models import Count, Q, Sum
from django.utils import timezone

from dashboard import Source, above, counts, number, register, table, text, time
from realtime.identity import Identity
from shop.models import Order, Status

__all__ = ["OrdersSource"]

LATEST = 10
STEP = timedelta(seconds=5)
"""Of the past that charts begin with."""


class Line(msgspec.Struct):
    """One of the latest orders."""

    number: Annotated[str, text("Order")]
    placed_at: Annotated[int, time("Placed")]
    product: Annotated[str, text("Product")]
    quantity: Annotated[int, number("Quantity")]
    amount: Annotated[float, number("Amount", unit="€", decimals=2)]
    status: Annotated[str, text("Status")]


class Orders(msgspec.Struct):
    """The shop as it is now. Cancelled orders count nowhere but in the table."""

    per_minute: Annotated[int, number("Orders", unit="/min", chart="orders", better="high")]
    revenue: Annotated[float, number("Revenue today", unit="€", better="high")]
    basket: Annotated[float | None, number("Average basket", unit="€", decimals=2, better="high")]
    waiting: Annotated[int, number("To be shipped", chart="waiting", better="low", limits=[above(40, for_s=30)])]
    products: Annotated[dict[str, int], counts("Sold in the past hour")]
    latest: Annotated[list[Line], table("Latest orders", key="number")]


@register
class OrdersSource(Source[Orders]):
    """Computed from the database; nothing has to be told to it."""

    name = "orders"
    title = "Orders"
    about = "What an example of a shop sells."
    interval_s = 1.0
    charts = {"orders": "Orders per minute"}

    def may_see(self, identity: Identity) -> bool:
        return True

    def compute(self) -> Orders:
        sold = list(_sold(timezone.localtime()))
        count, cents = sum(row["count"] for row in sold), sum(row["cents"] or 0 for row in sold)
        return Orders(
            per_minute=sum(row["minute"] for row in sold),
            revenue=cents / 100,
            basket=cents / 100 / count if count else None,
            waiting=Order.objects.filter(status=Status.PLACED).count(),
            products={row["product"]: row["hour"] for row in sold if row["hour"]},
            latest=[_line(order) for order in Order.objects.all()[:LATEST]],
        )

    def past(self, since: datetime) -> Iterable[tuple[datetime, Mapping[str, float | None]]]:
        kept = Order.objects.filter(placed_at__gte=since - timedelta(minutes=1)).exclude(status=Status.CANCELLED)
        return _rates(list(kept.order_by("placed_at").values_list("placed_at", flat=True)), since)


def _rates(placed: Sequence[datetime], since: datetime) -> Iterator[tuple[datetime, Mapping[str, float | None]]]:
    """Orders of the minute before, every STEP. placed: ascending."""
    first = last = 0
    for at in (since + STEP * step for step in range(int(timedelta(hours=1) / STEP))):
        while last < len(placed) and placed[last] <= at:
            last += 1
        while first < last and placed[first] <= at - timedelta(minutes=1):
            first += 1
        yield at, {"per_minute": last - first}


def _sold(now: datetime) -> Iterable[Mapping[str, Any]]:
    """By product: `count` and `cents` of today, orders of the past `minute`, pieces of the past `hour`."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    minute, hour = now - timedelta(minutes=1), now - timedelta(hours=1)
    today = Q(placed_at__gte=midnight)
    return (
        Order.objects.filter(placed_at__gte=min(midnight, hour))
        .exclude(status=Status.CANCELLED)
        .order_by("product")
        .values("product")
        .annotate(
            count=Count("pk", filter=today),
            cents=Sum("amount_cents", filter=today),
            minute=Count("pk", filter=Q(placed_at__gte=minute)),
            hour=Sum("quantity", filter=Q(placed_at__gte=hour)),
        )
    )


def _line(order: Order) -> Line:
    placed_at = int(order.placed_at.timestamp() * 1000)
    return Line(str(order.pk), placed_at, order.product, order.quantity, order.amount_cents / 100, order.status)
