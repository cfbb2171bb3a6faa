"""What a scenario is given: the servers, the people on them, its own chance."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.people import Crowd
from tests.chaos.stack import Stack

__all__ = ["World"]


@dataclass
class World:
    """rounds: how often to do harm. notes: figures for the report."""

    stack: Stack
    crowd: Crowd
    rng: random.Random
    rounds: int
    notes: list[str] = field(default_factory=list)

    async def do(self, call: Callable[..., object], *args: object) -> None:
        """Something that blocks, off the loop the clients live on."""
        await asyncio.to_thread(call, *args)

    def health(self) -> dict[str, str]:
        """What /readyz says, asked past the proxy."""
        try:
            with urllib.request.urlopen(f"{self.stack.chorus.url}/readyz", timeout=5) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
