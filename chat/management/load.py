"""Load accounts and their rooms, for `loadtest_users` and `loadtest`; why they are special stands in decision 0018."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.management.base import CommandError
from rest_framework_simplejwt.tokens import AccessToken

from chat.conf import conf
from chat.models import Room
from chat.services import member_join_many, room_create
from realtime.protocol.errors import RealtimeError

__all__ = ["load_tokens", "room_slugs", "size_note"]

TOKEN_LIFE = timedelta(hours=24)
SLICE = 500


def room_slugs(room: str, rooms: int | None) -> list[str]:
    """The one room, or with `rooms` those that are numbered from 0."""
    return [room] if rooms is None else [f"{room}-{number}" for number in range(rooms)]


def load_tokens(*, count: int, slugs: Sequence[str]) -> list[str]:
    """Give `count` access tokens, of load-00001 and so on; the k-th belongs to a member of slugs[k mod N].

    Makes the accounts, rooms and memberships that are missing, beyond ROOM_MAX_MEMBERS. Raises CommandError.
    """
    users = _accounts([f"load-{number:05}" for number in range(1, count + 1)])
    try:
        for place, slug in enumerate(slugs):
            member_join_many(
                room=_room(slug), user_ids=[user.pk for user in users[place :: len(slugs)]], over_limit=True
            )
    except RealtimeError as refusal:
        raise CommandError(f"{refusal}") from refusal
    return [_token(user) for user in users]


def size_note(count: int, *, rooms: int) -> str:
    """What to say of rooms larger than people may make them; empty where they are not."""
    members, limit = -(-count // rooms), conf().ROOM_MAX_MEMBERS
    if members <= limit:
        return ""
    return f"Rooms with {members} members are larger than ROOM_MAX_MEMBERS ({limit}) lets people make them."


def _accounts(names: Sequence[str]) -> list[AbstractBaseUser]:
    """The load accounts of these names, in their order; those that are missing are made."""
    users: list[AbstractBaseUser] = []
    for start in range(0, len(names), SLICE):
        users += _some_accounts(names[start : start + SLICE])
    return users


def _some_accounts(names: Sequence[str]) -> list[AbstractBaseUser]:
    model = get_user_model()
    found = {user.username: user for user in model.objects.filter(username__in=names)}
    taken = sorted(name for name, user in found.items() if not user.is_load_account)
    if taken:
        raise CommandError(f"{taken[0]} is somebody's account and no load account.")
    missing = [
        model(username=name, password=make_password(None), is_load_account=True) for name in names if name not in found
    ]
    for user in model.objects.bulk_create(missing):
        found[user.username] = user
    return [found[name] for name in names]


def _room(slug: str) -> Room:
    return Room.objects.filter(slug=slug).first() or room_create(owner=None, slug=slug, name=slug)


def _token(user: AbstractBaseUser) -> str:
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=TOKEN_LIFE)
    return str(token)
