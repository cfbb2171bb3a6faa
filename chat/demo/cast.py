"""Who and what the demo has: accounts one can log in to, people of the story, bots, and rooms. Only data.

The people are invented. Their accounts have no usable password.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ACCOUNTS", "BOTS", "BOT_ROOMS", "PEOPLE", "ROOMS", "STAFF", "DemoRoom"]

SCRIPTS: Final = Path(__file__).parent / "scripts"

STAFF: Final = "staff"
ACCOUNTS: Final = ("demo", "guest", STAFF)
"""Accounts with a password; staff is a superuser."""

PEOPLE: Final = ("felix", "ines", "jun", "leila", "mira", "noor", "oskar", "priya", "sam", "tomas")

BOTS: Final = tuple(
    f"{name}-bot"
    for name in (
        *("pip", "juno", "moss", "fern", "dot", "basil", "coco", "ember", "finch", "gus"),
        *("hazel", "iris", "jet", "kiwi", "lark", "mango", "nori", "olive", "pepper", "tilly"),
    )
)
"""As many as the setting BOTS may ask for."""

BOT_ROOMS: Final = ("general", "random")
"""Where bots talk. People who look for help are left in peace."""


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """One room. moderators: beside its owner, who is `staff`."""

    slug: str
    name: str
    topic: str
    moderators: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """What was said in it."""
        return (SCRIPTS / f"{self.slug}.txt").read_text(encoding="utf-8")


ROOMS: Final = (
    DemoRoom("general", "General", "The everyday talk, and what we are about to release", ("mira", "felix")),
    DemoRoom("random", "Random", "Coffee, dogs, table tennis. Nothing here is urgent", ("demo",)),
    DemoRoom("support", "Support", "Something does not work? Say what you did, expected and saw", ("priya",)),
)
