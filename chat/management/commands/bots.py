"""`manage.py bots`: bots that talk in the demo's rooms, as clients of a running server."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from rest_framework_simplejwt.tokens import AccessToken

from chat.demo import cast
from chat.demo.bots import talk
from chat.management.desk import add_yes, refuse_production, server_url
from realtime.client.credentials import TokenSource
from realtime.executors import close_executors, run_read

__all__ = ["Command"]

PARENT_CHECK_S = 0.5


class Command(BaseCommand):
    """Talk until SIGTERM or Ctrl+C, or until the process named by `--parent` is gone."""

    help = "Let the demo's bots talk at a running server. BOTS says how many; 0 is none."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--url", default=server_url(), help="the server's WebSocket (%(default)s)")
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this is no longer the parent process")
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"])
        names = cast.BOTS[: settings.BOTS]
        if names:
            _check_accounts(names)
            asyncio.run(_run(options["url"], names, options["parent"]))


async def _run(url: str, names: tuple[str, ...], parent: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell starts what it puts in the background with SIGINT ignored; a handler undoes that.
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tokens: Mapping[str, TokenSource] = {name: partial(run_read, _token, name) for name in names}
    tasks = [
        asyncio.create_task(talk(url, tokens, chance=random.Random())),  # noqa: S311 - small talk, no secret
        asyncio.create_task(stop.wait()),
        asyncio.create_task(_orphaned(parent)),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(close_executors)
    if isinstance(results[0], Exception):
        raise results[0]


async def _orphaned(parent: int | None) -> None:
    """Wait until `parent` is not our parent any more, however it ended. Without one: for ever."""
    while parent is None or os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of a parent that died
        await asyncio.sleep(PARENT_CHECK_S)


def _token(name: str) -> str:
    """A fresh access token, made here: a bot has no password to ask the API with."""
    return str(AccessToken.for_user(get_user_model().objects.get(username=name)))


def _check_accounts(names: tuple[str, ...]) -> None:
    if get_user_model().objects.filter(username__in=names).count() != len(names):
        raise CommandError("The bots have no accounts here yet: manage.py demo makes them.")
