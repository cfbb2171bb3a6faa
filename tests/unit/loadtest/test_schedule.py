"""Who sends when, and how many may."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from loadtest.errors import LoadError
from loadtest.schedule import schedule, senders_per_room


class TestSchedule:
    def test_a_room_has_its_rate_evenly_and_its_senders_take_turns(self):
        messages = schedule([[3, 5]], rate=20, duration_s=30)
        assert len(messages) == 600
        assert [each.at_s for each in messages[:3]] == [0.0, 0.05, 0.1]
        assert [each.by for each in messages[:4]] == [3, 5, 3, 5]
        assert messages[-1].at_s < 30

    def test_rooms_speak_one_after_another(self):
        messages = schedule([[0], [1], [2]], rate=10, duration_s=1)
        assert [each.by for each in messages[:4]] == [0, 1, 2, 0]
        assert Counter(each.by for each in messages) == {0: 10, 1: 10, 2: 10}
        assert all(one.at_s < other.at_s for one, other in pairwise(messages))

    def test_a_room_in_which_nobody_is_stays_silent(self):
        assert {each.by for each in schedule([[0], [], [2]], rate=10, duration_s=1)} == {0, 2}

    @pytest.mark.parametrize(("rate", "duration_s"), [(0.1, 1), (20, 0.001)])
    def test_there_is_one_message_at_least(self, rate, duration_s):
        assert [each.at_s for each in schedule([[0]], rate=rate, duration_s=duration_s)] == [0.0]


class TestSenders:
    @pytest.mark.parametrize(
        ("rate", "members", "wanted", "senders"),
        [
            pytest.param(20, 500, None, 10, id="ten unless told otherwise"),
            pytest.param(20, 3, None, 3, id="all of a small room"),
            pytest.param(1_000, 500, None, 20, id="half of what each may"),
            pytest.param(900, 10, None, 10, id="up to what each may"),
            pytest.param(1_000, 10, None, 10, id="exactly what all may"),
            pytest.param(20, 500, 1, 1, id="as many as asked for"),
            pytest.param(250, 500, 1, 3, id="raised where the rate needs it"),
        ],
    )
    def test_are_as_many_as_it_takes(self, rate, members, wanted, senders):
        assert senders_per_room(rate=rate, members=members, requests_per_s=100, wanted=wanted) == senders

    def test_a_rate_beyond_what_the_server_admits_is_refused(self):
        with pytest.raises(LoadError, match="5 clients of a room can send 500 messages/s"):
            senders_per_room(rate=501, members=5, requests_per_s=100)
        with pytest.raises(LoadError, match="1 client of a room can send 50 messages/s"):
            senders_per_room(rate=51, members=1, requests_per_s=50)

    def test_more_senders_than_clients_are_refused(self):
        with pytest.raises(LoadError, match="--senders 6 is more than the 5 clients"):
            senders_per_room(rate=1, members=5, requests_per_s=100, wanted=6)
