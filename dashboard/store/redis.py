"""Dashboards in Redis: what several processes share. The steps are scripts (scripts.py).

Nothing here has to outlive Redis: after a loss the next computation of each source begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from dashboard.store import scripts
from dashboard.store.memory import wall_ms
from dashboard.store.store import ROWS_GAP_MS, ROWS_KEPT_MS, SAMPLES_KEPT_MS, Claim, Due, Kept, Row, StoreAway, Told
from realtime.redis import RedisCommands, away_as

__all__ = ["RedisStore"]

KEPT_MS = 2 * ROWS_KEPT_MS
ONCE_MS = 60_000
ROWS_SPARE = 10


class RedisStore:
    """A `Store`. prefix: before every key."""

    def __init__(self, url: str, prefix: str, on_open: Callable[[], None] = lambda: None) -> None:
        self._redis = RedisCommands(url, "chorus-dashboard", on_open)
        self._redis.stay()
        self._base = f"{prefix}:dashboard"

    async def claim(self, claims: Sequence[Claim]) -> Due:
        words = [word for claim in claims for word in claim]
        with away_as(StoreAway):
            found: Any = await self._redis.script(scripts.CLAIM, self._keys("due", "busy"), words)
        return Due(int(found[0]), [name.decode() for name in found[1]])

    async def read(self, names: Sequence[str]) -> Mapping[str, Kept]:
        if not names:
            return {}
        with away_as(StoreAway):
            found: Any = await self._redis.run("HMGET", self._key("kept"), *names)
        return {name: _kept(value) for name, value in zip(names, found, strict=True) if value is not None}

    async def commit(self, name: str, base: int | None, kept: Kept, row: Row | None, *, release: bool) -> bool:
        layout = "" if row is None else row.layout
        keys = self._keys("kept", "busy", f"rows:{name}:{layout}", "row-times")
        told = ("", 0, 0, 0) if row is None else (row.body, row.at_ms, ROWS_GAP_MS, row.most)
        base_word = "" if base is None else str(base)
        value = str(kept.version).encode() + b" " + kept.body
        words = (name, base_word, value, int(release), KEPT_MS, *told)
        with away_as(StoreAway):
            return bool(await self._redis.script(scripts.COMMIT, keys, words))

    async def release(self, name: str) -> None:
        with away_as(StoreAway):
            await self._redis.run("HDEL", self._key("busy"), name)

    async def rows(self, name: str, layout: str, since_ms: int) -> Sequence[bytes]:
        # For five minutes an hour need not be read, which holds the loop up for 10 ms and more.
        most = max(0, wall_ms() - since_ms) // ROWS_GAP_MS + ROWS_SPARE
        found = await self._rows(name, layout, -most)
        if len(found) == most and _at(found[0]) > since_ms:
            found = await self._rows(name, layout, 0)  # they lie closer, or clocks differ
        return [body for body in found if _at(body) > since_ms]

    async def fill(self, name: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        with away_as(StoreAway):
            keys = self._keys(f"rows:{name}:{rows[0].layout}")
            await self._redis.script(scripts.FILL, keys, (KEPT_MS, rows[0].most, *(row.body for row in rows)))

    async def once(self, word: str) -> bool:
        with away_as(StoreAway):
            return await self._redis.run("SET", self._key(f"once:{word}"), 1, "PX", ONCE_MS, "NX") is not None

    async def say(self, process: str, body: bytes) -> None:
        with away_as(StoreAway):
            await self._redis.script(scripts.SAY, self._keys("said", "said-at"), (process, body, SAMPLES_KEPT_MS))

    async def said(self) -> Sequence[Told]:
        with away_as(StoreAway):
            found: Any = await self._redis.script(scripts.SAID, self._keys("said", "said-at"), (SAMPLES_KEPT_MS,))
        told = [Told(found[at].decode(), int(found[at + 1]), found[at + 2]) for at in range(0, len(found), 3)]
        return sorted(told)

    async def unsay(self, process: str) -> None:
        with away_as(StoreAway):
            await self._redis.many([("HDEL", self._key("said"), process), ("ZREM", self._key("said-at"), process)])

    async def aclose(self) -> None:
        await self._redis.close()

    async def _rows(self, name: str, layout: str, first: int) -> list[bytes]:
        with away_as(StoreAway):
            found: Any = await self._redis.run("LRANGE", self._key(f"rows:{name}:{layout}"), first, -1)
        return cast("list[bytes]", found)

    def _key(self, name: str) -> str:
        return f"{self._base}:{name}"

    def _keys(self, *names: str) -> list[str]:
        return [self._key(name) for name in names]


def _kept(value: bytes) -> Kept:
    version, _, body = value.partition(b" ")
    return Kept(int(version), body)


def _at(body: bytes) -> int:
    """When a row was taken: its first number."""
    return int(body[1 : body.index(b",")] if b"," in body else body[1:-1])
