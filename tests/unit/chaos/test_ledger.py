"""The ledger finds what chaos must never do: a proof is worth what its checker can see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.ledger import Intent, Row, View, faults

ROOM = "r-0"


def intent(key: str, text: str | None, seq: int, *, event: str = "message.post", **more: object) -> Intent:
    reply = {"id": seq, "seq": seq}
    return Intent("ada", ROOM, event, key, text, reply=reply, **more)  # type: ignore[arg-type]


def row(key: str, text: str | None, posted: int, seq: int | None = None) -> Row:
    return Row(posted, ROOM, "ada", key, seq or posted, posted, text)


def message(row: Row) -> dict[str, object]:
    return {"id": row.id, "seq": row.seq, "posted_seq": row.posted_seq, "text": row.text}


class Case:
    """Two posts, one of them edited, as all of it should be."""

    def __init__(self) -> None:
        edit = intent("k3", "uno", 3, event="message.edit", target="k1")
        self.intents = [intent("k1", "one", 1), intent("k2", "two", 2), edit]
        self.stored = [row("k1", "uno", 1, 3), row("k2", "two", 2)]
        self.view = View("ben", ROOM)
        self.view.take("snapshot", {"messages": []}, 0)
        for seq, each in ((1, row("k1", "one", 1)), (2, self.stored[1]), (3, self.stored[0])):
            self.view.take("message", message(each), seq)

    def faults(self) -> list[str]:
        return faults(self.intents, self.stored, [self.view])


def test_what_is_as_it_should_be_has_no_faults() -> None:
    assert Case().faults() == []


def unanswered(case: Case) -> None:
    case.intents[1].reply = None


def failed(case: Case) -> None:
    case.intents[1].failed = "Invalid"


def lost(case: Case) -> None:
    del case.stored[1], case.view.held[2]


def doubled(case: Case) -> None:
    case.stored.append(replace(case.stored[1], id=9, posted_seq=4, seq=4))


def edit_lost(case: Case) -> None:
    case.stored[0] = row("k1", "one", 1)


def order_of_an_author(case: Case) -> None:
    case.stored = [replace(case.stored[0], posted_seq=2), replace(case.stored[1], posted_seq=1, seq=1)]


def acknowledged_as_another(case: Case) -> None:
    case.intents[1].reply = {"id": 7, "seq": 2}


def never_asked_for(case: Case) -> None:
    case.stored.append(row("k9", "who?", 4))


def seq_used_twice(case: Case) -> None:
    case.stored[1] = replace(case.stored[1], seq=3)


def never_received(case: Case) -> None:
    del case.view.held[2]


def received_old(case: Case) -> None:
    case.view.held[1] = message(row("k1", "one", 1))


def received_twice(case: Case) -> None:
    case.view.take("message", message(case.stored[0]), 3)


def received_out_of_order(case: Case) -> None:
    case.view.seqs = [0, 2, 1, 3]


def received_from_nowhere(case: Case) -> None:
    case.view.held[99] = message(row("k99", "ghost", 99))


@pytest.mark.parametrize(
    "harm",
    [
        unanswered,
        failed,
        lost,
        doubled,
        edit_lost,
        order_of_an_author,
        acknowledged_as_another,
        never_asked_for,
        seq_used_twice,
        never_received,
        received_old,
        received_twice,
        received_out_of_order,
        received_from_nowhere,
    ],
)
def test_every_kind_of_loss_is_found(harm: Callable[[Case], None]) -> None:
    case = Case()
    harm(case)
    assert case.faults()


def test_what_stood_before_a_snapshot_was_not_to_be_received() -> None:
    case = Case()
    case.view.take("snapshot", {"messages": [message(case.stored[1])]}, 3)
    assert case.faults() == []
