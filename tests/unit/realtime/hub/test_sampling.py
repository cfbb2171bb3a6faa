"""What a sampler says of its process. Time jumps; the database is a number."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from realtime import sampling
from realtime.hub import Item, Publication, publish
from realtime.metrics import BOUNDS_S, Sample, request_refused, tally
from realtime.metrics.tally import COUNTED
from realtime.protocol.errors import NotFound, Unavailable
from realtime.sampling import EVERY_S, PROBE_EVERY_S, PROBE_WITHIN_S, sampler
from tests.unit.realtime.hub.fakes import Gauge, LaneSink, Ping, Sink, enter, subscribe
from tests.unit.realtime.metrics.readings import reading

ROUND_TRIP_S = 0.003


class Probe:
    """The database as the sampler asks it."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.hangs: asyncio.Event | None = None

    async def __call__(self, _question) -> float:
        self.asked += 1
        if self.hangs is not None:
            await self.hangs.wait()
        if self.error is not None:
            raise self.error
        return ROUND_TRIP_S


@pytest.fixture
def probe(monkeypatch) -> Probe:
    probe = Probe()
    monkeypatch.setattr(sampling, "run_read", probe)
    return probe


@pytest.fixture
def samples(hub, probe) -> list[Sample]:
    samples: list[Sample] = []
    sampler(hub).listen(samples.append)
    return samples


async def second() -> None:
    """Until the sampler has looked once more."""
    await asyncio.sleep(EVERY_S)
    await asyncio.sleep(0.001)


async def test_each_second_there_is_a_new_sample_for_whoever_listens(hub, samples) -> None:
    assert sampler(hub).sample is None
    await second()
    assert len(samples) == 1
    assert sampler(hub).sample is samples[0]
    assert samples[0].span_s == pytest.approx(EVERY_S, abs=0.1)
    assert samples[0].broker == "none"
    assert samples[0].memory_bytes > 1_000_000
    await second()
    assert len(samples) == 2


async def test_who_does_not_listen_any_more_is_told_nothing(hub, samples) -> None:
    more: list[Sample] = []
    stop = sampler(hub).listen(more.append)
    await second()
    stop()
    await second()
    assert (len(more), len(samples)) == (1, 2)


async def test_a_listener_that_fails_stops_neither_the_others_nor_the_next_sample(hub, probe, caplog) -> None:
    samples: list[Sample] = []
    sampler(hub).listen(lambda _: 1 / 0)
    sampler(hub).listen(samples.append)
    await second()
    await second()
    assert len(samples) == 2
    assert "A listener of samples failed" in caplog.text


async def test_a_sample_says_what_is_new_and_nothing_twice(hub, samples) -> None:
    for name in COUNTED:
        setattr(tally, name, getattr(tally, name) + 3)
    tally.ack.add(0.04)
    request_refused(NotFound())
    await second()
    assert {samples[0].counts[name] for name in COUNTED} == {3}
    assert samples[0].errors == {"not_found": 1}
    assert sum(samples[0].delays["ack"]) == 1
    assert samples[0].delays["ack"][BOUNDS_S.index(0.05)] == 1
    await second()
    assert set(samples[1].counts.values()) == {0}
    assert samples[1].errors == {}
    assert not any(map(any, samples[1].delays.values()))


async def test_a_sample_travels_as_it_is(hub, samples) -> None:
    await second()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(samples[0]), type=Sample) == samples[0]


async def test_a_loop_that_was_held_up_says_for_how_long_once(hub, samples) -> None:
    await asyncio.sleep(0.5)
    hub.loop._now += 0.3
    await second()
    assert samples[0].lag_s == pytest.approx(0.3, abs=0.06)
    await second()
    assert samples[1].lag_s == 0


async def test_prometheus_has_it_by_then(hub, samples) -> None:
    before = reading("chorus_deliveries_total")
    tally.delivered(2, 50, 10)
    await second()
    assert reading("chorus_deliveries_total") == before + 100
    assert reading("chorus_workers") == 1
    assert reading("chorus_process_resident_bytes") == samples[0].memory_bytes


# --- the database -------------------------------------------------------------------------------------


