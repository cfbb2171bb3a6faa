"""Orders: what services allow, what the database refuses, what the admin may do, and what the demo makes up."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from realtime.protocol import Conflict
from shop.demo import PAST, PRODUCTS, catch_up, trade
from shop.models import Order, Status
from shop.services import order_cancel, order_place, order_ship

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


@pytest.fixture
def order() -> Order:
    return order_place(product="Mug", quantity=2, amount_cents=2_800)


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


@pytest.mark.parametrize(("move", "status"), [(order_ship, Status.SHIPPED), (order_cancel, Status.CANCELLED)])
def test_an_order_that_waits_is_moved_on_once(order, move, status):
    move(order=order)
    assert (order.status, Order.objects.get().status) == (status, status)
    for again in (order_ship, order_cancel):
        with pytest.raises(Conflict):
            again(order=order)
    assert Order.objects.get().status == status


def test_an_order_of_nothing_is_refused_by_the_database():
    with pytest.raises(IntegrityError):
        order_place(product="Mug", quantity=0, amount_cents=0)


def test_staff_move_orders_on_and_are_told_what_was_refused(desk, order):
    order_ship(order=order)
    other = order_place(product="Green tea", quantity=1, amount_cents=890)
    chosen = {"action": "cancel", "_selected_action": [order.pk, other.pk]}
    answer = desk.post("/admin/shop/order/", chosen, follow=True)
    said = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    assert "1 cancelled." in said
    assert f"order {order.pk}: Only an order that was placed" in said
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == [Status.SHIPPED, Status.CANCELLED]


def test_the_admin_lists_orders_and_lets_nobody_write_one_by_hand(desk, order):
    assert "28.00 €" in desk.get("/admin/shop/order/").text
    assert desk.get("/admin/shop/order/add/").status_code == 403


def test_a_past_hour_is_made_up_in_its_order_and_not_in_the_future():
    made = catch_up(NOW, random.Random(7))
    moments = list(Order.objects.order_by("pk").values_list("placed_at", flat=True))
    assert len(moments) == made > 500
    assert moments == sorted(moments)
    assert NOW - PAST < moments[0] < NOW - PAST + timedelta(minutes=2)
    assert NOW - timedelta(minutes=2) < moments[-1] < NOW


def test_most_of_a_past_hour_is_shipped_some_is_given_up_and_some_waits():
    catch_up(NOW, random.Random(7))
    counted = Counter(Order.objects.values_list("status", flat=True))
    assert counted[Status.SHIPPED] > 0.8 * counted.total()
    assert counted[Status.CANCELLED] > 0
    assert 0 < counted[Status.PLACED] < 100
    assert set(Order.objects.values_list("product", flat=True)) == set(PRODUCTS)


def test_a_second_start_makes_up_only_what_was_missed():
    catch_up(NOW, random.Random(7))
    kept, newest = Order.objects.count(), Order.objects.earliest("-placed_at").placed_at
    assert 0 < catch_up(NOW + timedelta(minutes=10), random.Random(8)) < 400
    assert Order.objects.filter(placed_at__lte=newest).count() == kept
    assert catch_up(NOW + timedelta(days=3), random.Random(9)) < 1_400


def test_an_order_is_of_what_there_is_at_its_price():
    chance = random.Random(7)
    for _ in range(30):
        order = trade(NOW, chance)
        assert order.amount_cents == order.quantity * PRODUCTS[order.product]
