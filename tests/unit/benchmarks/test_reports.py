"""What is printed, written and drawn, from samples that nobody measured."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from benchmarks.cases import CASES
from benchmarks.report import line, page, picture, table
from benchmarks.report.axis import Linear, Log, short
from benchmarks.report.words import advantage, ratio_words, value_words
from benchmarks.sample import VOID
from tests.unit.benchmarks.builders import results, sample

RATES = {"chorus": 424_264.0, "socketio-redis": 75_000.0, "channels-uvicorn-pubsub": 4_000.0, "ws": 100_000.0}
GROWTH = {"members of one room": [(50.0, 1.0), (5_000.0, 60.0)], "rooms of 10": [(20.0, 0.5), (1_000.0, 30.0)]}


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - our own


def full():
    """Something of every kind."""
    return results(
        *[
            sample("room-rate", name, rate=rate, kept=rate, p99_ms=20.0, series={"p99": [(1_000.0, 2.0), (rate, 20.0)]})
            for name, rate in RATES.items()
        ],
        sample("room-100k", p99_ms=14.0, cpu_us=4.0, load_core=40.0),
        sample("room-100k", "socketio-redis", p99_ms=200.0, cpu_us=8.0),
        sample("room-100k", "ws", faults=["incomplete: 3 | missing"], p99_ms=1.0),
        sample("room-100k", "ws", round_=2, faults=[f"{VOID}the load's core was 99% busy"], p99_ms=1.0),
        sample("growth", series=GROWTH, members_slope=0.9, rooms_slope=1.2),
        versions={"ws": {"Node.js": "20.1.0", "ws": "8.18.0"}},
    )


def test_the_page_shows_targets_cases_faults_and_versions():
    shown = page(full(), "report.svg")
    assert "![Deliveries a second, latencies and growth](report.svg)" in shown
    assert "| ≥ 4 × Socket.IO with its Redis adapter | 5.7 × | met | 5.7 × | 106 × |" in shown
    assert "| slope ≤ 1.1 over rooms | 1.20 | **missed** | – | – |" in shown
    assert "A Processor, 2 cores" in shown
    assert "PostgreSQL 15.8" in shown
    assert "| room-100k | ws | 1 | incomplete: 3 / missing |" in shown
    assert "99% busy" in shown
    assert "Node.js 20.1.0, ws 8.18.0" in shown
    assert "interrupted" not in shown


def test_the_page_says_if_it_is_of_a_quick_or_an_interrupted_run():
    assert "A quick run" in page(results(quick=True), "p.svg")
    assert "interrupted" in page(results(ended=False), "p.svg")


def test_a_case_that_was_not_measured_has_no_place_on_the_page():
    assert CASES["durable"].title not in page(full(), "report.svg")


def test_every_line_of_a_table_has_as_many_cells():
    for block in page(full(), "report.svg").split("\n\n"):
        rows = [row for row in block.splitlines() if row.startswith("| ")]
        assert len({row.count("|") for row in rows}) <= 1, block


def test_figures_of_others_are_quoted_with_their_source_and_not_called_measured():
    _, _, quoted = page(full(), "report.svg").partition("## What others have published")
    assert "Not measured here" in quoted
    rows = [row for row in quoted.splitlines() if row.startswith("| ")][2:]
    assert rows
    assert all("https://" in row for row in rows)


def test_the_table_at_the_end_has_a_line_for_every_target_of_what_was_measured():
    shown = table(full())
    assert len(shown.splitlines()) == 1 + 3 + 2 + 2
    assert "424,264 deliveries/s" in shown


def test_a_measurement_is_a_line_with_what_is_wrong_with_it():
    assert line(sample(p99_ms=14.04, load_core=40.0)) == ("· 1: room-100k, chorus: p99 14.0 ms, load's core 40 % busy")
    assert line(sample(faults=["failed: no"], notes=["a note"])) == "· 1: room-100k, chorus\n    failed: no\n    a note"


@pytest.mark.parametrize("made", [full(), results(), results(sample("room-rate", kept=5.0, kept_p99_ms=80.0))])
def test_the_picture_is_well_formed_and_stays_within_its_frame(made):
    root = parsed(picture(made))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.get(name, 0)) <= width, ET.tostring(element)
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.get(name, 0)) <= height, ET.tostring(element)


def test_a_bar_says_what_p99_was_where_it_was_never_within_the_bound():
    assert "5, at p99 80 ms" in picture(results(sample("room-rate", kept=5.0, kept_p99_ms=80.0)))


def test_the_picture_is_readable_in_the_dark_and_by_who_cannot_see_it():
    drawn = picture(full())
    assert "prefers-color-scheme: dark" in drawn
    root = parsed(drawn)
    assert root.get("role") == "img"
    assert {"title", "desc"} <= {element.tag.rpartition("}")[2] for element in root}


def test_words_of_the_picture_are_text_and_no_markup():
    made = full()
    made.machine = type(made.machine)("<CPU> & co", 2, 1.0, "Linux", {})
    assert "&lt;CPU&gt; &amp; co" in picture(made)


@pytest.mark.parametrize(
    ("value", "words"), [(424_264.07, "424,264 deliveries/s"), (0.4, "0 deliveries/s"), (None, "–")]
)
def test_a_value_has_the_digits_of_its_figure(value, words):
    assert value_words(CASES["room-rate"].figures[0], value) == words


@pytest.mark.parametrize(("ratio", "words"), [(106.2, "106 ×"), (5.66, "5.7 ×"), (0.431, "0.43 ×"), (None, "–")])
def test_a_ratio_has_as_many_digits_as_mean_something(ratio, words):
    assert ratio_words(ratio) == words


def test_better_is_above_one_whether_more_or_less_is_better():
    rate, cost = CASES["room-rate"].figures[0], CASES["room-100k"].figure("cpu_us")
    medians = {"chorus": {"rate": 200.0, "cpu_us": 4.0}, "ws": {"rate": 100.0, "cpu_us": 8.0}}
    assert advantage(rate, medians, "chorus", ["ws"]) == 2.0
    assert advantage(cost, medians, "chorus", ["ws"]) == 2.0
    assert advantage(cost, medians, "chorus", ["socketio-redis"]) is None


def test_ticks_are_round_and_within():
    assert Linear(424_264, 0, 100).ticks() == [0, 100_000, 200_000, 300_000, 400_000]
    assert Linear(5, 0, 100).ticks() == [0, 1, 2, 3, 4, 5]
    assert Log(0.8, 1_500, 0, 100).ticks() == [1, 10, 100, 1_000]
    assert Log(40, 70, 0, 100).ticks() == [50]
    assert [short(value) for value in (0.5, 20, 1_500, 300_000, 2_400_000)] == ["0.5", "20", "1.5k", "300k", "2.4M"]


def test_a_scale_puts_its_ends_where_they_belong():
    assert (Linear(10, 5, 25).at(0), Linear(10, 5, 25).at(10)) == (5, 25)
    log = Log(1, 100, 0, 100)
    assert (log.at(1), log.at(10), log.at(100)) == (0, 50, 100)
