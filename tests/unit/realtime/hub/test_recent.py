"""What a process remembers of a log: exactly what the log itself would answer, or nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.hub.recent import ITEMS_MAX, Recent
from realtime.hub.types import Item

TOPIC = "log/a"


def item(seq: int, subject: str | None = None, size: int = 1) -> Item:
    return Item.of(TOPIC, "row", "x" * size, seq=seq, subject=subject)


def seqs(items: list[Item] | None) -> list[int | None] | None:
    return None if items is None else [each.seq for each in items]


def test_it_tells_what_came_after_and_nothing_from_before_its_time() -> None:
    recent = Recent(3, 10_000)
    for seq in (4, 5, 6):
        recent.append(item(seq))
    assert seqs(recent.since(3)) == [4, 5, 6]
    assert seqs(recent.since(5)) == [6]
    assert seqs(recent.since(6)) == []
    assert recent.since(2) is None


def test_a_change_that_was_overtaken_is_told_by_the_later_one_in_its_place() -> None:
    recent = Recent(0, 10_000)
    for seq, subject in ((1, "a"), (2, "b"), (3, "a"), (4, None), (5, None)):
        recent.append(item(seq, subject))
    assert seqs(recent.since(0)) == [2, 3, 4, 5]
    assert seqs(recent.since(1)) == [2, 3, 4, 5]
    assert seqs(recent.since(2)) == [3, 4, 5]


def test_the_oldest_make_room_by_bytes_and_by_number() -> None:
    recent = Recent(0, 3 * len(item(1, size=100).frame))
    for seq in range(1, 10):
        recent.append(item(seq, size=100))
    assert recent.since(5) is None
    assert seqs(recent.since(6)) == [7, 8, 9]
    recent = Recent(0, 10**9)
    for seq in range(1, ITEMS_MAX + 2):
        recent.append(item(seq))
    assert recent.since(0) is None
    assert len(recent.since(1) or []) == ITEMS_MAX


def test_one_item_over_the_budget_leaves_nothing_but_the_knowledge_of_it() -> None:
    recent = Recent(0, 10)
    recent.append(item(1, size=100))
    assert recent.since(0) is None
    assert recent.since(1) == []


@given(st.lists(st.sampled_from(["a", "b", "c", None])), st.integers(0, 30), st.integers(100, 2_000))
def test_it_answers_as_the_log_does(subjects: list[str | None], after: int, budget_bytes: int) -> None:
    log = [item(seq, subject) for seq, subject in enumerate(subjects, 1)]
    recent = Recent(0, budget_bytes)
    for each in log:
        recent.append(each)
    overtaken = {
        early.seq
        for early in log
        for late in log
        if early.subject and early.subject == late.subject and early.seq < late.seq
    }
    expected = [each.seq for each in log if each.seq > after and each.seq not in overtaken]
    told = seqs(recent.since(after))
    assert told is None or told == expected
