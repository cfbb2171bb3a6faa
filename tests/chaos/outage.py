"""What ends while nobody can be told: tokens run out and an account is disabled while every connection is cut."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import AsyncExitStack

from realtime.client import ConnectionState, RealtimeClient
from realtime.protocol.codes import CloseCode
from tests.chaos.world import World

__all__ = ["expiry_and_ban_in_an_outage"]

TOPIC = "chat/outage-0"
TOKEN_S = 10
"""Long enough to connect with, also on a machine with much else to do."""
PAST_S = 1.0
BACK_WITHIN_S = 30.0


async def expiry_and_ban_in_an_outage(world: World) -> int:
    """Who has a new token is back, who was disabled is told 4503 and stays away; nobody else is disturbed."""
    await asyncio.to_thread(world.stack.tokens, 1, "outage")
    renewing, banned = (f"{word}-{uuid.uuid4().hex[:8]}" for word in ("renewing", "banned"))
    asked: list[float] = []

    # Made before anybody connects: a command may take longer than a server waits for a token.
    lasting = await asyncio.to_thread(_token, world, renewing, 600)
    other = await asyncio.to_thread(_token, world, banned, 600)
    short = await asyncio.to_thread(_token, world, renewing, TOKEN_S)
    made_at = time.monotonic()

    async def renewed() -> str:
        asked.append(time.monotonic())
        return short if len(asked) == 1 else lasting

    sources = (renewed, other)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(RealtimeClient(world.stack.front.ws_url, token=source, random=lambda: 0.1))
            for source in sources
        ]
        for client in clients:
            await client.subscribe(TOPIC, listener=lambda received: None)
        cuts = await asyncio.to_thread(world.stack.front.cut)
        await asyncio.to_thread(_disable, world, banned)
        await asyncio.sleep(max(0.0, made_at + TOKEN_S + PAST_S - time.monotonic()))
        world.stack.front.restore()
        async with asyncio.timeout(BACK_WITHIN_S):
            await clients[0].ready()
            while clients[1].state is not ConnectionState.CLOSED:
                await asyncio.sleep(0.05)
        assert len(asked) > 1, "a token that ran out was not renewed"
        assert clients[1].status.code == CloseCode.BANNED, f"a disabled account was told {clients[1].status}"
        await clients[0].post(TOPIC, "message.post", {"text": "back"})
    return cuts + 1


def _token(world: World, name: str, life_s: int) -> str:
    """A token of an account that is made if there is none."""
    code = (
        "from datetime import timedelta; from accounts.models import User;"
        "from rest_framework_simplejwt.tokens import AccessToken;"
        f"user, _ = User.objects.get_or_create(username={name!r}, defaults=dict(is_load_account=True));"
        f"token = AccessToken.for_user(user); token.set_exp(lifetime=timedelta(seconds={life_s})); print(token)"
    )
    return world.stack.chorus.manage("shell", "--no-imports", "-c", code).strip()


def _disable(world: World, name: str) -> None:
    code = (
        "from accounts.models import User; from accounts.services import account_set_active;"
        f"account_set_active(user=User.objects.get(username={name!r}), active=False)"
    )
    world.stack.chorus.manage("shell", "--no-imports", "-c", code)
