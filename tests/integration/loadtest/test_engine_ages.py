"""Dated data: how old it is as it comes, how old on average what a reader has in hand, and who gets none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from loadtest.engine import Engine, EngineError, Outcome
from tests.integration.loadtest.rooms import PAIR, SPEECH, Rooms, even, event, fair, frame, running

STAMP = b'"at":'
OLD_S = 2.0


def dated(old_s: float = 0.0) -> bytes:
    """Data made so long ago, which has a '#' and no number as well."""
    at_ms = (time.time() - old_s) * 1000
    return frame(b'{"op":"event","data":{%s%d,"state":{"colour":"#fff"}}}' % (STAMP, at_ms))


@contextmanager
def watching() -> Iterator[tuple[Rooms, Engine]]:
    with running(PAIR, fair) as (server, engine):
        engine.speaks(replace(SPEECH, stamp=STAMP))
        yield server, engine


def told(server: Rooms, engine: Engine, *parts: tuple[float, int, bytes], length_s: float = 0.5) -> Outcome:
    """A run in which the server says each part when it is time, to the place."""
    timers = [threading.Timer(at_s, server.send, (place, data)) for at_s, place, data in parts]
    for timer in timers:
        timer.start()
    try:
        return engine.run([], length_s)
    finally:
        for timer in timers:
            timer.join()


def test_data_is_as_old_as_it_says_when_it_comes():
    with watching() as (server, engine):
        server.send(0, dated(OLD_S))
        server.send(1, dated(OLD_S))
        outcome = engine.run([], 0.05)
    assert (outcome.ages.total, outcome.uninformed) == (2, 0)
    assert OLD_S <= outcome.ages.quantile(0.5) < OLD_S * 1.5


def test_what_a_reader_has_in_hand_ages_until_something_newer_comes():
    with watching() as (server, engine):
        # Of 2 s as it comes and of 2.3 s as it goes; then of none, which nothing follows.
        outcome = told(server, engine, (0.1, 0, dated(OLD_S - 0.1)), (0.4, 0, dated()))
    assert OLD_S + 0.1 <= outcome.held_age_s < OLD_S + 0.5


def test_who_got_nothing_dated_is_counted():
    with watching() as (server, engine):
        server.send(0, dated())
        server.send(1, event(1))
        outcome = engine.run([], 0.05)
    assert outcome.uninformed == 1


def test_a_run_forgets_what_came_before_it():
    with watching() as (server, engine):
        server.send(0, dated(OLD_S))
        engine.run([], 0.05)
        outcome = engine.run([], 0.05)
    assert (outcome.ages.total, outcome.held_age_s, outcome.uninformed) == (0, 0.0, 2)


@pytest.mark.parametrize("text", [b'{"at":null}', b'{"at":176}', b'{"at":'])
def test_what_has_no_time_behind_the_mark_is_not_dated(text):
    with watching() as (server, engine):
        server.send(0, frame(text))
        outcome = engine.run([], 0.05)
    assert (outcome.ages.total, outcome.strays) == (0, 0)


def test_messages_beside_it_count_as_ever():
    with watching() as (server, engine):
        server.send(0, dated())
        outcome = engine.run(even(5), 0.05)
    assert outcome.complete
    assert (outcome.deliveries, outcome.ages.total) == (10, 1)


def test_a_mark_too_long_for_it_is_refused():
    with running(PAIR, fair) as (_, engine), pytest.raises(EngineError, match="begin in so many bytes"):
        engine.speaks(replace(SPEECH, stamp=b"x" * 33))
