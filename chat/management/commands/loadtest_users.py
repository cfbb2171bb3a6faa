"""`manage.py loadtest_users`: accounts, rooms and tokens for load tests (docs/how-to/load-test.md).

Prints one access token a line and nothing else on standard output, so that it can be piped into any tool.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from rest_framework_simplejwt.tokens import AccessToken

from chat.conf import conf
from chat.management.desk import add_yes, refuse_production
from chat.models import Room
from chat.services import member_join_many, room_create
from realtime.protocol.errors import RealtimeError

__all__ = ["Command"]

TOKEN_LIFE = timedelta(hours=24)
SLICE = 500


class Command(BaseCommand):
    """Run twice it reuses what is there and prints new tokens. Rooms are filled past ROOM_MAX_MEMBERS."""

    help = "Make load-00001 and so on, members of a room, and print an access token for each (valid for 24 hours)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--count", type=_positive, default=500, help="accounts (%(default)s)")
        parser.add_argument("--room", default="bench", help="the room they belong to (%(default)s)")
        parser.add_argument(
            "--rooms",
            type=_positive,
            metavar="N",
            help="spread them over ROOM-0 to ROOM-(N-1): the k-th token, from 0, belongs to ROOM-(k mod N)",
        )
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"])
        room, rooms = options["room"], options["rooms"]
        slugs = [room] if rooms is None else [f"{room}-{number}" for number in range(rooms)]
        users = _accounts([f"load-{number:05}" for number in range(1, options["count"] + 1)])
        try:
            for place, slug in enumerate(slugs):
                member_join_many(
                    room=_room(slug), user_ids=[user.pk for user in users[place :: len(slugs)]], over_limit=True
                )
        except RealtimeError as refusal:
            raise CommandError(f"{refusal}") from refusal
        self._note_size(-(-len(users) // len(slugs)))
        # Only now: whoever reads a token may use it at once.
        for user in users:
            self.stdout.write(_token(user))

    def _note_size(self, members: int) -> None:
        """Say on standard error, beside the tokens, what nobody but this command may do."""
        limit = conf().ROOM_MAX_MEMBERS
        if members > limit:
            self.stderr.write(
                f"Rooms with {members} members are larger than ROOM_MAX_MEMBERS ({limit}) lets people make them."
            )


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


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1, not {text!r}")
    return int(text)
