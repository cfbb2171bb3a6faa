"""`manage.py loadtest_users`: accounts, rooms and tokens for load tests (docs/how-to/load-test.md).

Prints one access token a line and nothing else on standard output, so that it can be piped into any tool.
"""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from chat.management.desk import add_yes, refuse_production
from chat.management.load import load_tokens, room_slugs, size_note

__all__ = ["Command"]


class Command(BaseCommand):
    """Run twice it reuses what is there and prints new tokens. Rooms are filled past ROOM_MAX_MEMBERS."""

    help = "Make load-00001 and so on, members of a room, and print an access token for each (valid for 24 hours)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--count", type=_positive, default=500, help="accounts (%(default)s)")
        parser.add_argument("--room", default="bench", help="the room they belong to (%(default)s)")
        parser.add_argument(
            "--rooms",
            type=_positive,
            metavar="N",
            help="spread them over ROOM-0 to ROOM-(N-1): the k-th token, from 0, belongs to ROOM-(k mod N)",
        )
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"])
        slugs = room_slugs(options["room"], options["rooms"])
        tokens = load_tokens(count=options["count"], slugs=slugs)
        # Beside the tokens: what nobody but this command may do.
        if note := size_note(options["count"], rooms=len(slugs)):
            self.stderr.write(note)
        for token in tokens:
            self.stdout.write(token)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1, not {text!r}")
    return int(text)
