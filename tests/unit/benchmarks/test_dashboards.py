"""Dashboards watched and polled: answers read byte by byte, ages, and what is computed from what was measured."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from types import ModuleType

import pytest

from benchmarks.cases.dashboard import watched_figures
from benchmarks.cases.dashboard_chat import moved
from benchmarks.cases.dashboard_polling import Polling, compared
from benchmarks.cases.polling import Answer, InHand, Polls, take_answer
from benchmarks.sample import VOID
from benchmarks.stage import Usage
from dashboard.source import unregister
from tests.unit.benchmarks.builders import histogram, load

BODY = b'{"name":"board","at":1764500000123,"state":{}}'
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "7"\r\n\r\n%b' % (len(BODY), BODY)
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\netag: "7"\r\n\r\n'


class TestAnswers:
    def test_each_byte_of_an_answer_is_waited_for(self):
        for size in range(len(WHOLE)):
            buffer = bytearray(WHOLE[:size])
            assert take_answer(buffer) is None
            assert buffer == WHOLE[:size]

    def test_an_answer_says_which_state_it_has_and_when_that_was_made(self):
        buffer = bytearray(WHOLE + UNCHANGED)
        assert take_answer(buffer) == Answer(200, '"7"', len(WHOLE), 1764500000.123, BODY)
        assert take_answer(buffer) == Answer(304, '"7"', len(UNCHANGED), None)
        assert buffer == b""

    def test_a_state_that_was_never_computed_has_no_age(self):
        body = b'{"at":null}'
        found = take_answer(bytearray(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)))
        assert found is not None
        assert (found.status, found.at_s) == (200, None)

    def test_an_answer_of_no_known_length_is_an_error(self):
        with pytest.raises(ValueError, match="no known length"):
            take_answer(bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))


class TestWhatIsInHand:
    def test_it_grows_older_until_the_next_comes(self):
        hand = InHand()
        hand.came(1, now_s=10.0, at_s=9.0)
        assert hand.mean_s == 0.0  # nothing is known before something follows
        hand.came(1, now_s=14.0, at_s=14.0)
        assert hand.mean_s == pytest.approx(3.0)  # from 1 to 5

    def test_each_reader_counts_for_as_long_as_it_had_something(self):
        hand = InHand()
        hand.came(1, now_s=0.0, at_s=0.0)
        hand.came(2, now_s=0.0, at_s=0.0)
        hand.came(1, now_s=1.0, at_s=1.0)
        hand.came(2, now_s=3.0, at_s=3.0)
        assert hand.mean_s == pytest.approx((1 * 0.5 + 3 * 1.5) / 4)

    def test_unchanged_is_as_old_as_it_was(self):
        hand = InHand()
        hand.came(1, now_s=1.0, at_s=None)  # of nothing
        hand.came(1, now_s=2.0, at_s=0.0)
        hand.came(1, now_s=4.0, at_s=None)
        hand.came(1, now_s=6.0, at_s=None)
        assert hand.mean_s == pytest.approx(4.0)


def polling(*, server_s: float = 2.0, load_core: float = 0.2, refused: int = 0, held_age_s: float = 3.0) -> Polling:
    """A thousand answers in 10 s."""
    polls = Polls(10.0, 900, 100, refused, "429", bytes_in=3_000_000, bytes_out=400_000, held_age_s=held_age_s)
    return Polling(500, polls, Usage(10.0, server_s, 0.5, 0.0, 0.9, load_core))


def watched(**changes):
    """Ten seconds of ten thousand watchers, at a tenth of a core."""
    outcome = {"took_s": 10.0, "bytes_in": 100_000_000, "bytes_out": 20_000, "ages": histogram(n24=100_000)}
    found = load(**{**outcome, "held_age_s": 0.5, **changes})
    return type(found)(found.outcome, Usage(10.0, 1.0, 0.0, 0.0, 0.1, 0.1), 0.0, wants_replies=False)


class TestFigures:
    def test_a_time_of_polling_costs_so_much_for_each_answer(self):
        found = polling()
        assert (found.per_s, found.cpu_s, found.bytes) == (100.0, 0.002, 3_400.0)
        assert found.faults() == []

    def test_refusals_and_a_full_core_of_the_load_count_for_nothing(self):
        assert "5 requests were refused (429)" in polling(refused=5).faults()[0]
        assert polling(load_core=0.9).faults()[0].startswith(VOID)

    def test_polling_is_computed_to_as_many_as_watch(self):
        found = compared(polling(), polling(server_s=9.0), watched(), 10_000, empty_core=0.1)
        assert found["asked_per_s"] == 2_000
        # 2,000 answers of 2 ms, and what there is without them.
        assert found["polled_core"] == pytest.approx(410.0)
        assert found["watched_core"] == pytest.approx(10.0)
        assert found["cpu_ratio"] == pytest.approx(41.0)
        assert (found["polled_kb_s"], found["watched_kb_s"]) == pytest.approx((6_800.0, 10_002.0))
        assert found["bytes_ratio"] == pytest.approx(0.68, abs=0.001)
        assert found["age_ratio"] == pytest.approx(6.0)

    def test_a_time_of_watching_becomes_figures(self):
        found = watched_figures(watched(), 10_000)
        assert (found["core"], found["updates_per_s"], found["update_bytes"]) == pytest.approx((10.0, 1.0, 1_000.0))
        assert found["held_ms"] == 500.0
        assert found["age_p50_ms"] == found["age_p99_ms"] == pytest.approx(17.0, abs=0.1)

    @pytest.mark.parametrize(
        ("alone_ms", "beside_ms", "of_allowed"),
        [(5.0, 8.0, 100.0), (5.0, 9.5, 150.0), (20.0, 26.0, 100.0), (20.0, 23.0, 50.0), (20.0, 14.0, -100.0)],
    )
    def test_p99_may_move_by_a_third_or_by_three_milliseconds(self, alone_ms, beside_ms, of_allowed):
        found = moved(alone_ms, beside_ms)
        assert found["of_allowed"] == pytest.approx(of_allowed)
        assert found["moved_ms"] == beside_ms - alone_ms


@pytest.fixture
def board() -> Iterator[ModuleType]:
    """Known while it is looked at, and to no other test."""
    module = importlib.import_module("benchmarks.board.dashboards")
    yield module
    unregister("board")


def test_nine_numbers_and_the_table_change_and_in_time_all_of_them(board):
    source = board.BoardSource()
    states = [source.compute() for _ in range(21)]
    for before, after in itertools.pairwise(states):
        different = [name for name in board.FIGURES if getattr(before, name) != getattr(after, name)]
        assert len(different) == board.CHANGED == 9
        assert before.lines != after.lines
    assert all(len({getattr(state, name) for state in states}) > 5 for name in board.FIGURES)
