"""The pages of dashboards through Django's test client: who may open them, and what stands there before any state."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from dashboard.models import Arrangement
from dashboard.selectors import source_for
from realtime.identity import Identity
from realtime.protocol.errors import Unavailable

pytestmark = pytest.mark.django_db
ORDERS = "/dashboard/orders/"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def client(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def said(monkeypatch) -> dict[str, Any]:
    """What `orders` says; without a state nothing can be had of any source."""
    state: dict[str, Any] = {}

    def source_state(name: str, identity: Identity) -> dict[str, Any]:
        if not state:
            raise Unavailable("Just started.")
        at = {"at": 1_764_508_309_000, "now": 1_764_508_309_100, "stale": None, "alone": False, "alerts": []}
        return {**source_for(name, identity).description, **at, "state": state}

    monkeypatch.setattr("dashboard.views.source_state", source_state)
    return state


def page_data(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="page-data" type="application/json">(.*?)</script>', html)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def panels(html: str) -> list[str]:
    return re.findall(r'data-panel="([^"]+)"', html)


def test_who_is_not_logged_in_is_asked_to(db):
    for path in ("/dashboard/", ORDERS):
        response = Client().get(path)
        assert (response.status_code, response["Location"]) == (302, f"/login/?next={path}")


def test_what_one_may_not_see_is_as_absent_as_what_is_not_there(client, said):
    assert client.get("/dashboard/overview/").status_code == 404
    assert client.get("/dashboard/no-such/").status_code == 404
    said["per_minute"] = 3
    assert client.get(ORDERS).status_code == 200
    listed = client.get("/dashboard/").content.decode()
    assert ORDERS in listed
    assert "/dashboard/overview/" not in listed


def test_before_there_is_a_state_the_page_stands_with_its_places_empty(client, said):
    html = client.get(ORDERS).content.decode()
    data = page_data(html)["dashboard"]
    assert (data["description"]["at"], data["description"]["state"]) == (None, {})
    assert "tile:per_minute" in panels(html)
    assert "Waiting" in html
    assert client.get("/dashboard/").status_code == 200


def test_the_first_paint_has_the_values_the_order_and_the_range(client, ada, said):
    said["per_minute"] = 1204
    plain = panels(client.get(ORDERS).content.decode())
    tiles = [name for name in plain if name.startswith("tile:")]
    Arrangement.objects.create(user=ada, source="orders", order=[tiles[1], tiles[0]], hidden=[tiles[2]])
    html = client.get(f"{ORDERS}?minutes=60").content.decode()
    assert [name for name in panels(html) if name.startswith("tile:")][:2] == [tiles[1], tiles[0]]
    assert re.search(rf'data-panel="{tiles[2]}"[^>]* hidden>', html)
    assert not re.search(rf'data-panel="{tiles[0]}"[^>]* hidden>', html)
    assert "1,204" in html
    assert re.search(r'data-minutes="60" aria-pressed="true"', html)
    assert page_data(html)["dashboard"]["minutes"] == 60


@pytest.mark.parametrize("wanted", ["", "7", "60.0", "-5", "\N{ARABIC-INDIC DIGIT FIVE}"])
def test_a_range_there_is_not_is_no_wish(client, said, wanted):
    html = client.get(ORDERS, {"minutes": wanted}).content.decode()
    assert page_data(html)["dashboard"]["minutes"] == 5


def test_the_way_to_the_dashboards_is_shown_to_those_who_may_see_one(client, monkeypatch):
    way = 'href="/dashboard/"'
    assert way in client.get("/").content.decode()
    monkeypatch.setattr("dashboard.context.visible_sources", lambda identity: [])
    assert way not in client.get("/").content.decode()
