"""The dashboard of orders: what it makes of them, and that whoever is logged in sees a new one at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.client import RealtimeClient, Received
from realtime.identity import Identity
from shop.dashboards import Orders, OrdersSource
from shop.models import Order
from shop.services import order_cancel, order_place, order_ship

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WITHIN_S = 30.0
# Once a second it is computed; the rest is this machine's.
SEEN_WITHIN_S = 2.0
PLACE = (
    "from django.utils import timezone; from shop.services import order_place;"
    "order = order_place(product='Hand grinder', quantity=3, amount_cents=23700);"
    "print(round(order.placed_at.timestamp() * 1000))"
)


def place(ago: timedelta, *, product: str = "Mug", quantity: int = 1, euros: int = 10) -> Order:
    return order_place(product=product, quantity=quantity, amount_cents=100 * euros, placed_at=NOON - ago)


@pytest.fixture
def compute(db, monkeypatch):
    """The state at noon, or so long after it."""

    def at(later: timedelta = timedelta()) -> Orders:
        monkeypatch.setattr("django.utils.timezone.localtime", lambda: NOON + later)
        return OrdersSource().compute()

    return at


def test_a_shop_without_orders_has_no_average(compute):
    assert compute() == Orders(0, 0.0, None, 0, {}, [])


def test_orders_are_counted_by_minute_hour_and_day(compute):
    place(timedelta(seconds=30), quantity=2, euros=20)
    place(timedelta(minutes=30), product="Green tea", euros=5)
    place(timedelta(minutes=31), quantity=3, euros=30)
    place(timedelta(hours=11), euros=5)
    place(timedelta(hours=13), euros=1_000)
    state = compute()
    assert (state.per_minute, state.revenue, state.basket) == (1, 60.0, 15.0)
    assert state.products == {"Green tea": 1, "Mug": 5}
    assert state.waiting == 5


def test_past_midnight_the_hour_goes_on_and_the_day_begins_anew(compute):
    place(timedelta(0) - timedelta(hours=11, minutes=50), euros=10)
    place(timedelta(0) - timedelta(hours=12, minutes=5), euros=20)
    state = compute(timedelta(hours=12, minutes=10))
    assert (state.revenue, state.basket, state.products) == (20.0, 20.0, {"Mug": 2})


def test_a_cancelled_order_is_worth_nothing_and_still_listed(compute):
    order_cancel(order=place(timedelta(seconds=10)))
    order_ship(order=place(timedelta(seconds=20), euros=7))
    state = compute()
    assert (state.per_minute, state.revenue, state.waiting) == (1, 7.0, 0)
    assert [(line.status, line.amount) for line in state.latest] == [("cancelled", 10.0), ("shipped", 7.0)]


def test_the_ten_latest_are_listed_with_the_newest_first(compute):
    orders = [place(timedelta(minutes=minutes)) for minutes in range(12, 0, -1)]
    assert [line.number for line in compute().latest] == [str(order.pk) for order in reversed(orders[2:])]


@pytest.mark.django_db
def test_charts_begin_with_the_past_hour():
    for ago_s in (30, 40, 600):
        place(timedelta(seconds=ago_s))
    order_cancel(order=place(timedelta(seconds=20)))
    points = list(OrdersSource().past(NOON - timedelta(hours=1)))
    assert (points[0][0], points[-1][0]) == (NOON - timedelta(hours=1), NOON - timedelta(seconds=5))
    rates = [values["per_minute"] for _, values in points]
    assert rates[-6:] == [2] * 6
    # A minute of the one ten minutes ago, and the ten seconds between the two last ones, in steps of five.
    assert (rates.count(1), rates.count(2)) == (12 + 2, 6)


def test_whoever_is_logged_in_may_see_it():
    assert OrdersSource().may_see(Identity(id=7, name="ada"))


async def test_an_order_is_seen_by_who_looks_on_within_a_second_or_two(start_chorus):
    server = await asyncio.to_thread(start_chorus)
    printed = await asyncio.to_thread(server.manage, "loadtest_users", "--count", "1", "--room", "shoppers")
    heard: asyncio.Queue[tuple[float, Received]] = asyncio.Queue()

    def note(received: Received) -> None:
        heard.put_nowait((datetime.now(UTC).timestamp(), received))

    async with asyncio.timeout(WITHIN_S), RealtimeClient(server.ws_url, token=printed.strip()) as client:
        await client.subscribe("dashboard/orders", listener=note)
        placed_ms = int(await asyncio.to_thread(server.manage, "shell", "-v", "0", "-c", PLACE))
        seen_s, state = await first_with(heard, "latest")
    (line,) = state["latest"]
    assert (line["product"], line["amount"], state["revenue"]) == ("Hand grinder", 237.0, 237.0)
    assert seen_s - placed_ms / 1000 < SEEN_WITHIN_S


async def first_with(heard: asyncio.Queue[tuple[float, Received]], field: str) -> tuple[float, dict[str, Any]]:
    """When it was told that a field is not empty any more, and the state that was told."""
    while True:
        seen_s, received = await heard.get()
        state = received.data.get("state", {})
        if state.get(field):
            return seen_s, state
