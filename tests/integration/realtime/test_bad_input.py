"""What no client should send: each is answered exactly, its request is named, and the connection lives on.

One connection a shape takes a whole table, so that what one frame breaks the next ones show.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.realtime.sockets import Hall, Sock, open_hall, sock

FRAME_BYTES = 65_536
MESSAGE_BYTES_MAX = 1_048_576
ID_MAX = 2**53 - 1
LONE = "\\ud800"
Answer = tuple[str | None, str | None, int | None]
"""The code, the field and the id of an error."""

SECRET = """
room["secret"] = room_create(owner=user["ben"], slug="secret-of-ben-{number}", name="Secret", visibility="private")
room_archive(room=room["archived"], by=None)
"""


@pytest.fixture(scope="module")
def hall(chorus) -> Hall:
    more = SECRET.format(number=uuid.uuid4().hex[:8])
    return open_hall(chorus, "ada ben", "open archived", more)


@pytest.fixture
async def ada(hall):
    """Subscribed to the open and to the archived room."""
    async with hall.sock("ada") as one:
        for room in ("open", "archived"):
            await one.done("subscribe", topic=hall.topic(room))
        yield one


async def refused_as_told(one: Sock, cases: Mapping[str, tuple[Any, Answer]]) -> None:
    """Send one after another, with a ping behind each; each is answered as its case says."""
    found: dict[str, Answer] = {}
    for name, (frame, _) in cases.items():
        await one.put(frame)
        error = await one.next()
        assert error["op"] == "error", (name, error)
        # Long input is not repeated to whom it came from.
        assert len(error["message"]) < 300, name
        found[name] = (error["code"], error.get("field"), error.get("id"))
        await one.pong()
    assert found == {name: answer for name, (_, answer) in cases.items()}


async def test_what_is_no_frame_is_answered_and_the_connection_lives(hall, ada):
    cases: dict[str, tuple[Any, Answer]] = {
        "nothing": ("", ("bad_frame", None, None)),
        "no JSON": ("{", ("bad_frame", None, None)),
        "words": ("hello", ("bad_frame", None, None)),
        "two frames in one": ('{"op":"ping"}{"op":"ping"}', ("bad_frame", None, None)),
        "not a number of JSON's": ('{"op":"unsubscribe","id":NaN,"topic":"x"}', ("bad_frame", None, None)),
        "a list": ("[]", ("bad_frame", None, None)),
        "a string": ('"ping"', ("bad_frame", None, None)),
        "null": ("null", ("bad_frame", None, None)),
        "5,000 brackets": ("[" * 5_000, ("bad_frame", None, None)),
        "5,000 brackets, closed": ("[" * 5_000 + "]" * 5_000, ("bad_frame", None, None)),
        "5,000 brackets in a request": (
            '{"op":"send","id":11,"topic":"x","event":"e","data":' + "[" * 5_000 + "]" * 5_000 + "}",
            ("bad_frame", None, 11),
        ),
        "65 levels": ('{"op":"ping","id":12,"x":' + "[" * 64 + "]" * 64 + "}", ("bad_frame", None, 12)),
        "binary nonsense": (b"\x00\xff\xfe\x01", ("bad_frame", None, None)),
        "no op": ('{"id":13}', ("bad_frame", "op", 13)),
        "an op that is a number": ('{"op":7,"id":14}', ("bad_frame", "op", 14)),
        "an op that is unknown": ('{"op":"fly","id":15}', ("unknown_op", "op", 15)),
        "an op of the server's": ('{"op":"reply","id":16,"data":{}}', ("unknown_op", "op", 16)),
        "a long op": (json.dumps({"op": "o" * 60_000, "id": 17}), ("unknown_op", "op", 17)),
        "a byte too many": ("x" * (FRAME_BYTES + 1), ("too_large", None, None)),
        "a byte too many around a request": (
            '{"op":"unsubscribe","id":18,"topic":"x"}'.ljust(FRAME_BYTES + 1),
            ("too_large", None, 18),
        ),
        "a byte too many in characters of three": (
            json.dumps("€" * 21_845, ensure_ascii=False),
            ("too_large", None, None),
        ),
        "as large as a message may be": ("x" * MESSAGE_BYTES_MAX, ("too_large", None, None)),
    }
    await refused_as_told(ada, cases)
    await ada.lives(hall.topic("open"))


async def test_what_is_the_wrong_shape_is_answered_with_its_field_and_id(hall, ada):
    cases: dict[str, tuple[str, Answer]] = {
        "an unknown field": ('{"op":"ping","x":1}', ("bad_frame", "x", None)),
        "an unknown field of a request": (
            '{"op":"unsubscribe","id":11,"topic":"x","tpoic":"y"}',
            ("bad_frame", "tpoic", 11),
        ),
        "a topic that is a number": ('{"op":"subscribe","id":12,"topic":7}', ("bad_frame", "topic", 12)),
        "a topic that is null": ('{"op":"unsubscribe","id":13,"topic":null}', ("bad_frame", "topic", 13)),
        "no topic": ('{"op":"subscribe","id":14}', ("bad_frame", "topic", 14)),
        "no event": ('{"op":"send","id":15,"topic":"x","data":{}}', ("bad_frame", "event", 15)),
        "no data": ('{"op":"send","id":16,"topic":"x","event":"e"}', ("bad_frame", "data", 16)),
        "no token": ('{"op":"auth","id":17}', ("bad_frame", "token", 17)),
        "params that are a list": ('{"op":"subscribe","id":18,"topic":"x","params":[]}', ("bad_frame", "params", 18)),
        "no id": ('{"op":"subscribe","topic":"x"}', ("bad_frame", "id", None)),
        "an id that is text": ('{"op":"unsubscribe","id":"1","topic":"x"}', ("bad_frame", "id", None)),
        "an id that is a fraction": ('{"op":"unsubscribe","id":1.5,"topic":"x"}', ("bad_frame", "id", None)),
        "an id that is negative": ('{"op":"unsubscribe","id":-1,"topic":"x"}', ("bad_frame", "id", None)),
        "an id that is too large": (f'{{"op":"unsubscribe","id":{ID_MAX + 1},"topic":"x"}}', ("bad_frame", "id", None)),
        "an id that is huge": (f'{{"op":"unsubscribe","id":{2**80},"topic":"x"}}', ("bad_frame", "id", None)),
        "a key that is none": (
            '{"op":"send","id":19,"topic":"x","event":"e","data":{},"key":"mine"}',
            ("invalid", "key", 19),
        ),
        "a since that is a number": ('{"op":"subscribe","id":20,"topic":"x","since":5}', ("bad_frame", "since", 20)),
        "a since without an epoch": (
            '{"op":"subscribe","id":21,"topic":"x","since":{"seq":1}}',
            ("bad_frame", "since.epoch", 21),
        ),
        "a since with more": (
            '{"op":"subscribe","id":22,"topic":"x","since":{"seq":1,"epoch":"e","at":2}}',
            ("bad_frame", "since.at", 22),
        ),
        "the largest id there is, without a subscription": (
            f'{{"op":"unsubscribe","id":{ID_MAX},"topic":"x"}}',
            ("not_subscribed", None, ID_MAX),
        ),
    }
    await refused_as_told(ada, cases)
    await ada.lives(hall.topic("open"))


def send(topic: str, data: Any, *, id: int | None = 1, event: str = "message.post", **more: Any) -> str:
    frame = {"op": "send", "id": id, "topic": topic, "event": event, "data": data, **more}
    return json.dumps({name: value for name, value in frame.items() if value is not None})


async def test_what_cannot_be_posted_is_answered_and_nothing_is_stored(hall, ada):
    topic = hall.topic("open")
    before = (await ada.done("subscribe", topic=topic))["seq"]
    text = {"text": "x"}
    cases: dict[str, tuple[str, Answer]] = {
        "no text": (send(topic, {}), ("invalid", "text", 1)),
        "an empty text": (send(topic, {"text": ""}), ("invalid", "text", 1)),
        "white space": (send(topic, {"text": " \n\t\u2003"}), ("invalid", "text", 1)),
        "4,001 characters": (send(topic, {"text": "x" * 4_001}), ("invalid", "text", 1)),
        "4,001 characters of four bytes": (send(topic, {"text": "😀" * 4_001}), ("invalid", "text", 1)),
        "NUL": (send(topic, {"text": "a\0b"}), ("invalid", "text", 1)),
        "a lone surrogate": (send(topic, text).replace('"x"', f'"{LONE}"'), ("invalid", "text", 1)),
        "surrogates in the wrong order": (send(topic, text).replace('"x"', r'"\udc00\ud800"'), ("invalid", "text", 1)),
        "a lone surrogate in a topic": (
            f'{{"op":"subscribe","id":2,"topic":"chat/{LONE}"}}',
            ("invalid", "topic", 2),
        ),
        "a text that is a number": (send(topic, {"text": 7}), ("invalid", "text", 1)),
        "data that is a list": (send(topic, []), ("invalid", "data", 1)),
        "an unknown field": (send(topic, {**text, "colour": "red"}), ("invalid", "colour", 1)),
        "an answer to nothing": (send(topic, {**text, "reply_to": 2**53 - 1}), ("invalid", "reply_to", 1)),
        "an answer to a negative": (send(topic, {**text, "reply_to": -1}), ("invalid", "reply_to", 1)),
        "an edit of nothing": (send(topic, {"id": 2**53 - 1, **text}, event="message.edit"), ("not_found", None, 1)),
        "a deletion of a huge number": (send(topic, {"id": 2**63}, event="message.delete"), ("invalid", "id", 1)),
        "an event that is unknown": (send(topic, text, event="message.fly"), ("invalid", "event", 1)),
        "a long event that is unknown": (send(topic, text, event="\u0001" * 10_000), ("invalid", "event", 1)),
        "no id where a reply is due": (send(topic, text, id=None), ("invalid", "id", None)),
        "an archived room": (send(hall.topic("archived"), text), ("forbidden", None, 1)),
        "a room without a subscription": (send(hall.topic("secret"), text), ("not_subscribed", None, 1)),
        "a topic there is not": (send("no/such/topic", text), ("not_subscribed", None, 1)),
    }
    await refused_as_told(ada, cases)
    assert (await ada.done("subscribe", topic=topic))["seq"] == before
    assert (await ada.post(topic, "Hello"))["seq"] == before + 1


async def test_what_one_may_not_see_is_answered_like_what_is_not_there(hall, ada):
    refusals = [
        await ada.ask("subscribe", topic=topic)
        for topic in (hall.topic("secret"), "chat/there-is-no-such-room", "no/such/topic", "", "chat/", "x" * 60_000)
    ]
    told = [{name: value for name, value in refusal.items() if name != "id"} for refusal in refusals]
    assert told[0]["code"] == "not_found"
    assert told == [told[0]] * len(told)
    await ada.lives(hall.topic("open"))


async def test_a_key_with_the_same_text_is_a_duplicate_and_with_another_a_conflict(hall, ada):
    topic, key = hall.topic("open"), str(uuid.uuid4())
    first = await ada.post(topic, "once", key=key)
    again = await ada.post(topic, "once", key=key)
    other = await ada.ask("send", topic=topic, event="message.post", data={"text": "twice"}, key=key.upper())
    assert first["duplicate"] is False
    assert again == {**first, "duplicate": True}
    assert (other["op"], other["code"], other["retryable"]) == ("error", "conflict", False)
    await ada.pong()
    assert len([event for event in ada.events(topic) if event["data"].get("key") == key]) == 1
    assert (await ada.post(topic, "twice", key=str(uuid.uuid4())))["seq"] == first["seq"] + 1


@pytest.mark.parametrize("seq", [-1, 2**53, 2**63, 2**80, 1.5, "7", None])
async def test_a_seq_that_cannot_be_is_refused(hall, ada, seq):
    code = "invalid" if isinstance(seq, int) else "bad_frame"
    answer = await ada.ask("subscribe", topic=hall.topic("open"), since={"epoch": "any", "seq": seq})
    assert (answer["op"], answer["code"], answer["field"]) == ("error", code, "since.seq")
    await ada.lives(hall.topic("open"))


async def test_a_since_that_cannot_be_served_gets_a_fresh_snapshot(hall, ada):
    topic = hall.topic("open")
    posted = await ada.post(topic, "something")
    now = await ada.done("subscribe", topic=topic)
    for epoch, seq in [
        ("another", 1),
        ("", 0),
        ("x" * 10_000, 1),
        (now["epoch"], now["seq"] + 1),
        (now["epoch"], ID_MAX),
    ]:
        state = await ada.done("subscribe", topic=topic, since={"epoch": epoch, "seq": seq})
        assert (state["recovered"], state["events"], state["epoch"], state["seq"]) == (
            *(False, []),
            *(now["epoch"], now["seq"]),
        )
        assert posted["id"] in [message["id"] for message in state["snapshot"]["messages"]]


async def test_the_id_of_an_unanswered_request_is_refused_and_named(hall, ada):
    topic = hall.topic("open")
    seen: set[tuple[object, ...]] = set()
    for _ in range(3):
        # Twenty in one go: the first waits for its commit while others are read, unless this machine is busy elsewhere.
        await asyncio.gather(*(ada.put(send(topic, {"text": f"post {n}"}, id=900)) for n in range(20)))
        got = [await ada.until(lambda frame: frame.get("id") == 900) for _ in range(20)]
        seen |= {(frame["op"], frame.get("code"), frame.get("field")) for frame in got}
        if ("error", "bad_frame", "id") in seen:
            break
    assert seen == {("error", "bad_frame", "id"), ("reply", None, None)}
    # Answered, it may be used again.
    await ada.put(send(topic, {"text": "again"}, id=900))
    assert (await ada.until(lambda frame: frame.get("id") == 900))["op"] == "reply"


async def test_a_message_of_two_mebibytes_ends_that_connection_alone(hall, ada):
    async with hall.sock("ada") as other:
        await ada.put("x" * 2 * MESSAGE_BYTES_MAX)
        # Daphne drops it without a word.
        assert await ada.ended() == (1006 if hall.server.shape.server == "daphne" else 1009)
        await other.lives(hall.topic("open"))


async def test_nothing_but_auth_is_heard_before_it(hall):
    async with sock(hall.server) as nobody:
        refused = [
            await nobody.ask("subscribe", topic=hall.topic("open")),
            await nobody.ask("send", topic=hall.topic("open"), event="message.post", data={"text": "x"}),
            await nobody.ask("unsubscribe", topic=hall.topic("open")),
        ]
        assert [answer["code"] for answer in refused] == ["unauthenticated"] * 3
        await nobody.pong()
        # A bad frame is none of the ways to fail it.
        await refused_as_told(
            nobody, {"a token that is a number": ('{"op":"auth","id":1,"token":7}', ("bad_frame", "token", 1))}
        )
        await nobody.done("auth", token=hall.tokens["ada"])
        await nobody.lives(hall.topic("open"))


async def test_the_token_of_another_changes_nothing(hall, ada):
    answer = await ada.ask("auth", token=hall.tokens["ben"])
    assert (answer["op"], answer["code"]) == ("error", "forbidden")
    posted = await ada.post(hall.topic("open"), "still ada")
    await ada.sees(hall.topic("open"), posted["seq"])
    assert ada.events(hall.topic("open"))[-1]["data"]["author"]["name"].startswith("ada-")
