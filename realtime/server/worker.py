"""One server process: uvicorn with the fast lane, and draining in place of its own shutdown.

SIGTERM: readiness off, listener closed, every connection told 4000 in batches spread over the drain time,
the writers flushed; only then uvicorn's own exit, which would have sent 1012 to everybody at once. A SIGINT
after that goes there at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from dataclasses import dataclass

import uvicorn

from realtime import health
from realtime.groupcommit import flush_all
from realtime.hub.hub import current_hub
from realtime.server.http import HttpProtocol
from realtime.server.lane import LaneProtocol
from realtime.server.workers import READY_BYTE

__all__ = ["Worker", "WorkerOptions"]

# A busy writer thread holds the interpreter for the whole switch interval: the loop's wake-up p99 was
# 15 to 17 ms at the default of 5 ms, and 3 to 5 ms at this.
SWITCH_INTERVAL_S = 0.0005
COLLECT = (10_000, 20, 20)
"""Of each generation (gc.set_threshold)."""
HURRY_WITHIN_S = 0.1
LAST_ANSWERS_S = 0.1


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How to serve. message_bytes: WebSocket messages above it close the connection with 1009.
    ready_fd: where to write a byte once it serves; it then ends with the process that started it.
    """

    application: str = "config.asgi:application"
    drain_s: float = 20.0
    message_bytes: int = 1_048_576
    backlog: int = 2_048
    ready_fd: int | None = None
    forwarded_allow_ips: str = "127.0.0.1"
    log_level: str = "warning"


class Worker(uvicorn.Server):
    """Serve on sockets that are already bound, until told to stop."""

    def __init__(self, options: WorkerOptions) -> None:
        super().__init__(_config(options))
        self._options = options
        self._parent = None if options.ready_fd is None else os.getppid()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        super().run(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _tune_collector()
        if self._options.ready_fd is not None:
            os.write(self._options.ready_fd, READY_BYTE)
            os.close(self._options.ready_fd)

    async def on_tick(self, counter: int) -> bool:
        # Without its parent nobody would ever stop this one, and its port would be taken for good.
        orphaned = self._parent is not None and os.getppid() != self._parent
        return await super().on_tick(counter) or orphaned

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # A probe that was let in just before would have gone to another worker a moment later: no "no" for it.
        await asyncio.sleep(LAST_ANSWERS_S)
        health.draining()
        await self._drain()
        await super().shutdown(sockets)
        # uvicorn would raise the signal again and die of it; a drained worker ends with 0.
        self._captured_signals.clear()

    async def _drain(self) -> None:
        draining = asyncio.create_task(_send_away(self._options.drain_s))
        while not draining.done() and not self.force_exit:
            await asyncio.wait({draining}, timeout=HURRY_WITHIN_S)
        if not draining.cancel():
            draining.result()


def _tune_collector() -> None:
    """What was imported is never looked at again, and what comes by the ten thousand is looked at less often.

    A connection is some 150 objects that live long. With Python's own thresholds (700, 10, 10) the collector took a
    quarter of the time in which 5,000 came in: 1.39 ms of CPU each, 1.05 so.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


async def _send_away(within_s: float) -> None:
    await current_hub().connections.drain(within_s)
    await flush_all()


def _config(options: WorkerOptions) -> uvicorn.Config:
    return uvicorn.Config(
        options.application,
        loop="uvloop",
        http=HttpProtocol,
        ws=LaneProtocol,
        lifespan="on",
        log_config=None,
        log_level=options.log_level,
        access_log=False,
        backlog=options.backlog,
        ws_max_size=options.message_bytes,
        # One sweep per process pings the silent (realtime.hub.connections); a timer per socket would be two.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        forwarded_allow_ips=options.forwarded_allow_ips,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
