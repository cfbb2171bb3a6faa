"""A reader's place in a log, and the rule by which an event is taken, dropped or shows a hole.

Page: docs/reference/protocol.md, "Subscribing and recovery".
"""

from enum import Enum

from realtime.protocol.frames import Since

__all__ = ["Cursor", "Verdict"]


class Verdict(Enum):
    """What to do with an event."""

    TAKE = "take"
    DROP = "drop"  # seen before
    HOLE = "hole"  # something is missing before it


class Cursor:
    """The position in a log; None before the first answer, and for topics without a log."""

    __slots__ = ("position",)

    def __init__(self) -> None:
        self.position: Since | None = None

    def take(self, seq: int, prev: int | None = None) -> Verdict:
        """Judge the event at `seq`, which follows `prev` (None: seq - 1), and move if it is the next."""
        position = self.position
        if position is None:
            return Verdict.HOLE
        if seq <= position.seq:
            return Verdict.DROP
        if (seq - 1 if prev is None else prev) > position.seq:
            return Verdict.HOLE
        self.position = Since(position.epoch, seq)
        return Verdict.TAKE
