"""The demo's scripts: how they are read, when things were said, and what bots say."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from chat.demo.cast import BOT_ROOMS, ROOMS
from chat.demo.repartee import Repartee, read_exchanges, typing_s
from chat.demo.script import Deletion, Edition, Line, Reading, Reporting, read_script, timed

NOW = datetime(2026, 3, 4, 15, 30, 12, tzinfo=UTC)
SCRIPT = """
day 2
10:20 demo #sheet: Where is the sheet?
| Or the list?
~ 10:21 edit #sheet: Where is the list?
10:22 ines >sheet: Next to the helmet.
~ 10:25 delete #sheet
~ 10:26 report ines #sheet other: It is on paper.

today
-5 sam: Here.
~ -4 read demo guest
"""
EXCHANGES = """
# general

a: One?
b: Two.

a: Alone.

# answers

a: Yes.

a: No.
"""


def test_a_script_says_who_said_what_and_what_became_of_it():
    post, edition, reply, deletion, report, here, reading = read_script(SCRIPT)
    assert isinstance(post, Line)
    assert (post.author, post.name, post.text) == ("demo", "sheet", "Where is the sheet?\nOr the list?")
    assert isinstance(edition, Edition)
    assert (edition.name, edition.text) == ("sheet", "Where is the list?")
    assert isinstance(reply, Line)
    assert (reply.author, reply.reply_to) == ("ines", "sheet")
    assert isinstance(deletion, Deletion)
    assert isinstance(report, Reporting)
    assert (report.author, report.name, report.reason, report.note) == ("ines", "sheet", "other", "It is on paper.")
    assert isinstance(here, Line)
    assert isinstance(reading, Reading)
    assert reading.users == ("demo", "guest")


@pytest.mark.parametrize(
    "row", ["10:20 demo says nothing", "~ 10:20 shout #sheet", "| more of nothing", "10:20 demo: before any day"]
)
def test_a_line_that_is_none_is_named_by_its_number(row):
    with pytest.raises(ValueError, match="Line 1 of the script"):
        read_script(row)


@pytest.mark.parametrize("script", ["today\n10:20 demo: x", "day 1\n-5 demo: x"])
def test_a_time_of_another_day_is_refused(script):
    with pytest.raises(ValueError, match="is no time of this day"):
        read_script(script)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.slug)
def test_the_demos_own_scripts_go_forward_and_end_before_now(room):
    moments = [moment for moment, _ in timed(read_script(room.script), NOW)]
    assert all(earlier < later for earlier, later in itertools.pairwise(moments))
    assert NOW - timedelta(days=8) < moments[0] < moments[-1] < NOW


def test_a_script_is_told_at_its_time_of_day_in_the_zone_of_who_looks():
    (moment, _), *_rest = timed(read_script(SCRIPT), NOW)
    assert (NOW.date() - moment.date(), moment.hour, moment.minute) == (timedelta(days=2), 10, 20)


def test_exchanges_are_read_by_part():
    parts = read_exchanges(EXCHANGES)
    assert parts["general"] == [(("a", "One?"), ("b", "Two.")), (("a", "Alone."),)]
    assert len(parts["answers"]) == 2


def test_a_line_without_a_speaker_is_refused():
    with pytest.raises(ValueError, match="begins with who speaks"):
        read_exchanges("# general\n\nnobody says this")


def test_an_exchange_gives_each_part_to_a_bot_of_its_own():
    repartee = Repartee(read_exchanges(EXCHANGES), random.Random(1))
    said = [repartee.exchange("general", ["pip-bot", "juno-bot"]) for _ in range(2)]
    (talk,) = [turns for turns in said if len(turns) == 2]
    assert sorted(turn.bot for turn in talk) == ["juno-bot", "pip-bot"]


def test_one_bot_alone_says_only_what_one_can_say():
    repartee = Repartee(read_exchanges(EXCHANGES), random.Random(1))
    assert {repartee.exchange("general", ["pip-bot"])[0].text for _ in range(5)} == {"Alone."}


def test_nothing_is_said_twice_before_everything_was_said():
    repartee = Repartee(read_exchanges(EXCHANGES), random.Random(1))
    answers = [repartee.answer("pip-bot").text for _ in range(4)]
    assert {*answers[:2]} == {*answers[2:]} == {"Yes.", "No."}


def test_bots_have_something_to_say_wherever_they_talk():
    repartee = Repartee.of_the_demo(random.Random(1))
    for room in BOT_ROOMS:
        assert repartee.exchange(room, ["pip-bot", "juno-bot"])
        assert repartee.exchange(room, ["pip-bot"])
    assert repartee.answer("pip-bot").text


def test_a_bot_types_longer_for_more_and_never_too_long():
    assert 1 <= typing_s("Hi") < typing_s("A longer line than that") <= typing_s("x" * 1_000) <= 6
