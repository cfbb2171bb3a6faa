"""Rooms, people and a log to write to, with what each commit told the world."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import User
from chat.models import Room
from realtime.testing import close_hub
from tests.integration.chat.story import Story

_numbers = itertools.count(1)


@pytest.fixture
def story(monkeypatch) -> Iterator[Story]:
    """What is published from here on is read by this one reader, and goes no further."""
    story = Story()
    for module in ("chat.log.announce", "chat.services.reads"):
        monkeypatch.setattr(f"{module}.publish", story.publish)
    return story


@pytest.fixture
async def engine() -> AsyncIterator[None]:
    """Ends what a test of writers or consumers started: the hub, the database threads, their connections."""
    yield
    await close_hub()
    # What `sync_to_async` opened in its thread nobody else would close.
    await sync_to_async(connections.close_all)()


@pytest.fixture
def person(db) -> Callable[..., User]:
    """Makes users; without a name each has one of its own."""

    def make(name: str = "", **fields: object) -> User:
        return User.objects.create_user(name or f"person-{next(_numbers)}", **fields)

    return make


@pytest.fixture
def ada(person) -> User:
    return person("ada")


@pytest.fixture
def ben(person) -> User:
    return person("ben")


@pytest.fixture
def make_room(db) -> Callable[..., Room]:
    """Makes rooms of the house, without an owner, unless told otherwise."""

    def make(**fields: object) -> Room:
        from chat.services import room_create

        slug = f"room-{next(_numbers)}"
        return room_create(**{"owner": None, "slug": slug, "name": slug.title(), **fields})

    return make


@pytest.fixture
def room(make_room) -> Room:
    return make_room()
