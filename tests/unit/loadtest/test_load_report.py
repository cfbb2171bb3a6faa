"""The figures of a run, in words and as JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest

from loadtest.entering import Crowd
from loadtest.histogram import BUCKETS, Histogram
from loadtest.outcome import Outcome
from loadtest.progress import ProgressLine
from loadtest.report import as_json, as_text, complaints
from loadtest.run import Measured, Plan, Progress
from loadtest.target import Target
from tests.support.chorus import ROOT

PAGE = (ROOT / "docs/how-to/load-test.md").read_text()


def histogram(count: int) -> Histogram:
    """All at about 4 ms."""
    return Histogram(count * int(bucket == 22 * 64 - 10 * 64) for bucket in range(BUCKETS))


def measured(*, crowd: Crowd | None = None, senders: int = 2, **changes: object) -> Measured:
    """A complete run of 4 clients in 2 rooms, with changes of its outcome."""
    outcome = Outcome(
        sent=100,
        deliveries=200,
        expected=200,
        missing=0,
        doubled=0,
        disordered=0,
        strays=0,
        acknowledged=100,
        refused=0,
        closed=0,
        first_error="",
        took_s=2.0,
        last_delivery_s=1.0,
        cpu_s=0.5,
        bytes_in=0,
        bytes_out=0,
        reads=0,
        latency=histogram(200),
        acks=histogram(100),
        last_s=[],
    )
    plan = Plan(
        target=Target("127.0.0.1", 8000, "/ws/"),
        tokens=["a", "b", "c", "d"],
        rooms=["loadtest-0", "loadtest-1"],
        rate=50,
        duration_s=1,
        text_bytes=64,
        senders=1,
    )
    crowd = crowd or Crowd(rooms=[0, 1, 0, 1], took_s=0.5)
    return Measured(plan, crowd, senders, 100, interrupted=False, outcome=replace(outcome, **changes))


CHANGES: list[tuple[dict[str, object], str]] = [
    ({"missing": 1}, "1 delivery missing of 200."),
    ({"missing": 2_000}, "2,000 deliveries missing of 200."),
    ({"doubled": 1}, "1 delivery to somebody who had it already."),
    ({"misplaced": 2}, "2 deliveries in a wrong room."),
    ({"disordered": 1}, "1 room whose members differ in what they got, or in its order."),
    ({"closed": 3, "close_codes": {4008: 2, 1: 1}}, "3 connections ended (1 without a code, 2 with 4008)."),
    ({"acknowledged": 99}, "1 message without an answer."),
    ({"acknowledged": 98, "refused": 2, "first_error": "{muted}"}, "2 refusals, the first: {muted}"),
    (
        {"crowd": Crowd(rooms=[0, 1, 0], failed=1, first_error="Full up.", took_s=1)},
        "1 of 4 clients did not get in, the first because: Full up.",
    ),
]


class TestComplete:
    def test_nothing_is_said_of_a_complete_run(self):
        assert complaints(measured()) == []
        assert as_json(measured())["complete"] is True
        assert as_text(measured()).endswith("Complete: everybody got everything once, in one order.")

    @pytest.mark.parametrize(("changes", "sentence"), CHANGES)
    def test_whatever_is_missing_is_said_in_both(self, changes, sentence):
        some = measured(**changes)
        assert complaints(some) == [sentence]
        assert as_json(some)["complete"] is False
        assert as_json(some)["complaints"] == [sentence]
        assert as_text(some).endswith(sentence)


class TestText:
    def test_shows_the_figures(self):
        text = as_text(measured())
        assert "4 clients in 2 rooms of ws://127.0.0.1:8000/ws/; in each 2 senders (raised for the rate), 50" in text
        assert "entered    4 in 0.5 s, 8/s" in text
        assert "sent       100\n" in text
        assert "answered   100, and 0 refused" in text
        assert "delivered  200 of 200, 200/s" in text
        assert re.search(r"^ +ms +p50 +p90 +p95 +p99 +p99\.9 +max$", text, re.MULTILINE)
        assert re.search(r"^delivery( +4\.3){6}$", text, re.MULTILINE)
        assert re.search(r"^answer  ( +4\.3){6}$", text, re.MULTILINE)
        assert "The generator took 25% of a processor." in text

    def test_what_was_not_measured_is_a_dash(self):
        assert re.search(r"^answer  ( +–){6}$", as_text(measured(acks=histogram(0))), re.MULTILINE)

    def test_a_run_that_was_ended_says_how_far_it_came(self):
        some = replace(measured(), planned=600, interrupted=True)
        assert "sent       100 of 600, then ended" in as_text(some)
        assert as_json(some)["interrupted"] is True
        assert as_json(some)["messages"]["planned"] == 600

    def test_a_busy_generator_is_warned_of(self):
        warning = "may have measured itself"
        assert warning not in as_text(measured(cpu_s=1.69))
        assert warning in as_text(measured(cpu_s=1.71))
        assert as_json(measured(cpu_s=1.71))["generator"] == {"cpu_share": 0.855, "busy": True}

    def test_clients_that_were_told_to_come_later_are_told_of(self):
        crowd = Crowd(rooms=[0, 1, 0, 1], retries=7, took_s=0.5)
        assert "after 7 answers to come later" in as_text(measured(crowd=crowd))

    def test_a_run_of_nothing_divides_by_nothing(self):
        text = as_text(measured(took_s=0.0, last_delivery_s=0.0, crowd=Crowd(rooms=[0])))
        assert "entered    1 in 0.0 s, 0/s" in text


class TestJson:
    def test_latencies_are_in_ms_and_null_where_there_are_none(self):
        figures = json.loads(json.dumps(as_json(measured(acks=histogram(0)))))
        assert figures["latency_ms"]["delivery"] == dict.fromkeys(["p50", "p90", "p95", "p99", "p99.9", "max"], 4.26)
        assert set(figures["latency_ms"]["ack"].values()) == {None}

    def test_every_key_is_on_the_page_and_no_other(self):
        documented = {
            key for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for key in re.findall(r"`(.+?)`", row)
        }
        found: set[str] = set()
        for key, value in as_json(measured()).items():
            found |= {f"{key}.{inner}" for inner in value} if isinstance(value, dict) else {key}
        assert found == {key for key in documented if not key.startswith("--")}


class TestProgress:
    def test_is_written_over_on_a_terminal(self):
        stream = io.StringIO()
        stream.isatty = lambda: True  # type: ignore[method-assign]
        line = ProgressLine(stream, clients=1_000)
        line.show(Progress(clients=250))
        line.show(Progress(1_000, running_s=3.2, sent=64, deliveries=64_000, per_s=20_000, p99_s=0.0123))
        line.clear()
        assert stream.getvalue().split("\r\x1b[K") == [
            "",
            "250 of 1,000 clients are in",
            "3 s  64 sent  20,000 deliveries/s  p99 12.3 ms",
            "",
        ]

    def test_says_nothing_into_a_file(self):
        stream = io.StringIO()
        line = ProgressLine(stream, clients=1)
        line.show(Progress(1))
        line.clear()
        assert stream.getvalue() == ""
