"""Everything that changes orders. The admin and the command call these; a checkout would, too."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from realtime.protocol.errors import Conflict
from shop.models import Order, Status

__all__ = ["order_cancel", "order_place", "order_ship"]


def order_place(*, product: str, quantity: int, amount_cents: int, placed_at: datetime | None = None) -> Order:
    """Take an order. placed_at: now, unless it is brought in from elsewhere."""
    return Order.objects.create(
        product=product, quantity=quantity, amount_cents=amount_cents, placed_at=placed_at or timezone.now()
    )


def order_ship(*, order: Order) -> None:
    """Say that it is on its way. Raises Conflict unless it was waiting for that."""
    _move(order, Status.SHIPPED)


def order_cancel(*, order: Order) -> None:
    """Give it up; it counts for nothing any more. Raises Conflict unless it was still waiting."""
    _move(order, Status.CANCELLED)


def _move(order: Order, status: Status) -> None:
    # One statement: of two who move it at once, the second is refused.
    if not Order.objects.filter(pk=order.pk, status=Status.PLACED).update(status=status):
        raise Conflict("Only an order that was placed and not shipped yet can be moved on.")
    order.status = status
