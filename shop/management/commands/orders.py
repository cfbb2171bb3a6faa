"""`manage.py orders`: keeps orders coming, so that the demo's dashboard of them lives."""

from __future__ import annotations

import argparse
import os
import random
import signal
import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from chat.management.desk import add_yes, refuse_production
from shop.demo import catch_up, pause_s, trade

__all__ = ["Command"]

CHECK_S = 0.5


class Command(BaseCommand):
    """Order until SIGTERM or Ctrl+C, or until the process named by `--parent` is gone."""

    help = "Make up the shop's orders of the past hour where there are none, then one every few seconds."
    ended = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this is no longer the parent process")
        parser.add_argument("--past", action="store_true", help="make up the past hour, and end")
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"], what="makes up orders")
        for number in (signal.SIGINT, signal.SIGTERM):
            # A shell starts what it puts in the background with SIGINT ignored; a handler undoes that.
            signal.signal(number, self._end)
        chance = random.Random()  # noqa: S311 - tea and coffee, no secret
        catch_up(datetime.now(UTC), chance)
        if options["past"]:
            return
        while self._waited(pause_s(datetime.now(UTC), chance), options["parent"]):
            trade(datetime.now(UTC), chance)

    def _end(self, *_: Any) -> None:
        # Only noted: an exception from here could come up in the middle of a transaction, or where none is passed on.
        self.ended = True

    def _waited(self, pause: float, parent: int | None) -> bool:
        """Wait so many seconds; False as soon as it is to end, as its parent did or a signal says."""
        until = time.monotonic() + pause
        while not self.ended and (parent is None or os.getppid() == parent):
            left_s = until - time.monotonic()
            if left_s <= 0:
                return True
            time.sleep(min(left_s, CHECK_S))
        return False
