"""The engine's books, against servers that lose, double, swap and refuse messages: each is noticed.

tests/integration/loadtest/test_engine_builds.py runs this file once more with the engine built for the sanitizers.
"""

from __future__ import annotations

import pytest

from loadtest.engine import FIRST_NUMBER
from tests.integration.loadtest.rooms import PAIR, even, event, fair, frame, reply, run, running

FIFTH = FIRST_NUMBER + 5


class TestASoundServer:
    def test_everything_is_counted_and_timed(self):
        outcome = run([0, 0, 0], fair, acks=True)
        assert outcome.complete
        assert (outcome.sent, outcome.acknowledged, outcome.refused) == (20, 20, 0)
        assert (outcome.deliveries, outcome.expected, outcome.strays) == (60, 60, 0)
        assert (outcome.latency.total, outcome.acks.total) == (60, 20)
        assert 0 < outcome.latency.quantile(0.5) <= outcome.latency.quantile(1) < 5
        assert all(0 < last < 5 for last in outcome.last_s)
        assert 0 < outcome.last_delivery_s <= outcome.took_s
        assert 0 < outcome.cpu_s <= outcome.took_s
        assert outcome.bytes_in > 60 * len(event(FIFTH))

    def test_rooms_are_kept_apart(self):
        with running([0, 1, 0, 1, 1], fair) as (_, engine):
            outcome = engine.run(even(20, senders=[0, 1]), 0.05)
        assert outcome.complete
        assert outcome.deliveries == outcome.expected == 10 * 2 + 10 * 3

    def test_a_second_run_counts_from_zero_and_takes_late_messages_of_the_first_for_strays(self):
        late: list[int] = []

        def hold_the_fifth(server, place, number):
            if number == FIFTH:
                late.append(number)
                return
            if late and number >= FIRST_NUMBER + 20:
                server.tell_all(place, event(late.pop()))
            server.tell_all(place, event(number))

        with running(PAIR, hold_the_fifth) as (_, engine):
            first = engine.run(even(20), 0.05, grace_s=0.2)
            second = engine.run(even(20), 0.05)
        assert (first.missing, first.strays) == (2, 0)
        assert (second.missing, second.strays, second.deliveries) == (0, 2, 40)
        assert second.complete

    def test_what_it_said_before_the_run_is_read(self):
        with running(PAIR, fair) as (server, engine):
            server.send(0, frame(b"early", 0x89))
            outcome = engine.run(even(3), 0.02)
            assert (outcome.complete, outcome.pongs) == (True, 1)
            assert (10, b"early") in server.heard[0]

    def test_a_server_that_reads_late_gets_everything(self):
        with running([0], fair) as (server, engine):
            # The socket holds some of it, the engine the rest.
            outcome = engine.run(even(20_000, apart_s=0), 0.05, grace_s=30)
            assert outcome.complete
            assert len(server.heard[0]) == 20_000


class TestWhatIsLost:
    def test_a_delivery_that_does_not_come_is_missing(self):
        def drop(server, place, number):
            server.send(0, event(number))
            if number != FIFTH:
                server.send(1, event(number))

        outcome = run(PAIR, drop)
        assert (outcome.missing, outcome.doubled, outcome.deliveries, outcome.expected) == (1, 0, 39, 40)
        assert not outcome.complete

    def test_a_delivery_that_comes_twice_is_doubled(self):
        def double(server, place, number):
            fair(server, place, number)
            if number == FIFTH:
                server.send(1, event(number))

        outcome = run(PAIR, double)
        assert (outcome.missing, outcome.doubled) == (0, 1)
        assert not outcome.complete

    def test_twice_for_one_does_not_make_up_for_another(self):
        def mistake(server, place, number):
            server.send(0, event(number))
            server.send(0 if number == FIFTH else 1, event(number))

        outcome = run(PAIR, mistake)
        assert (outcome.missing, outcome.doubled) == (1, 1)

    def test_a_delivery_into_another_room_is_misplaced(self):
        def swap(server, place, number):
            server.send(1 - place if number == FIFTH else place, event(number))

        outcome = run([0, 1], swap)
        assert (outcome.missing, outcome.doubled, outcome.misplaced) == (1, 0, 1)
        assert not outcome.complete

    def test_another_order_for_one_is_noticed(self):
        def swap(server, place, number):
            server.send(0, event(number))
            if number != FIFTH:
                server.send(1, event(number))
            if number == FIFTH + 1:
                server.send(1, event(FIFTH))

        outcome = run(PAIR, swap)
        assert (outcome.missing, outcome.doubled, outcome.disordered) == (0, 0, 1)
        assert not outcome.complete

    def test_numbers_nobody_sent_are_strays(self):
        def babble(server, place, number):
            for wrong in (0, FIRST_NUMBER - 1, FIRST_NUMBER + 20, 9_999_999_999):
                server.send(place, frame(b"#%010d" % wrong))
            server.send(place, frame(b"#12 #123456789 # #%d" % number))
            server.send(place, frame(b"#123456789x"))
            server.send(place, frame(b"#"))
            server.send(place, frame(b""))

        outcome = run([0], babble)
        assert outcome.complete
        assert outcome.strays == 80

    def test_answers_that_do_not_come_are_not_counted(self):
        def deaf(server, place, number):
            server.tell_all(place, event(number))
            if number != FIFTH:
                server.send(place, reply(number))
            server.send(1, reply(number))  # to somebody who asked for nothing
            server.send(place, frame(b'{"op":"reply","id":'))

        outcome = run(PAIR, deaf, acks=True)
        assert outcome.complete
        assert (outcome.sent, outcome.acknowledged) == (20, 19)


class TestRefusals:
    def error(self, number: int) -> bytes:
        return frame(b'{"op":"error","code":"muted","id":%d}' % number)

    def test_a_message_that_is_refused_is_not_waited_for(self):
        def refuse(server, place, number):
            if number == FIFTH:
                server.send(place, self.error(number))
                server.send(place, self.error(number))
            else:
                fair(server, place, number)

        outcome = run(PAIR, refuse, acks=True, grace_s=60)
        assert outcome.complete
        assert (outcome.refused, outcome.acknowledged, outcome.expected) == (2, 19, 38)
        assert outcome.first_error == '{"op":"error","code":"muted","id":1000000005}'
        assert outcome.took_s < 30

    @pytest.mark.parametrize("first", [True, False])
    def test_one_that_is_refused_and_comes_all_the_same_is_expected_by_everybody(self, first):
        def both(server, place, number):
            if number != FIFTH:
                fair(server, place, number)
                return
            frames = [self.error(number), event(number)]
            for each in frames if first else reversed(frames):
                server.send(0, each)

        outcome = run(PAIR, both)
        assert (outcome.missing, outcome.doubled, outcome.expected) == (1, 0, 40)

    def test_a_long_refusal_is_cut(self):
        def refuse(server, place, number):
            server.send(place, frame(b'{"op":"error","message":"' + b"x" * 5_000 + b'","id":%d}' % number))

        outcome = run([0], refuse, count=1)
        assert len(outcome.first_error) == 511
        assert (outcome.refused, outcome.expected) == (1, 0)
