"""One server process: uvicorn with the fast lane, and draining in place of its own shutdown.

SIGTERM: readiness off, listener closed, every connection told 4000 in batches spread over the drain time,
the writers flushed; only then uvicorn's own exit, which would have sent 1012 to everybody at once.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass

import uvicorn

from realtime import health
from realtime.groupcommit import flush_all
from realtime.hub.hub import current_hub
from realtime.server.lane import LaneProtocol
from realtime.server.workers import READY_BYTE

__all__ = ["Worker", "WorkerOptions"]

# A busy writer thread holds the interpreter for the whole switch interval: the loop's wake-up p99 was
# 15 to 17 ms at the default of 5 ms, and 3 to 5 ms at this.
SWITCH_INTERVAL_S = 0.0005


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How to serve. message_bytes: WebSocket messages above it close the connection with 1009.
    ready_fd: where to write a byte once it serves.
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

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        super().run(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._options.ready_fd is not None:
            os.write(self._options.ready_fd, READY_BYTE)
            os.close(self._options.ready_fd)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        health.draining()
        for server in self.servers:
            server.close()
        if not self.force_exit:
            await current_hub().connections.drain(self._options.drain_s)
            await flush_all()
        await super().shutdown(sockets)
        # uvicorn would raise the signal again and die of it; a drained worker ends with 0.
        self._captured_signals.clear()


def _config(options: WorkerOptions) -> uvicorn.Config:
    return uvicorn.Config(
        options.application,
        loop="uvloop",
        http="httptools",
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
