"""What the connections of a loop come to: one user once, grace, away on every device, invisible."""

from __future__ import annotations

import pytest

from presence.roster import Change, Choice, Chosen, Status
from presence.table import CHANGES_MAX, LARGE_TICKS, LEAD_S, Table

GRACE_S, TICK_S = 5.0, 0.5


class Desk:
    """A table with a clock, whose store takes everything."""

    def __init__(self) -> None:
        self.now, self.at = 100.0, 1
        self.large: set[str] = set()
        self.table = Table(GRACE_S, TICK_S, lambda room: room in self.large)

    def join(self, device: str, user: int = 1, room: str = "den", choice: Choice = Choice.AUTO) -> None:
        self.table.join(room, device, user, f"user-{user}", Chosen(choice, self.at), self.now)

    def choose(self, choice: Choice, user: int = 1) -> None:
        self.at += 1
        self.table.choose(user, Chosen(choice, self.at), self.now)

    def leave(self, device: str, room: str = "den", **how: bool) -> None:
        self.table.leave(room, device, self.now, **how)

    def after(self, seconds: float) -> dict[str, list[tuple[int, Status | None]]]:
        """What the store is told once so much time has passed, whenever it became due within it."""
        end, told = self.now + seconds, {}
        while True:
            due = self.table.next_at()
            self.now = end if due is None or due > end else max(self.now, due)
            batch = self.table.take(self.now)
            for room, changes in batch.changes.items():
                told.setdefault(room, []).extend((change.user, change.status) for change in changes)
            self.table.confirm(batch)
            if self.now >= end and not batch.changes:
                return told


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_user_is_told_once_however_many_devices_come(desk) -> None:
    for device in ("laptop", "phone", "tab"):
        desk.join(device)
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}
    desk.leave("laptop")
    desk.leave("tab")
    assert desk.after(60) == {}
    desk.leave("phone")
    assert desk.after(GRACE_S - 0.1) == {}
    assert desk.after(1) == {"den": [(1, None)]}
    assert (desk.table.rooms, desk.table.users, desk.table.next_at()) == ([], [], None)


def test_a_reload_makes_no_noise(desk) -> None:
    desk.join("before")
    desk.after(1)
    for n in range(20):
        desk.leave("before" if n == 0 else f"after-{n - 1}")
        assert desk.after(GRACE_S - 0.2) == {}
        desk.join(f"after-{n}")
        assert desk.after(0.1) == {}
    assert desk.after(60) == {}


def test_one_who_was_shut_out_is_gone_at_once(desk) -> None:
    desk.join("phone")
    desk.join("laptop", user=2)
    desk.after(1)
    desk.leave("phone", at_once=True)
    assert desk.after(TICK_S) == {"den": [(1, None)]}
    desk.table.hurry(2, desk.now)
    desk.leave("laptop")
    assert desk.after(TICK_S) == {"den": [(2, None)]}


def test_away_is_who_is_away_from_every_device(desk) -> None:
    desk.join("laptop")
    desk.join("phone")
    desk.after(1)
    desk.table.away("laptop", True, desk.now)
    assert desk.after(1) == {}
    desk.table.away("phone", True, desk.now)
    assert desk.after(1) == {"den": [(1, Status.AWAY)]}
    desk.join("tab")
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}
    desk.leave("tab")
    assert desk.after(1) == {"den": [(1, Status.AWAY)]}
    desk.table.away("phone", False, desk.now)
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}


def test_a_device_that_was_away_is_away_in_the_next_room_too(desk) -> None:
    desk.join("phone")
    desk.table.away("phone", True, desk.now)
    desk.join("phone", room="hall")
    assert desk.after(1) == {"den": [(1, Status.AWAY)], "hall": [(1, Status.AWAY)]}


def test_what_was_chosen_holds_on_every_device(desk) -> None:
    desk.join("phone")
    desk.join("phone", room="hall")
    desk.after(1)
    desk.choose(Choice.DND)
    assert desk.after(1) == {"den": [(1, Status.DND)], "hall": [(1, Status.DND)]}
    desk.table.away("phone", True, desk.now)
    assert desk.after(1) == {}
    desk.choose(Choice.AUTO)
    assert desk.after(1) == {"den": [(1, Status.AWAY)], "hall": [(1, Status.AWAY)]}


def test_the_invisible_are_told_of_to_nobody_and_come_back(desk) -> None:
    desk.join("phone", choice=Choice.INVISIBLE)
    assert desk.after(60) == {}
    desk.leave("phone")
    assert desk.after(60) == {}
    assert desk.table.users == []
    desk.join("phone")
    desk.after(1)
    desk.choose(Choice.INVISIBLE)
    assert desk.after(TICK_S) == {"den": [(1, None)]}
    desk.choose(Choice.AUTO)
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}


def test_changes_of_a_room_are_gathered_and_those_that_undo_each_other_are_none(desk) -> None:
    for user in range(50):
        desk.join(f"device-{user}", user=user)
    batch = desk.table.take(desk.now + LEAD_S)
    assert len(batch.changes["den"]) == 50
    desk.table.confirm(batch)
    desk.now += LEAD_S
    for _ in range(10):
        desk.table.away("device-3", True, desk.now)
        desk.table.away("device-3", False, desk.now)
    assert desk.after(5) == {}


