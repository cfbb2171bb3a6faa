"""What bots say: short exchanges between two of them, and answers to those who speak to one. Pure.

scripts/bots.txt has one part per room and one called `answers`; exchanges are separated by blank lines, their
lines begin with who speaks (`a:`, `b:`).
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat.demo.cast import SCRIPTS

__all__ = ["Repartee", "Turn", "read_exchanges", "typing_s"]

Exchange = tuple[tuple[str, str], ...]

_ANSWERS = "answers"
_HEADING = re.compile(r"# (\w+)")
_SPOKEN = re.compile(r"([a-z]): (.+)")
# As fast as somebody who types well, but nobody likes to wait for a bot.
_CHARACTERS_PER_S = 18.0
_TYPING_MAX_S = 6.0


class Turn(NamedTuple):
    """One line of an exchange and the bot that says it."""

    bot: str
    text: str


class Repartee:
    """Chooses who says what. Does not repeat itself before everything was said."""

    def __init__(self, exchanges: Mapping[str, Sequence[Exchange]], chance: random.Random) -> None:
        self._exchanges = exchanges
        self._chance = chance
        self._left: defaultdict[str, list[Exchange]] = defaultdict(list)

    @classmethod
    def of_the_demo(cls, chance: random.Random) -> Repartee:
        """With the demo's own texts."""
        return cls(read_exchanges((SCRIPTS / "bots.txt").read_text(encoding="utf-8")), chance)

    def exchange(self, room: str, bots: Sequence[str]) -> list[Turn]:
        """An exchange for a room, its parts given to the bots by chance. Empty where nothing fits so few."""
        exchange = self._next(room, parts=len(bots))
        names = sorted({name for name, _ in exchange})
        roles = dict(zip(names, self._chance.sample(list(bots), len(names)), strict=True))
        return [Turn(roles[name], text) for name, text in exchange]

    def answer(self, bot: str) -> Turn:
        """What a bot says to somebody who named it."""
        ((_, text),) = self._next(_ANSWERS, parts=1)
        return Turn(bot, text)

    def _next(self, part: str, *, parts: int) -> Exchange:
        left = self._left[part]
        fitting = [exchange for exchange in left if _parts(exchange) <= parts]
        if not fitting:
            left[:] = self._exchanges[part]
            fitting = [exchange for exchange in left if _parts(exchange) <= parts]
        if not fitting:
            return ()
        chosen = self._chance.choice(fitting)
        left.remove(chosen)
        return chosen


def read_exchanges(text: str) -> dict[str, list[Exchange]]:
    """The exchanges of each part. Raises ValueError for a line that is none."""
    parts: dict[str, list[Exchange]] = {}
    for block in text.strip().split("\n\n"):
        if (heading := _HEADING.fullmatch(block)) is not None:
            exchanges = parts.setdefault(heading[1], [])
        else:
            exchanges.append(tuple(map(_spoken, block.splitlines())))
    return parts


def typing_s(text: str) -> float:
    """How long a bot shows that it types."""
    return min(1.0 + len(text) / _CHARACTERS_PER_S, _TYPING_MAX_S)


def _spoken(row: str) -> tuple[str, str]:
    found = _SPOKEN.fullmatch(row)
    if found is None:
        raise ValueError(f"A bot's line begins with who speaks: {row!r}")
    return found[1], found[2]


def _parts(exchange: Exchange) -> int:
    return len({name for name, _ in exchange})
