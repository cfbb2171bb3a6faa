"""A reader that stops reading: what it costs the server, how soon it is gone, and what others notice of it."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.chaos.wire import Raw, raw
from tests.chaos.world import World

__all__ = ["reader_stalled"]

TOPIC = "chat/stalled-0"
LONG = "x" * 4_000
BATCH = 10
PARTS = 10
WARM_UPS = 2
CALM = 4
# Two kernel buffers of some megabytes each and the budget; by volume, as a slow machine takes its time to fill them.
KEPT_MB = 40.0
# The budget (1 MiB), what one reply takes (256 KiB), and what the allocator keeps of 4 MB that passed through.
GROWTH_MAX_MIB = 8.0


async def reader_stalled(world: World) -> int:
    """Raises AssertionError if the server keeps the reader or its buffer, or others wait for it."""
    tokens = await asyncio.to_thread(world.stack.tokens, 4, "stalled")
    port = world.stack.chorus.port
    async with AsyncExitStack() as stack:
        writer, other, reader, probe = [await stack.enter_async_context(raw(port, token)) for token in tokens]
        for each in (writer, other, reader, probe):
            await each.request(op="subscribe", topic=TOPIC)
        readers = (other, reader, probe)
        for _ in range(WARM_UPS):  # the allocator and the kernel's buffers grow to their size
            await _fill(writer, readers)
        before_mib, calm, busy = _memory_mib(world), list[float](), list[float]()
        for _ in range(CALM):
            calm += await _fill(writer, readers)
        reader.stop_reading()
        began = time.monotonic()
        while (is_open := _is_open(port, reader.port)) and _megabytes(busy) < KEPT_MB:
            busy += await _fill(writer, (other, probe))
        gone_s, growth_mib = time.monotonic() - began, _memory_mib(world) - before_mib
    assert not is_open, f"the stalled reader's connection was kept for {KEPT_MB:.0f} MB"
    assert growth_mib <= GROWTH_MAX_MIB, f"a stalled reader cost {growth_mib:.1f} MiB"
    world.notes.append(
        f"gone after {gone_s:.1f} s and {_megabytes(busy):.1f} MB of posts, the kernel's buffers "
        f"included; memory {growth_mib:+.1f} MiB; others' acknowledgements, median and p99: {_spread(calm)} before, "
        f"{_spread(busy)} beside it"
    )
    return 1


async def _fill(writer: Raw, readers: Sequence[Raw]) -> list[float]:
    """Post 400 KB, and after each part one small post of somebody else: how long those took, in seconds."""
    took: list[float] = []
    for _ in range(PARTS):
        await writer.requests([_post(LONG) for _ in range(BATCH)])
        began = time.monotonic()
        await readers[-1].request(**_post("short"))
        took.append(time.monotonic() - began)
        for reader in readers:
            # Whoever waits for an answer reads what stands before it.
            await reader.request(op="send", topic=TOPIC, event="read", data={"no": 1})
    return took


def _post(text: str) -> dict[str, Any]:
    key = str(uuid.uuid4())
    return {"op": "send", "topic": TOPIC, "event": "message.post", "data": {"text": text}, "key": key}


def _memory_mib(world: World) -> float:
    """Resident memory of all workers."""
    total = 0
    for pid in world.stack.workers():
        total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return total * 4_096 / 1_048_576


def _is_open(port: int, peer: int) -> bool:
    """Whether the kernel still knows the server's side of the connection, with anything in its buffers."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote = (int(address.split(":")[1], 16) for address in line.split()[1:3])
        if (local, remote) == (port, peer):
            return True
    return False


def _megabytes(took: Sequence[float]) -> float:
    """Posted while that many small posts were timed."""
    return len(took) * BATCH * len(LONG) / 1e6


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.1f} and {statistics.quantiles(seconds, n=100)[98] * 1e3:.1f} ms"
