"""`manage.py loadtest`: a load on a running Chorus, and what came of it (docs/how-to/load-test.md).

The one module of this package that knows the product: it has the accounts made as loadtest_users does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.management.desk import add_yes, refuse_production, server_url
from chat.management.load import load_tokens, room_slugs, size_note
from loadtest.arguments import add_arguments, client_count, read_tokens
from loadtest.engine import EngineError, build
from loadtest.errors import LoadError
from loadtest.machine import allow_files
from loadtest.progress import ProgressLine
from loadtest.report import as_json, as_text, complaints
from loadtest.run import Measured, Plan, measure
from loadtest.target import Target, parse_target

__all__ = ["Command"]

INTERRUPTED = 130


class Command(BaseCommand):
    """Ends with 1 where anything is missing. Ctrl+C ends the run early, with the figures so far."""

    help = "Let clients talk at a running Chorus, and say how long messages take and whether all came."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"], what="posts messages by the thousand")
        try:
            measured = self._measure(options)
        except (LoadError, EngineError) as error:
            raise CommandError(f"{error}") from error
        except KeyboardInterrupt:
            raise CommandError("Ended before anything was measured.", returncode=INTERRUPTED) from None
        self.stdout.write(json.dumps(as_json(measured), indent=2) if options["json"] else as_text(measured))
        if complaints(measured):
            raise CommandError("The run is not complete.")

    def _measure(self, options: dict[str, Any]) -> Measured:
        target = parse_target(options["url"] or server_url(), own_host=options["i_own_this_host"])
        given = None if options["tokens"] is None else read_tokens(options["tokens"])
        slugs = room_slugs(options["room"], options["rooms"])
        clients = client_count(options["clients"], rooms=len(slugs), tokens=given)
        allow_files(clients)
        # What cannot be built is said before accounts are made for nothing.
        build()
        tokens = self._made(clients, slugs) if given is None else given[:clients]
        plan = _plan(options, target, tokens, slugs)
        line = ProgressLine(sys.stderr, clients=clients)
        try:
            return asyncio.run(measure(plan, line.show))
        finally:
            line.clear()

    def _made(self, clients: int, slugs: list[str]) -> list[str]:
        tokens = load_tokens(count=clients, slugs=slugs)
        if note := size_note(clients, rooms=len(slugs)):
            self.stderr.write(note)
        return tokens


def _plan(options: dict[str, Any], target: Target, tokens: list[str], slugs: list[str]) -> Plan:
    return Plan(
        target=target,
        tokens=tokens,
        rooms=slugs,
        rate=options["rate"],
        duration_s=options["duration"],
        text_bytes=options["text_bytes"],
        senders=options["senders"],
    )