async def test_the_database_is_asked_every_few_seconds(hub, samples, probe) -> None:
    for _ in range(2):
        await second()
    assert samples[-1].database_s == ROUND_TRIP_S
    asked = probe.asked
    await asyncio.sleep(PROBE_EVERY_S * 2)
    assert probe.asked == asked + 2


async def test_a_database_that_does_not_answer_is_told_and_asked_again_soon(hub, samples, probe) -> None:
    probe.error = Unavailable()
    await second()
    await second()
    assert samples[-1].database_s is None
    assert reading("chorus_database_away") == 1
    probe.error = None
    await second()
    await second()
    assert samples[-1].database_s == ROUND_TRIP_S
    assert reading("chorus_database_away") == 0


async def test_a_database_that_hangs_is_not_asked_a_second_time_meanwhile(hub, samples, probe) -> None:
    probe.hangs = asyncio.Event()
    await asyncio.sleep((EVERY_S + PROBE_WITHIN_S) * 3)
    assert probe.asked == 1
    assert samples[-1].database_s is None
    probe.hangs.set()
    await asyncio.sleep(EVERY_S + PROBE_WITHIN_S)
    assert samples[-1].database_s == ROUND_TRIP_S


# --- what the fan-out adds ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Sink, LaneSink])
async def test_a_flush_adds_its_audience_its_duration_and_the_age_of_what_it_wrote(hub, samples, kind) -> None:
    for _ in range(3):
        subscribe(hub, "room", Ping, sink=kind())
    made_at = time.time() - 0.4
    item = Item.of("room", "news", {})
    publish([Publication("room", (item, item), at=made_at), Publication("room", (item,), at=0.0)])
    await second()
    assert samples[0].counts["deliveries"] == 9
    assert samples[0].counts["bytes_out"] >= 9 * len(item.frame)
    assert sum(samples[0].delays["fanout"]) == 1
    # The second one came from a process that does not say when it made it.
    assert sum(samples[0].delays["delivery"]) == 1
    assert samples[0].delays["delivery"][BOUNDS_S.index(0.5)] == 1


async def test_a_reader_that_is_passed_by_is_no_delivery_and_is_told_while_it_lags(hub, database, samples) -> None:
    behind, _ = subscribe(hub, "gauge", Gauge), subscribe(hub, "gauge", Gauge)
    behind.writer.unsent = hub.conf.STATE_BUDGET_BYTES + 1
    for _ in range(3):
        publish([database.add("gauge")])
        await asyncio.sleep(hub.conf.GATHER_S * 2)
    await second()
    assert samples[0].counts["deliveries"] == 3
    assert samples[0].lagging == 1
    behind.writer.unsent = 0
    await second()
    await second()
    assert samples[1].counts["deliveries"] == 1  # the newest, alone
    assert samples[2].lagging == 0


async def test_what_a_lost_publication_hid_is_counted_as_healed(hub, database, samples) -> None:
    subscribe(hub, "log")
    database.add("log")  # committed, and its publication lost
    publish([database.add("log")])
    await asyncio.sleep(hub.conf.GAP_WAIT_S * 3)
    await second()
    assert samples[0].counts["healed"] >= 1
    assert samples[0].counts["deliveries"] == 2


async def test_what_one_member_got_is_the_difference_since_it_came(hub, database, samples) -> None:
    early = subscribe(hub, "log")
    publish([database.add("log")])
    await asyncio.sleep(hub.conf.GATHER_S * 2)
    late, stream = subscribe(hub, "log"), hub.streams["log"]
    publish([database.add("log"), database.add("log")])
    await asyncio.sleep(hub.conf.GATHER_S * 2)
    assert stream.written_to(early)[0] == 3
    assert stream.written_to(late)[0] == len(late.writer.got) == 2
    assert 0 < stream.written_to(late)[1] < stream.written_to(early)[1]
    _, joiner = enter(hub, "log")
    assert stream.written_to(joiner) == (0, 0)


async def test_what_nobody_reads_is_no_delivery(hub, samples) -> None:
    enter(hub, "room", Ping)
    publish([Publication("room", (Item.of("room", "news", {}),))])
    await second()
    assert samples[0].counts["deliveries"] == 0
    assert not any(samples[0].delays["delivery"])
