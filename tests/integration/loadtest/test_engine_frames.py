"""The engine against servers whose frames are strange, or end: each is survived, and what it cost is noticed.

tests/integration/loadtest/test_engine_builds.py runs this file once more with the engine built for the sanitizers.
"""

from __future__ import annotations

import itertools
import random
import zlib

import pytest

from loadtest.engine import FIRST_NUMBER
from tests.integration.loadtest.rooms import PAIR, close_frame, even, event, fair, frame, reply, run, running

FIFTH = FIRST_NUMBER + 5


class TestFrames:
    def test_byte_by_byte(self):
        def crumble(server, place, number):
            for byte in event(number, b"x" * 200) + reply(number):
                server.send(place, bytes([byte]))

        assert run([0], crumble, count=5, acks=True, grace_s=10).complete

    def test_many_in_one_write_that_ends_in_the_middle_of_one(self):
        waiting = bytearray()

        def gather(server, place, number):
            waiting.extend(event(number))
            cut = len(waiting) if number == FIRST_NUMBER + 19 else len(waiting) - number % 7
            server.send(place, bytes(waiting[:cut]))
            del waiting[:cut]

        assert run([0], gather).complete

    @pytest.mark.parametrize("size", [125, 126, 65_535, 65_536, (1 << 20) - 10, (1 << 20) - 9, 1 << 20, 5 << 20])
    def test_of_any_size(self, size):
        def pad(server, place, number):
            payload = b'{"text":"#%d"}' % number
            server.send(place, frame(payload.ljust(size)) + event(number + 1_000))

        outcome = run([0], pad, count=3, grace_s=20)
        assert outcome.complete
        # What stands behind the last one may come after the end.
        assert outcome.strays >= 2

    def test_one_that_is_too_long_counts_when_its_end_has_come(self):
        def begin_only(server, place, number):
            server.send(place, frame((b"#%d" % number).ljust(3 << 20))[: 2 << 20])

        outcome = run([0], begin_only, count=1)
        assert (outcome.missing, outcome.closed) == (1, 0)

    def test_a_message_in_parts_with_a_ping_between_them(self):
        def part(server, place, number):
            text = b"#%d tail" % number
            server.send(place, frame(text[:4], 0x01) + frame(b"", 0x00) + frame(b"life?", 0x89))
            server.send(place, frame(text[4:7], 0x00) + frame(text[7:], 0x80))

        with running([0], part) as (server, engine):
            assert engine.run(even(5), 0.05).complete
            assert server.heard[0].count((10, b"life?")) == 5

    def test_parts_beyond_a_megabyte(self):
        def part(server, place, number):
            server.send(place, frame((b"#%d" % number).ljust(3 << 20), 0x01))
            server.send(place, frame(b"x" * (1 << 19), 0x00) + frame(b"x" * (1 << 20), 0x00) + frame(b"", 0x80))

        assert run([0], part, count=2, grace_s=20).complete

    @pytest.mark.parametrize("payload", [b"", b"x", b"x" * 125])
    def test_a_ping_is_answered_with_what_it_says(self, payload):
        def ping(server, place, number):
            server.send(place, frame(payload, 0x89) + event(number))

        with running([0], ping) as (server, engine):
            assert engine.run(even(1), 0.1).complete
            assert (10, payload) in server.heard[0]

    def test_a_ping_in_words_is_answered(self):
        def ping(server, place, number):
            server.send(place, frame(b"2") + frame(b"22") + event(number))

        with running([0], ping) as (server, engine):
            assert engine.run(even(1), 0.1).complete
            assert [heard for heard in server.heard[0] if heard == (1, b"3")] == [(1, b"3")]

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(b"\x81\x81\0\0\0\0x", id="masked"),
            pytest.param(b"\x81\x7f" + b"\xff" * 8 + b"x" * 100, id="longer than there are numbers"),
            pytest.param(b"\x81\xff" + b"\x80" + bytes(7), id="masked and too long"),
            pytest.param(frame(b"x" * 126, 0x89), id="a long ping"),
            pytest.param(frame(b"x" * (2 << 20), 0x88), id="a huge close"),
            pytest.param(frame(b"x", 0x09), id="a ping in parts"),
            pytest.param(frame(b"x", 0x80), id="the end of nothing"),
            pytest.param(frame(b"x", 0x01) + frame(b"y", 0x81), id="a beginning within"),
        ],
    )
    def test_what_is_no_frame_of_a_server_ends_the_connection(self, wrong):
        def err(server, place, number):
            # What follows is not read any more, so it may not fit.
            server.ends[place].setblocking(False)
            server.ends[place].send(wrong + event(number))
            server.ended.set()

        outcome = run([0], err, count=1)
        assert (outcome.closed, outcome.close_codes, outcome.missing) == (1, {1002: 1}, 1)

    @pytest.mark.parametrize("seed", range(30))
    def test_noise_is_survived(self, seed):
        dice = random.Random(seed)
        heads = [
            b"\x81\x7e",
            b"\x81\x7f\0\0\0\0\0",
            b"\xc1",
            b"\x01",
            b"\x00",
            b"\x80",
            b"\x89",
            b"\x88",
            b"#1000000000",
        ]

        def noise(server, place, number):
            server.ends[place].setblocking(False)
            for _ in range(50):
                part = dice.choice(heads) + dice.randbytes(dice.choice([0, 1, 5, 200, 5_000]))
                try:
                    server.ends[place].send(frame(part, dice.choice([0x81, 0x01, 0x00, 0x80, 0xC1])))
                    server.ends[place].send(part if dice.random() < 0.1 else event(number))
                except BlockingIOError:
                    return

        run([0, 0], noise, count=5, grace_s=0.05, number_of=lambda payload, binary: len(payload))


