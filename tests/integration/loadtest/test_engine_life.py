"""The engine in Python's hands: ended early, asked for nonsense, closed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from loadtest.dialect import Speech
from loadtest.engine import Engine, EngineError, Message
from loadtest.template import NUMBER, Template
from tests.integration.loadtest.rooms import even, event, running

LONG_S = 60.0


def tell(server, place, number):
    server.tell_all(place, event(number))


def silent(server, place, number):
    """Nobody gets anything."""


def stop_later(engine: Engine, *after_s: float) -> threading.Thread:
    def stop() -> None:
        for pause_s in after_s:
            time.sleep(pause_s)
            engine.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


class TestStop:
    def test_ends_the_run_and_what_was_not_sent_is_not_missing(self):
        with running([0, 0], tell) as (_, engine):
            stopper = stop_later(engine, 0.3)
            outcome = engine.run(even(10_000, apart_s=0.01), LONG_S, grace_s=LONG_S)
            stopper.join()
        assert outcome.complete
        assert 0 < outcome.sent < 1_000
        assert outcome.expected == outcome.deliveries == 2 * outcome.sent
        assert outcome.took_s < LONG_S / 2

    def test_is_heard_between_messages_that_are_far_apart(self):
        with running([0], tell) as (_, engine):
            stopper = stop_later(engine, 0.2)
            outcome = engine.run(even(3, apart_s=100), 200)
            stopper.join()
        assert (outcome.sent, outcome.complete) == (1, True)

    def test_waits_for_what_was_sent_and_the_second_time_for_nothing(self):
        with running([0], silent) as (_, engine):
            stopper = stop_later(engine, 0.2, 0.3)
            outcome = engine.run(even(1), LONG_S, grace_s=LONG_S)
            stopper.join()
        assert outcome.missing == 1
        assert 0.4 < outcome.took_s < LONG_S / 2

    def test_before_a_run_ends_that_run_and_no_other(self):
        with running([0], tell) as (_, engine):
            engine.stop()
            assert engine.run(even(10), 0.05).sent == 0
            assert engine.run(even(10), 0.05).sent == 10


class TestProgress:
    def test_can_be_seen_while_it_runs(self):
        with running([0, 0], tell) as (_, engine):
            stopper = stop_later(engine, 1.0)
            seen: list[tuple[int, int]] = []

            def look() -> None:
                time.sleep(0.5)
                seen.append(engine.progress())
                seen.append((engine.latency().total, 0))

            watcher = threading.Thread(target=look)
            watcher.start()
            engine.run(even(10_000, apart_s=0.01), LONG_S)
            watcher.join()
            stopper.join()
        (sent, deliveries), (timed, _) = seen
        assert sent > 0
        assert deliveries > 0
        assert timed >= deliveries


class TestNonsense:
    def test_a_second_run_at_the_same_time_is_refused(self):
        with running([0], tell) as (_, engine):
            started = threading.Thread(target=engine.run, args=(even(1), LONG_S))
            started.start()
            time.sleep(0.2)
            for refused in (lambda: engine.run([], 0), engine.close, lambda: engine.sends(0, Template(b"x", ()))):
                with pytest.raises(EngineError, match="under way"):
                    refused()
            engine.stop()
            started.join()

    def test_a_schedule_goes_forward(self):
        with running([0], tell) as (_, engine), pytest.raises(ValueError, match="forward"):
            engine.run([Message(1.0, 0), Message(0.5, 0)], 1)

    @pytest.mark.parametrize("by", [-1, 1, 2**31 - 1])
    def test_a_sender_is_one_of_the_sockets(self, by):
        with running([0], tell) as (_, engine):
            with pytest.raises(EngineError, match="nothing to send"):
                engine.run([Message(0.0, by)], 0.05)
            assert engine.run(even(1), 0.05).complete

    def test_a_sender_has_something_to_send(self):
        one, other = socket.socketpair()
        engine = Engine([one], [0])
        with pytest.raises(EngineError, match="nothing to send"):
            engine.run([Message(0.0, 0)], 0.05)
        engine.close()
        other.close()

    @pytest.mark.parametrize(
        "template",
        [
            Template(b"x" * 100, (0, 10, 20, 30, 40)),
            Template(b"x" * 100, (91,)),
            Template(b"x" * 5, (0,)),
            Template(b"", ()),
        ],
        ids=["five places", "beyond the end", "shorter than a number", "empty"],
    )
    def test_a_template_has_its_numbers_inside(self, template):
        with running([0], tell) as (_, engine), pytest.raises(EngineError, match="four places"):
            engine.sends(0, template)

    def test_a_template_is_for_a_socket_that_is_there(self):
        with running([0], tell) as (_, engine), pytest.raises(IndexError):
            engine.sends(1, Template.of(NUMBER.encode()))

    def test_a_speech_has_to_fit(self):
        with running([0], tell) as (_, engine), pytest.raises(EngineError, match="no room"):
            engine.speaks(Speech(reply=b"x" * 65))

    def test_a_socket_that_cannot_be_watched(self):
        closed = socket.socket()
        closed.close()
        with pytest.raises(EngineError, match="cannot watch"):
            Engine([closed], [0])

    def test_closed_twice_and_used_after(self):
        one, other = socket.socketpair()
        other.close()
        engine = Engine([one], [0])
        engine.close()
        engine.close()
        assert one.fileno() == -1
        for refused in (lambda: engine.run([], 0), engine.progress, lambda: engine.speaks(Speech())):
            with pytest.raises(EngineError, match="closed"):
                refused()

    def test_nothing_to_do(self):
        with contextlib.closing(Engine([], [])) as engine:
            outcome = engine.run([], 0.01)
        assert outcome.complete
        assert (outcome.sent, outcome.deliveries, outcome.last_s) == (0, 0, [])
