"""For commands that fill a database with what no real site wants: a server has to be told twice."""

from __future__ import annotations

import argparse

from django.conf import settings
from django.core.management.base import CommandError

__all__ = ["add_yes", "refuse_production"]


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the argument `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do it under production settings, too")


def refuse_production(*, yes: bool) -> None:
    """Raise CommandError under production settings, unless told so."""
    if settings.PRODUCTION and not yes:
        raise CommandError("These are production settings, and this makes up accounts. With --yes it is done.")
