"""Who uses the API in these tests, and the rooms they use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from chat.models import Room
from chat.services import member_join_many, room_create


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch):
    from chat import limits

    cache.clear()
    monkeypatch.setattr(limits, "_posts", limits.PostLimit())


@pytest.fixture
def people(db) -> dict[str, User]:
    """ada owns the rooms, ben belongs to them, eve is a stranger."""
    return {name: User.objects.create_user(name) for name in ("ada", "ben", "eve")}


@pytest.fixture
def general(people) -> Room:
    room = room_create(owner=people["ada"], slug="general", name="General", topic="Everything")
    member_join_many(room=room, user_ids=[people["ben"].pk])
    return room


@pytest.fixture
def secret(people) -> Room:
    room = room_create(owner=people["ada"], slug="secret", name="Secret", visibility="private")
    member_join_many(room=room, user_ids=[people["ben"].pk])
    return room


@pytest.fixture
def api(people) -> Callable[[str], APIClient]:
    """The API as somebody uses it who has a token."""

    def client(name: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(people[name])}")
        return client

    return client
