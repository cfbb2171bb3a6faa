"""A TCP proxy between a client and a server: it can cut every connection, fall silent, or be slow.

It runs on a loop of its own in a thread, so that a synchronous test (a browser's) can use it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

__all__ = ["Proxy"]

CHUNK = 65_536
T = TypeVar("T")


class Proxy:
    """Use it as a context manager. `cut` resets what is open and refuses what comes; `restore` ends that.

    `silence` has what is open now carry nothing more, without a word to either side, as a network does that lost
    its way; new connections work. `delay_s` is added to every piece of data from now on.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-proxy", daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._silent: set[asyncio.StreamWriter] = set()
        self.delay_s = 0.0
        self.port = 0
        self.cuts = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def cut(self) -> int:
        """Reset every connection and refuse new ones; how many were cut."""
        return self._call(self._cut())

    def restore(self) -> None:
        self._is_cut = False

    def silence(self) -> int:
        """Carry nothing more on the connections that are open now; how many those are."""
        return self._call(self._silence())

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        for writer in self._silent:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self) -> int:
        self._is_cut = True
        count = len(self._open) // 2
        for writer in self._open:
            writer.transport.abort()
        self.cuts += count
        return count

    async def _silence(self) -> int:
        self._silent |= self._open
        return len(self._open) // 2

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            self._open.add(sink)
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if sink in self._silent:
                    continue
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            self._open.discard(sink)
            if sink not in self._silent:  # of one that is, the other end is not told that this one left
                sink.close()
