"""`overview`: how Chorus is doing, over all processes. Whatever process computes it adds up what all have said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec

from dashboard.fields import Limit, above, counts, number
from dashboard.samples import Heard, added, heard
from dashboard.source import Source
from dashboard.ticker import ticker
from presence.announce import SITE
from presence.keeper import keeper
from realtime.hub import Hub, current_hub
from realtime.metrics import quantile
from realtime.protocol.errors import Unavailable

__all__ = ["Overview", "OverviewSource", "overview"]

DELIVERY = (above(250, for_s=30), above(1_000, for_s=15, severity="critical"))
STORES = (above(100, for_s=30), above(1_000, for_s=15, severity="critical"))
LAG = (above(250, for_s=15), above(1_000, for_s=5, severity="critical"))


def delay(label: str, chart: str, limits: Sequence[Limit] = (), *, tile: bool = False, help: str = "") -> Any:
    """A number of milliseconds."""
    return number(
        label, unit="ms", decimals=1, chart=chart, better="low", limits=limits, tile=tile, keep="max", help=help
    )


class Overview(msgspec.Struct):
    """All numbers are of now: rates over the last second, delays over the last ten."""

    connections: Annotated[int, number("Connections", chart="load", help="Open sockets of all processes.")] = 0
    people: Annotated[
        int | None, number("People present", chart="load", help="Users with at least one connection, by presence.")
    ] = None
    messages: Annotated[
        float,
        number("Messages", unit="/s", decimals=1, chart="messages", help="Changes written: posts, edits, deletions."),
    ] = 0.0
    deliveries: Annotated[
        float, number("Deliveries", unit="/s", chart="deliveries", help="Events, times the sockets they went to.")
    ] = 0.0
    delivery_p50: Annotated[float | None, delay("Delivery p50", "delivery")] = None
    delivery_p95: Annotated[float | None, delay("Delivery p95", "delivery")] = None
    delivery_p99: Annotated[
        float | None,
        delay("Delivery p99", "delivery", DELIVERY, tile=True, help="From the commit to the last socket written."),
    ] = None
    ack_p50: Annotated[float | None, delay("Ack p50", "ack")] = None
    ack_p95: Annotated[float | None, delay("Ack p95", "ack")] = None
    ack_p99: Annotated[
        float | None,
        delay("Ack p99", "ack", DELIVERY, tile=True, help="From a post's arrival to its reply, commit included."),
    ] = None
    refused: Annotated[
        float,
        number("Errors", unit="/s", decimals=1, chart="errors", better="low", help="Requests answered with an error."),
    ] = 0.0
    connects: Annotated[float, number("Connects", unit="/s", decimals=1, chart="comings", tile=False)] = 0.0
    recoveries: Annotated[
        float,
        number(
            "Recoveries", unit="/s", decimals=1, chart="comings", tile=False, help="Subscribed again, nothing missed."
        ),
    ] = 0.0
    unsent_bytes: Annotated[
        int,
        number(
            "Unsent", unit="B", chart="unsent", better="low", tile=False, keep="max", help="Queued for slow readers."
        ),
    ] = 0
    slow_consumers: Annotated[
        float, number("Slow readers closed", unit="/s", decimals=1, chart="slow", better="low", tile=False)
    ] = 0.0
    lagging: Annotated[int, number("Readers passed by", chart="slow", better="low", tile=False, keep="max")] = 0
    waiting: Annotated[
        int,
        number(
            "Changes waiting", chart="waiting", better="low", tile=False, keep="max", limits=[above(1_000, for_s=15)]
        ),
    ] = 0
    healed: Annotated[
        float, number("Healed", unit="/s", decimals=1, tile=False, help="Events read from the database.")
    ] = 0.0
    database: Annotated[
        float | None, delay("Database", "stores", STORES, help="One round trip, the slowest process.")
    ] = None
    broker: Annotated[float | None, delay("Redis", "stores", STORES, help="One publication, the slowest process.")] = (
        None
    )
    lag: Annotated[float, delay("Loop lag", "lag", LAG, tile=True, help="The longest any event loop was held up.")] = (
        0.0
    )
    cpu: Annotated[float, number("CPU", unit="%", chart="cpu", help="Of one core, all processes together.")] = 0.0
    workers: Annotated[int, number("Processes", better="high")] = 0
    errors: Annotated[dict[str, float], counts("Errors by code", unit="/s", decimals=1)] = {}


class OverviewSource(Source[Overview]):
    """See the module."""

    name = "overview"
    title = "Overview"
    about = "How this Chorus is doing, over all its processes."
    interval_s = 1.0
    charts: ClassVar[Mapping[str, str]] = {
        "load": "Connections and people",
        "delivery": "Delivery",
        "ack": "Acknowledgement",
        "comings": "Connects and recoveries",
        "slow": "Slow readers",
        "stores": "Database and Redis",
    }

    async def compute(self) -> Overview:
        hub = current_hub()
        return overview([each for each in await heard(ticker(hub).store) if not each.late], await people(hub))


async def people(hub: Hub) -> int | None:
    """How many are anywhere; None where nobody knows."""
    try:
        return (await keeper(hub).rosters.present([SITE]))[SITE]
    except Unavailable:
        return None


def overview(processes: Sequence[Heard], present: int | None) -> Overview:
    """What the processes come to together. Pure."""
    samples = [each.sample for each in processes]

    def rate(name: str) -> float:
        return sum(sample.counts.get(name, 0) / sample.span_s for sample in samples)

    errors: dict[str, float] = {}
    for sample in samples:
        for code, count in sample.errors.items():
            errors[code] = round(errors.get(code, 0.0) + count / sample.span_s, 3)
    delivery, ack = (added(each.delays[name] for each in processes) for name in ("delivery", "ack"))
    return Overview(
        connections=sum(sample.connections for sample in samples),
        people=present,
        messages=round(rate("changes"), 2),
        deliveries=round(rate("deliveries"), 1),
        delivery_p50=_ms(quantile(delivery, 0.5)),
        delivery_p95=_ms(quantile(delivery, 0.95)),
        delivery_p99=_ms(quantile(delivery, 0.99)),
        ack_p50=_ms(quantile(ack, 0.5)),
        ack_p95=_ms(quantile(ack, 0.95)),
        ack_p99=_ms(quantile(ack, 0.99)),
        refused=round(sum(errors.values()), 2),
        connects=round(rate("connects"), 2),
        recoveries=round(rate("recoveries"), 2),
        unsent_bytes=sum(sample.unsent_bytes for sample in samples),
        slow_consumers=round(rate("slow_consumers"), 2),
        lagging=sum(sample.lagging for sample in samples),
        waiting=sum(sample.waiting for sample in samples),
        healed=round(rate("healed"), 2),
        database=_slowest(sample.database_s for sample in samples),
        broker=_slowest(sample.broker_s for sample in samples),
        lag=_ms(max((sample.lag_s for sample in samples), default=0.0)) or 0.0,
        cpu=round(100 * sum(sample.cpu for sample in samples), 1),
        workers=len(samples),
        errors=dict(sorted(errors.items())),
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def _slowest(seconds: Iterable[float | None]) -> float | None:
    """None where no process has an answer."""
    return _ms(max((each for each in seconds if each is not None), default=None))
