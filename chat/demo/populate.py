"""Brings the cast and the scripts into the database. What is there already is left as it is.

A room comes with its whole past or not at all: it is made, joined and talked in within one transaction, through
the same log as every other change, only that each change carries the moment at which it was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models.functions import Lower

from accounts.models import User
from chat.demo.cast import ACCOUNTS, BOT_ROOMS, BOTS, PEOPLE, ROOMS, STAFF, DemoRoom
from chat.demo.passwords import demo_password
from chat.demo.script import Deletion, Edition, Line, Reading, Reporting, Timed, read_script, timed
from chat.log import Change, Delete, Edit, Join, Outcome, Post, Posted, append
from chat.models import Role, Room
from chat.services import read_mark, report_make, room_create
from realtime.protocol.errors import RealtimeError

__all__ = ["Populated", "populate"]

Users = Mapping[str, User]


@dataclass(frozen=True, slots=True)
class Populated:
    """What was made. changed: accounts that have another password than the demo's."""

    rooms: tuple[str, ...]
    messages: int
    changed: tuple[str, ...]


def populate(now: datetime | None = None) -> Populated:
    """Make the accounts and rooms that are missing. now: in the zone whose days the scripts mean."""
    now = now or datetime.now().astimezone()
    users = _accounts()
    existing = set(Room.objects.filter(slug__in=[room.slug for room in ROOMS]).values_list("slug", flat=True))
    missing = [room for room in ROOMS if room.slug not in existing]
    messages = sum(_tell(room, users, now) for room in missing)
    return Populated(tuple(room.slug for room in missing), messages, _changed(users))


# --- accounts -------------------------------------------------------------------------------------


def _accounts() -> Users:
    """Everybody in the demo by name; those who were missing are made."""
    names = (*ACCOUNTS, *PEOPLE, *BOTS[: settings.BOTS])
    # By lower case: usernames differ in more than that, and somebody may have signed up as Mira.
    users = get_user_model()._default_manager.annotate(lower=Lower("username"))
    found: dict[str, User] = {user.get_username().lower(): user for user in users.filter(lower__in=names)}
    hashed = make_password(demo_password()) if not found.keys() >= set(ACCOUNTS) else None
    for name in names:
        if name not in found:
            found[name] = _account(name, hashed if name in ACCOUNTS else None)
    return found


def _account(name: str, hashed: str | None) -> User:
    """hashed: None for one nobody logs in to."""
    is_staff = name == STAFF
    return get_user_model()._default_manager.create(
        username=name,
        password=hashed or make_password(None),
        is_staff=is_staff,
        is_superuser=is_staff,
    )


def _changed(users: Users) -> tuple[str, ...]:
    """The accounts that the demo's password does not open. Hashing is slow on purpose: each hash is looked at once."""
    hashes = {users[name].password for name in ACCOUNTS}
    opened = {hashed for hashed in hashes if check_password(demo_password(), hashed)}
    return tuple(name for name in ACCOUNTS if users[name].password not in opened)


# --- rooms ----------------------------------------------------------------------------------------


@transaction.atomic
def _tell(demo: DemoRoom, users: Users, now: datetime) -> int:
    """Make one room with its past. Returns how many messages it has."""
    steps = list(timed(read_script(demo.script), now))
    room = room_create(owner=None, slug=demo.slug, name=demo.name, topic=demo.topic)
    opened = steps[0][0] - timedelta(minutes=5)
    _append([_join(room, demo, name, user) for name, user in _members(demo, users)], opened)
    return _Teller(room, users).tell(steps)


def _members(demo: DemoRoom, users: Users) -> Iterable[tuple[str, User]]:
    with_bots = demo.slug in BOT_ROOMS
    return ((name, user) for name, user in users.items() if with_bots or name not in BOTS)


def _join(room: Room, demo: DemoRoom, name: str, user: User) -> Join:
    role = Role.OWNER if name == STAFF else Role.MODERATOR if name in demo.moderators else Role.MEMBER
    return Join(room_id=room.pk, user_id=user.pk, role=role, as_system=True)


class _Teller:
    """Turns steps into changes, and remembers which post is called what."""

    def __init__(self, room: Room, users: Users) -> None:
        self._room = room
        self._users = users
        self._named: dict[str, tuple[int, int]] = {}  # name → message and author
        self._posts = 0

    def tell(self, steps: Sequence[Timed]) -> int:
        for moment, step in steps:
            match step:
                case Line():
                    self._post(step, moment)
                case Edition(name=name, text=text):
                    message, author = self._named[name]
                    _append([Edit(room_id=self._room.pk, author_id=author, message_id=message, text=text)], moment)
                case Deletion(name=name):
                    message, author = self._named[name]
                    _append([Delete(room_id=self._room.pk, author_id=author, message_id=message)], moment)
                case Reporting():
                    self._report(step, moment)
                case Reading(users=names):
                    for name in names:
                        read_mark(room=self._room, user=self._users[name], no=self._posts)
        return self._posts

    def _post(self, line: Line, moment: datetime) -> None:
        author = self._users[line.author].pk
        reply_to = None if line.reply_to is None else self._named[line.reply_to][0]
        post = Post(room_id=self._room.pk, author_id=author, text=line.text, reply_to=reply_to)
        (posted,) = _append([post], moment)
        assert isinstance(posted, Posted)
        self._posts += 1
        if line.name is not None:
            self._named[line.name] = (posted.id, author)

    def _report(self, step: Reporting, moment: datetime) -> None:
        message, _ = self._named[step.name]
        reporter = self._users[step.author]
        report_make(
            room=self._room, reporter=reporter, message_id=message, reason=step.reason, note=step.note, at=moment
        )


def _append(changes: Sequence[Change], moment: datetime) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for outcome in append(changes, at=moment):
        if isinstance(outcome, RealtimeError):
            raise outcome
        assert isinstance(outcome, Outcome)  # nothing is deferred by one that waits
        outcomes.append(outcome)
    return outcomes
