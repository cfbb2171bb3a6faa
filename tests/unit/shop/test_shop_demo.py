"""When the demo's shop sells something: often enough to look at, and not like a clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from shop.demo import PRODUCTS, pause_s

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def orders_in(begin: datetime, minutes: float) -> int:
    chance, at, count = random.Random(7), begin, 0
    while (at := at + timedelta(seconds=pause_s(at, chance))) < begin + timedelta(minutes=minutes):
        count += 1
    return count


def test_an_hour_has_about_as_many_orders_as_a_chart_can_show():
    assert 600 < orders_in(NOON, 60) < 1_400


def test_there_are_busy_and_quiet_minutes():
    busy, quiet = NOON + timedelta(seconds=225 - 60), NOON + timedelta(seconds=675 - 60)
    assert orders_in(busy, 2) > 2 * orders_in(quiet, 2)


def test_every_product_costs_something():
    assert all(isinstance(price, int) and price > 0 for price in PRODUCTS.values())
