"""The metrics of a running server as tests read them, and guests who come from addresses of their own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.integration.realtime.sockets import WITHIN_S, Sock, sock
from tests.support.chorus import ChorusServer

__all__ = ["CLOSED", "ERRORS", "LIMIT", "OPEN", "REFUSED", "Metrics", "answer", "guest", "read", "sample", "until"]

LIMIT, CLOSED = "chorus_limits_hit_total", "chorus_connections_closed_total"
REFUSED, ERRORS = "chorus_connections_refused_total", "chorus_requests_refused_total"
OPEN = "chorus_connections_open"

Metrics = dict[str, float]
"""Every sample by its name, labels included, as it is written; and OPEN without its label, known or not."""

_numbers = itertools.count(1)


def answer(server: ChorusServer, **headers: str) -> tuple[int, str]:
    """Ask for `/metrics` on a connection of its own, so that any worker may answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server.url}/metrics", headers=named)) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def read(server: ChorusServer) -> Metrics:
    status, text = await asyncio.to_thread(answer, server)
    assert status == 200
    metrics = {name: float(value) for name, value in re.findall(r"^(\w+(?:{[^}]*})?) (\S+)$", text, re.MULTILINE)}
    return {**metrics, OPEN: sum(value for name, value in metrics.items() if name.startswith(f"{OPEN}{{"))}


def sample(name: str, value: str) -> str:
    label = {LIMIT: "limit", REFUSED: "reason"}.get(name, "code")
    return f'{name}{{{label}="{value}"}}'


async def until(server: ChorusServer, true: Callable[[Metrics], bool]) -> Metrics:
    """Read until it is so; what is read then."""
    async with asyncio.timeout(WITHIN_S):
        while not true(metrics := await read(server)):
            await asyncio.sleep(0.1)
    return metrics


@contextlib.asynccontextmanager
async def guest(
    server: ChorusServer, token: str | None = None, address: str | None = None, **options: Any
) -> AsyncIterator[Sock]:
    """A connection from an address of its own."""
    number = next(_numbers)
    headers = {"X-Forwarded-For": address or f"10.1.{number // 250}.{number % 250 + 1}"}
    async with sock(server, token, additional_headers=headers, **options) as one:
        yield one
