"""For commands that fill a database with what no real site wants: a server has to be told twice."""

from __future__ import annotations

import argparse

from django.conf import settings
from django.core.management.base import CommandError

__all__ = ["add_yes", "refuse_production", "server_url"]


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the argument `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do it under production settings, too")


def refuse_production(*, yes: bool, what: str = "makes up accounts") -> None:
    """Raise CommandError under production settings, unless told so. what: the command's doing, behind "this"."""
    if settings.PRODUCTION and not yes:
        raise CommandError(f"These are production settings, and this {what}. With --yes it is done.")


def server_url() -> str:
    """Where the WebSocket of this machine's server is, as HOST and PORT say."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104 - compared, not bound
    return f"ws://{f'[{host}]' if ':' in host else host}:{settings.PORT}/ws/"
