"""Orders that nobody made: what the demo's shop sells, how much of it, and when. Chance and time come in.

Writes through the services like everybody else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from realtime.protocol.errors import Conflict
from shop.models import Order, Status
from shop.services import order_cancel, order_place, order_ship

__all__ = ["PAST", "PRODUCTS", "catch_up", "pause_s", "trade"]

PRODUCTS = {
    "Espresso beans": 1_290,
    "Filter coffee": 1_150,
    "Oat milk": 260,
    "Green tea": 890,
    "Hand grinder": 7_900,
    "Paper filters": 450,
    "Mug": 1_400,
}
"""What there is, and its price in cents. What stands first sells best."""

PAST = timedelta(hours=1)
"""So far back orders are made up when the demo starts."""

_WEIGHTS = [1 / place for place in range(1, len(PRODUCTS) + 1)]
_PER_MINUTE = 16.0
_WAVE_S = 900.0
_VAN_TAKES = 25
_VAN_COMES = 1 / 12
_REGRETS = 1 / 40


def pause_s(at: datetime, chance: random.Random) -> float:
    """How long nobody orders anything from `at` on. There are busy and quiet minutes, so that a chart is no line."""
    wave = math.sin(at.timestamp() / _WAVE_S * math.tau)
    return chance.expovariate(_PER_MINUTE * (1 + 0.6 * wave) / 60)


def trade(at: datetime, chance: random.Random) -> Order:
    """Have something ordered. Now and then somebody thinks better of it, or a van comes for what waits."""
    if chance.random() < _REGRETS:
        _each(order_cancel, Order.objects.filter(status=Status.PLACED).order_by("-placed_at")[:1])
    if chance.random() < _VAN_COMES:
        _each(order_ship, Order.objects.filter(status=Status.PLACED).order_by("placed_at")[:_VAN_TAKES])
    (product,) = chance.choices(list(PRODUCTS), _WEIGHTS)
    quantity = 1 + min(int(chance.expovariate(1.2)), 9)
    return order_place(product=product, quantity=quantity, amount_cents=quantity * PRODUCTS[product], placed_at=at)


@transaction.atomic
def catch_up(now: datetime, chance: random.Random) -> int:
    """Make up what was ordered since the newest order, at most PAST ago. Returns how many orders that was."""
    newest = Order.objects.order_by("-placed_at").values_list("placed_at", flat=True).first()
    at, made = max(newest or now - PAST, now - PAST), 0
    while (at := at + timedelta(seconds=pause_s(at, chance))) < now:
        trade(at, chance)
        made += 1
    return made


def _each(act: Callable[..., None], orders: Iterable[Order]) -> None:
    for order in orders:
        # Somebody in the admin was quicker.
        with suppress(Conflict):
            act(order=order)