class TestEnds:
    def test_a_close_frame_tells_why(self):
        def close(server, place, number):
            fair(server, place, number)
            if number == FIFTH:
                server.send(1, close_frame(4008) + event(number + 1))

        outcome = run(PAIR, close)
        assert (outcome.closed, outcome.close_codes) == (1, {4008: 1})
        assert outcome.missing == 14
        assert not outcome.complete

    def test_a_close_frame_without_a_code(self):
        outcome = run([0], lambda server, place, number: server.send(place, frame(b"", 0x88)), count=1)
        assert outcome.close_codes == {1: 1}

    def test_a_socket_that_ends(self):
        def end(server, place, number):
            server.ends[place].close()

        outcome = run([0], end, count=5)
        assert (outcome.closed, outcome.close_codes) == (1, {1: 1})
        assert outcome.missing == outcome.sent

    def test_the_code_is_read_though_sending_failed_before(self):
        with running([0], fair) as (server, engine):
            server.end()
            server.send(0, close_frame(4000))
            server.ends[0].close()
            outcome = engine.run(even(3, apart_s=0), 0.05, grace_s=0.2)
        assert outcome.close_codes == {4000: 1}

    def test_who_is_gone_stays_gone_in_the_next_run(self):
        with running(PAIR, fair) as (server, engine):
            server.send(1, close_frame(1001))
            engine.run(even(3), 0.05, grace_s=0.2)
            outcome = engine.run(even(3), 0.05, grace_s=0.2)
        assert (outcome.closed, outcome.missing) == (1, 3)

    def test_when_all_are_gone_there_is_nothing_to_wait_for(self):
        def close(server, place, number):
            server.tell_all(place, close_frame(4000))

        with running(PAIR, close) as (_, engine):
            outcome = engine.run(even(100, apart_s=1), 100, grace_s=100)
        assert outcome.took_s < 50
        assert (outcome.sent, outcome.expected, outcome.missing) == (1, 2, 2)


class TestCompression:
    def compressed(self, number: int, flavour: bytes = b"") -> bytes:
        packer = zlib.compressobj(wbits=-15)
        data = packer.compress(b"#%d %b" % (number, flavour)) + packer.flush(zlib.Z_SYNC_FLUSH)
        return frame(data.removesuffix(b"\0\0\xff\xff"), 0xC1)

    def test_each_payload_is_unpacked_once(self):
        asked: list[bytes] = []

        def number_of(payload, binary):
            asked.append(payload)
            assert not binary
            return int(zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff")[1:11])

        outcome = run(
            [0] * 8,
            lambda server, place, number: server.tell_all(place, self.compressed(number)),
            number_of=number_of,
        )
        assert outcome.complete
        assert len(asked) == 20

    def test_without_anybody_to_unpack_everything_is_missing(self):
        outcome = run([0], lambda server, place, number: server.send(place, self.compressed(number)))
        assert (outcome.missing, outcome.strays) == (20, 0)

    @pytest.mark.parametrize("answer", [-1, -(2**63), 2**63 - 1])
    def test_any_number_may_be_answered(self, answer):
        outcome = run(
            [0],
            lambda server, place, number: server.send(place, self.compressed(number)),
            number_of=lambda payload, binary: answer,
        )
        assert outcome.missing == 20

    def test_what_unpacking_raises_ends_the_run_and_is_raised_and_the_next_run_is_sound(self):
        answers = itertools.chain([ValueError("no such thing")], itertools.repeat(-1))

        def number_of(payload, binary):
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        def once(server, place, number):
            server.send(place, self.compressed(number) if number == FIRST_NUMBER else event(number))

        with running([0], once, number_of) as (_, engine):
            with pytest.raises(ValueError, match="no such thing"):
                engine.run(even(3, apart_s=10), 30, grace_s=30)
            assert engine.run(even(3), 0.05).complete

    @pytest.mark.parametrize("parts", [False, True])
    def test_a_compressed_message_beyond_a_megabyte_ends_the_connection(self, parts):
        def flood(server, place, number):
            if parts:
                server.send(place, frame(b"x" * 600_000, 0x41))
            server.ends[place].setblocking(False)
            server.ends[place].send(frame(b"x" * (600_000 if parts else 1 << 20), 0x80 if parts else 0xC1))
            server.ended.set()

        with running([0], flood) as (server, engine):
            # The rest of what does not fit the socket at once is of no interest: the head says it all.
            server.ends[0].setsockopt(1, 7, 4 << 20)
            outcome = engine.run(even(1), 0.05, grace_s=1)
        assert outcome.close_codes == {1009: 1}
