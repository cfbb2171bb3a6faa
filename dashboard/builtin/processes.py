"""`processes`: each process by itself. One that is killed is late after a few seconds, and gone after fifteen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from dashboard.fields import above, number, table, text, time
from dashboard.samples import Heard, heard
from dashboard.source import Source
from dashboard.ticker import ticker
from realtime.hub import current_hub

__all__ = ["Processes", "ProcessesSource", "processes"]


class Row(msgspec.Struct):
    """One process."""

    id: Annotated[str, text("Process")]
    host: Annotated[str, text("Host")]
    pid: Annotated[str, text("PID")]
    state: Annotated[
        str, text("State", help="late: nothing was heard of it for some seconds; it leaves after fifteen.")
    ]
    connections: Annotated[int, number("Connections")]
    cpu: Annotated[float, number("CPU", unit="%", decimals=1)]
    memory: Annotated[int, number("Memory", unit="B")]
    lag: Annotated[float, number("Loop lag", unit="ms", decimals=1)]
    unsent: Annotated[int, number("Unsent", unit="B")]
    waiting: Annotated[int, number("Changes waiting")]
    redis: Annotated[str, text("Redis")]
    started: Annotated[int, time("Started")]
    heard: Annotated[int, number("Last word", unit="s", help="How long ago.")]
    version: Annotated[str, text("Version")]


class Processes(msgspec.Struct):
    """All of them."""

    workers: Annotated[int, number("Processes", chart="workers", better="high")] = 0
    late: Annotated[int, number("Late", chart="workers", better="low", limits=[above(0, for_s=5)])] = 0
    memory: Annotated[int, number("Memory", unit="B", chart="memory", help="Resident, all together.")] = 0
    cpu: Annotated[
        float, number("CPU", unit="%", chart="cpu", keep="max", help="Of one core, the busiest process.")
    ] = 0.0
    lag: Annotated[float, number("Loop lag", unit="ms", decimals=1, chart="lag", keep="max", better="low")] = 0.0
    spread: Annotated[int, number("Most connections", chart="connections", tile=False, help="On one process.")] = 0
    rows: Annotated[list[Row], table("Processes", key="id")] = []


class ProcessesSource(Source[Processes]):
    """See the module."""

    name = "processes"
    title = "Processes"
    about = "Each process that serves Chorus: its load, its memory, and whether it is still heard of."
    interval_s = 1.0

    async def compute(self) -> Processes:
        return processes(await heard(ticker(current_hub()).store))


def processes(found: Sequence[Heard]) -> Processes:
    """What is shown of them. Pure."""
    alive = [each.sample for each in found if not each.late]
    return Processes(
        workers=len(alive),
        late=len(found) - len(alive),
        memory=sum(sample.memory_bytes for sample in alive),
        cpu=round(100 * max((sample.cpu for sample in alive), default=0.0), 1),
        lag=round(1000 * max((sample.lag_s for sample in alive), default=0.0), 2),
        spread=max((sample.connections for sample in alive), default=0),
        rows=[_row(each) for each in sorted(found, key=lambda each: (each.sample.host, each.sample.started_at))],
    )


def _row(each: Heard) -> Row:
    sample = each.sample
    return Row(
        id=sample.process[:8],
        host=sample.host,
        pid=str(sample.pid),
        state="late" if each.late else "serving",
        connections=sample.connections,
        cpu=round(100 * sample.cpu, 1),
        memory=sample.memory_bytes,
        lag=round(1000 * sample.lag_s, 2),
        unsent=sample.unsent_bytes,
        waiting=sample.waiting,
        redis={"none": "not used", "ok": "ok"}.get(sample.broker, sample.broker),
        started=round(sample.started_at * 1000),
        heard=each.ago_ms // 1000,
        version=sample.version,
    )
