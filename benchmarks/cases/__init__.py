"""What is measured: each case a module, described by data.

figures      the figures most cases share
room_rate    one room of 500, the highest rate sustained
room_100k    the same at 100,000 deliveries a second
"""

from benchmarks.case import Case
from benchmarks.cases.room_100k import ROOM_100K
from benchmarks.cases.room_rate import ROOM_RATE

__all__ = ["BLOCKS", "CASES"]

BLOCKS: tuple[tuple[Case, ...], ...] = ((ROOM_100K, ROOM_RATE),)
"""In the order they are run. Cases of one block find the same session open, one after another on each system."""

CASES: dict[str, Case] = {case.name: case for case in (ROOM_RATE, ROOM_100K)}
"""All of them, by name, in the order reports show them."""