def test_a_busy_room_is_told_once_a_tick_and_a_large_one_more_rarely(desk) -> None:
    desk.join("first")
    desk.after(LEAD_S)
    for large, ticks in ((False, 1), (True, LARGE_TICKS)):
        desk.large = {"den"} if large else set()
        began = desk.now
        desk.join(f"another-{large}", user=10 + large)
        assert desk.table.next_at() == pytest.approx(began + TICK_S * ticks)
        desk.after(TICK_S * ticks)


def test_what_a_store_did_not_take_is_said_again(desk) -> None:
    desk.join("phone")
    desk.now += 1
    batch = desk.table.take(desk.now)
    desk.table.failed(batch, desk.now + 2)
    assert desk.after(1.9) == {}
    assert desk.after(0.2) == {"den": [(1, Status.ONLINE)]}


def test_a_store_that_forgot_is_told_everything_and_those_in_their_grace_too(desk) -> None:
    desk.join("phone")
    desk.join("tab", user=2)
    desk.join("ghost", user=3, choice=Choice.INVISIBLE)
    desk.after(1)
    desk.leave("tab")
    desk.table.forgotten(desk.now)
    said = dict(desk.after(1)["den"])
    assert said == {1: Status.ONLINE, 2: Status.ONLINE, 3: None}
    assert desk.after(GRACE_S) == {"den": [(2, None)]}


def test_a_room_in_which_nobody_of_ours_is_left_is_said_to_be_done_with(desk) -> None:
    desk.join("phone")
    desk.join("tab", user=2)
    desk.after(1)
    desk.leave("phone", at_once=True)
    desk.now += 1
    batch = desk.table.take(desk.now)
    assert (batch.changes, batch.done_with) == ({"den": [Change(1, "user-1", None)]}, frozenset())
    desk.table.confirm(batch)
    desk.leave("tab", at_once=True)
    desk.now += 1
    assert desk.table.take(desk.now).done_with == {"den"}


def test_leaving_twice_or_without_having_come_is_nothing(desk) -> None:
    desk.leave("stranger")
    desk.join("phone")
    desk.leave("phone")
    desk.leave("phone")
    assert desk.after(60) == {}


def test_one_device_that_joins_twice_has_to_leave_twice(desk) -> None:
    # A topic that is subscribed to again: the new consumer comes before the old one has gone.
    desk.join("phone")
    desk.join("phone")
    desk.after(1)
    desk.leave("phone")
    assert desk.after(60) == {}
    desk.leave("phone")
    assert desk.after(60) == {"den": [(1, None)]}


def test_an_older_choice_is_nothing_new_and_one_heard_before_its_user_came_holds(desk) -> None:
    desk.join("phone")
    desk.after(1)
    desk.table.choose(1, Chosen(Choice.INVISIBLE, 100), desk.now)
    desk.table.choose(1, Chosen(Choice.DND, 50), desk.now)
    assert desk.after(TICK_S) == {"den": [(1, None)]}
    desk.table.choose(2, Chosen(Choice.INVISIBLE, 100), desk.now)
    desk.table.join("den", "tab", 2, "user-2", Chosen(Choice.AUTO, 50), desk.now)
    assert desk.after(60) == {}


def test_who_turns_invisible_is_taken_out_whoever_has_shown_them(desk) -> None:
    desk.join("phone")
    desk.after(1)
    desk.choose(Choice.INVISIBLE)
    desk.now += 1
    batch = desk.table.take(desk.now)
    assert batch.changes == {"den": [Change(1, "user-1", None, erase=True)]}
    desk.table.confirm(batch)
    # Another process may have taken them out, whatever we had said; so it is said again.
    desk.choose(Choice.AUTO)
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}
    desk.choose(Choice.AUTO)
    assert desk.after(1) == {"den": [(1, Status.ONLINE)]}


def test_a_new_name_is_told_in_every_room(desk) -> None:
    desk.join("phone")
    desk.join("phone", room="hall")
    desk.after(1)
    desk.table.join("den", "tab", 1, "another name", Chosen(), desk.now)
    desk.now += 1
    batch = desk.table.take(desk.now)
    assert batch.changes == {room: [Change(1, "another name", Status.ONLINE)] for room in ("den", "hall")}


def test_a_batch_is_bounded_and_the_rest_comes_next(desk) -> None:
    for user in range(CHANGES_MAX + 500):
        desk.join(f"device-{user}", user=user, room="large")
    desk.join("phone", room="small")
    desk.now += 1
    sizes = []
    while (batch := desk.table.take(desk.now)).changes:
        sizes.append(sum(map(len, batch.changes.values())))
        desk.table.confirm(batch)
    assert sum(sizes) == CHANGES_MAX + 501
    assert max(sizes) <= CHANGES_MAX
    assert desk.after(60) == {}
