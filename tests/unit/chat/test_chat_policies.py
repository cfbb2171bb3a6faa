"""Who may do what, decided from plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chat import policies
from chat.models import Role, Room, Status, Visibility
from realtime.protocol.errors import Forbidden, Muted, NotFound, SlowMode

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Somebody:
    role: str = Role.MEMBER
    status: str = Status.MEMBER
    muted_until: datetime | None = None
    last_posted_at: datetime | None = None

    @property
    def is_member(self) -> bool:
        return self.status == Status.MEMBER


PUBLIC = Room(slug="a", name="A")
PRIVATE = Room(slug="b", name="B", visibility=Visibility.PRIVATE)
MEMBER = Somebody()
OWNER = Somebody(role=Role.OWNER)
MODERATOR = Somebody(role=Role.MODERATOR)
LEFT = Somebody(status=Status.LEFT)
BANNED = Somebody(status=Status.BANNED)


@pytest.mark.parametrize("standing", [None, MEMBER, LEFT])
def test_anybody_may_see_a_public_room(standing) -> None:
    policies.check_see(PUBLIC, standing)


@pytest.mark.parametrize("standing", [None, LEFT, BANNED])
def test_a_private_room_is_absent_to_all_but_its_members(standing) -> None:
    policies.check_see(PRIVATE, MEMBER)
    with pytest.raises(NotFound) as refused:
        policies.check_see(PRIVATE, standing)
    assert str(refused.value) == str(NotFound())


def test_who_is_banned_may_not_see_a_public_room() -> None:
    with pytest.raises(Forbidden):
        policies.check_see(PUBLIC, BANNED)


def post(room: Room, standing: Somebody | None, *, staff: bool = False) -> None:
    policies.check_post(room, standing, staff=staff, now=NOW)


def test_nobody_writes_in_an_archived_room() -> None:
    for standing in (MEMBER, OWNER):
        with pytest.raises(Forbidden):
            post(Room(slug="a", name="A", archived=True), standing, staff=True)


def test_a_mute_holds_until_its_end_and_says_how_long() -> None:
    with pytest.raises(Muted) as refused:
        post(PUBLIC, Somebody(muted_until=NOW + timedelta(seconds=90)))
    assert refused.value.retry_after_s == 90
    post(PUBLIC, Somebody(muted_until=NOW))


def test_a_mute_outlives_leaving() -> None:
    with pytest.raises(Muted):
        post(PUBLIC, Somebody(status=Status.LEFT, muted_until=NOW + timedelta(hours=1)))


def test_a_read_only_room_is_for_its_moderators_and_staff() -> None:
    room = Room(slug="a", name="A", read_only=True)
    for standing in (OWNER, MODERATOR):
        post(room, standing)
    post(room, None, staff=True)
    for standing in (MEMBER, None):
        with pytest.raises(Forbidden):
            post(room, standing)


def test_slow_mode_makes_members_wait_and_says_how_long() -> None:
    room = Room(slug="a", name="A", slow_mode_s=30)
    just = NOW - timedelta(seconds=10)
    with pytest.raises(SlowMode) as refused:
        post(room, Somebody(last_posted_at=just))
    assert refused.value.retry_after_s == 20
    post(room, Somebody(last_posted_at=NOW - timedelta(seconds=30)))
    post(room, Somebody(role=Role.MODERATOR, last_posted_at=just))
    post(PUBLIC, Somebody(last_posted_at=just))


def test_only_authors_edit() -> None:
    policies.check_edit(PUBLIC, MEMBER, own=True, staff=False, now=NOW)
    with pytest.raises(Forbidden):
        policies.check_edit(PUBLIC, OWNER, own=False, staff=True, now=NOW)


def test_authors_and_moderators_delete() -> None:
    policies.check_delete(PUBLIC, MEMBER, own=True, staff=False)
    policies.check_delete(PUBLIC, MODERATOR, own=False, staff=False)
    policies.check_delete(PUBLIC, Somebody(muted_until=NOW + timedelta(hours=1)), own=True, staff=False)
    with pytest.raises(Forbidden):
        policies.check_delete(PUBLIC, MEMBER, own=False, staff=False)
    archived = Room(slug="a", name="A", archived=True)
    policies.check_delete(archived, MODERATOR, own=False, staff=False)
    with pytest.raises(Forbidden):
        policies.check_delete(archived, MEMBER, own=True, staff=False)


def test_members_invite_to_public_rooms_and_moderators_to_private_ones() -> None:
    policies.check_invite(PUBLIC, MEMBER, staff=False)
    policies.check_invite(PRIVATE, MODERATOR, staff=False)
    for room, standing in ((PUBLIC, None), (PUBLIC, LEFT), (PRIVATE, MEMBER)):
        with pytest.raises(Forbidden):
            policies.check_invite(room, standing, staff=False)
    with pytest.raises(NotFound):
        policies.check_invite(PRIVATE, None, staff=False)


def test_owners_set_everything_and_moderators_what_keeps_order() -> None:
    policies.check_set(PUBLIC, OWNER, ["name", "visibility", "archived"], staff=False)
    policies.check_set(PUBLIC, None, ["name"], staff=True)
    policies.check_set(PUBLIC, MODERATOR, ["topic", "read_only", "slow_mode_s"], staff=False)
    for standing, fields in ((MODERATOR, ["name", "topic"]), (MEMBER, ["topic"]), (None, ["topic"])):
        with pytest.raises(Forbidden):
            policies.check_set(PUBLIC, standing, fields, staff=False)


def test_owners_give_roles() -> None:
    policies.check_roles(PUBLIC, OWNER, staff=False)
    for standing in (MODERATOR, MEMBER, None):
        with pytest.raises(Forbidden):
            policies.check_roles(PUBLIC, standing, staff=False)
