"""Mutes and bans in a room: what they keep from whom, who may give them, and who hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chat import services
from chat.models import Membership, Role, Room, Status
from chat.serialize import utc_text
from realtime.protocol.errors import Conflict, Forbidden, Muted, NotFound
from tests.integration.chat.story import committing

pytestmark = pytest.mark.django_db

SOON = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def owned(make_room, ada) -> Room:
    return make_room(owner=ada)


def standing(room: Room, user) -> tuple[str, str, datetime | None]:
    return Membership.objects.values_list("status", "role", "muted_until").get(room=room, user=user)


def test_one_who_is_muted_reads_and_writes_again_when_it_is_over(owned, ada, ben) -> None:
    services.message_post(room=owned, author=ben, text="x")
    services.member_restrict(room=owned, by=ada, user=ben, muted_until=SOON)
    with pytest.raises(Muted) as refused:
        services.message_post(room=owned, author=ben, text="y")
    assert refused.value.retry_after_s > 0
    assert standing(owned, ben) == (Status.MEMBER, Role.MEMBER, SOON)
    services.member_restrict(room=owned, by=ada, user=ben, muted_until=datetime.now(UTC) - timedelta(seconds=1))
    services.message_post(room=owned, author=ben, text="y")


def test_a_mute_outlives_leaving_and_coming_back_and_holds_for_one_who_only_reads(owned, ada, ben, person) -> None:
    services.member_join(room=owned, user=ben)
    services.member_restrict(room=owned, by=ada, user=ben, muted_until=SOON)
    services.member_leave(room=owned, user=ben)
    reader = person()
    services.member_restrict(room=owned, by=ada, user=reader, muted_until=SOON)
    for user in (ben, reader):
        with pytest.raises(Muted):
            services.message_post(room=owned, author=user, text="y")
    services.member_join(room=owned, user=ben)
    with pytest.raises(Muted):
        services.message_post(room=owned, author=ben, text="y")
    assert Room.objects.get(pk=owned.pk).member_count == 2


def test_a_ban_ends_the_membership_and_keeps_out_until_it_is_lifted(story, owned, ada, ben) -> None:
    services.member_join(room=owned, user=ben)
    story.clear()
    with committing():
        services.member_restrict(room=owned, by=ada, user=ben, banned=True)
    assert story.events(f"user/{ben.pk}") == [
        ("room_removed", {"slug": owned.slug}),
        ("restricted", {"slug": owned.slug, "muted_until": None, "banned": True}),
    ]
    assert [event for event, _ in story.events(f"chat/{owned.slug}")] == ["room"]
    assert Room.objects.get(pk=owned.pk).member_count == 1
    for attempt in (services.member_join, lambda **who: services.message_post(room=owned, author=ben, text="x")):
        with pytest.raises(Forbidden):
            attempt(room=owned, user=ben)
    services.member_restrict(room=owned, by=ada, user=ben)
    services.member_join(room=owned, user=ben)


def test_a_mute_is_told_to_whom_it_holds_for_and_not_twice(story, owned, ada, ben) -> None:
    services.member_join(room=owned, user=ben)
    story.clear()
    for _ in range(2):
        with committing():
            services.member_restrict(room=owned, by=ada, user=ben, muted_until=SOON)
    expected = {"slug": owned.slug, "muted_until": utc_text(SOON), "banned": False}
    assert story.events(f"user/{ben.pk}") == [("restricted", expected)]


def test_moderators_restrict_members_owners_moderators_and_members_nobody(owned, ada, ben, person) -> None:
    other, moderator = person(), person()
    for user in (ben, other, moderator):
        services.member_join(room=owned, user=user)
    services.member_set_role(room=owned, by=ada, user=moderator, role=Role.MODERATOR)
    with pytest.raises(Forbidden):
        services.member_restrict(room=owned, by=ben, user=other, muted_until=SOON)
    services.member_restrict(room=owned, by=moderator, user=ben, muted_until=SOON)
    with pytest.raises(Forbidden):
        services.member_restrict(room=owned, by=moderator, user=ada, banned=True)
    services.member_restrict(room=owned, by=ada, user=moderator, banned=True)
    assert standing(owned, moderator) == (Status.BANNED, Role.MEMBER, None)


def test_the_last_owner_of_a_room_is_banned_by_the_system_alone(owned, ada, ben, person) -> None:
    staff = person(is_staff=True)
    services.member_join(room=owned, user=ben)
    with pytest.raises(Conflict):
        services.member_restrict(room=owned, by=staff, user=ada, banned=True)
    services.member_restrict(room=owned, by=None, user=ada, banned=True)
    assert standing(owned, ada)[0] == Status.BANNED


def test_nobody_who_is_not_there_can_be_restricted(owned, ada) -> None:
    class Nobody:
        id = 10**9

    with pytest.raises(NotFound):
        services.member_restrict(room=owned, by=ada, user=Nobody(), banned=True)
