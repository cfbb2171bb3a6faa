"""How a load test stands, on one line of a terminal that is written over."""

from __future__ import annotations

from typing import TextIO

from loadtest.run import Progress

__all__ = ["ProgressLine"]

BEGINNING_OF_LINE = "\r\x1b[K"


class ProgressLine:
    """Says nothing where nobody looks: only on a terminal. `clear` before anything else is written."""

    def __init__(self, stream: TextIO, *, clients: int) -> None:
        self._stream, self._clients = stream, clients
        self._shown = stream.isatty()

    def show(self, progress: Progress) -> None:
        if not self._shown:
            return
        self._stream.write(BEGINNING_OF_LINE + self.text(progress))
        self._stream.flush()

    def text(self, progress: Progress) -> str:
        if not progress.running_s:
            return f"{progress.clients:,} of {self._clients:,} clients are in"
        return (
            f"{progress.running_s:.0f} s  {progress.sent:,} sent  {progress.per_s:,.0f} deliveries/s  "
            f"p99 {progress.p99_s * 1e3:.1f} ms"
        )

    def clear(self) -> None:
        if self._shown:
            self._stream.write(BEGINNING_OF_LINE)
            self._stream.flush()
