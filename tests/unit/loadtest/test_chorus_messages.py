"""What Chorus is sent."""

from __future__ import annotations

import json
import uuid

from loadtest.chorus import ChorusDialect


def test_a_post_to_chorus_is_one_of_the_protocol():
    frame = ChorusDialect([]).message("loadtest", 64).numbered(1_000_000_007)
    post = json.loads(frame[frame.index(b"{") :])
    assert (post["op"], post["topic"], post["event"]) == ("send", "chat/loadtest", "message.post")
    assert post["id"] == 1_000_000_007
    assert post["data"]["text"].startswith("#1000000007 the quick")
    assert str(uuid.UUID(post["key"])) == post["key"]
    assert post["key"].endswith("1000000007")


def test_two_runs_take_other_keys():
    assert ChorusDialect([]).message("a", 64) != ChorusDialect([]).message("a", 64)
