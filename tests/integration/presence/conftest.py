"""Rooms and people as chat's tests have them: presence is tried on the real topics it borrows its access from."""

from tests.integration.chat.conftest import ada, ben, engine, make_room, person, room

__all__ = ["ada", "ben", "engine", "make_room", "person", "room"]
