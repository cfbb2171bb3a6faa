"""The order of what one connection is told: replies and events of a sender that does not wait."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.realtime.sockets import Hall, Sock, open_hall

POSTS = 200


@pytest.fixture(scope="module")
def hall(chorus) -> Hall:
    # Load accounts: how often one may post is another test's business.
    exempt = "User.objects.filter(pk__in=[one.pk for one in user.values()]).update(is_load_account=True)"
    return open_hall(chorus, "ada ben", "order waiting edits", exempt)


async def pipelined(sender: Sock, topic: str) -> list[int]:
    """Send all posts in one go and read until all replies and events are there; the ids in their order."""
    ids = [
        await sender.begin("send", topic=topic, event="message.post", data={"text": f"post {n}"}) for n in range(POSTS)
    ]
    waiting = set(ids)
    while waiting or len(sender.events(topic)) < POSTS:
        waiting.discard((await sender.next()).get("id"))
    return ids


async def test_two_hundred_posts_in_one_go_are_answered_and_told_in_their_order(hall):
    topic = hall.topic("order")
    async with hall.sock("ada") as sender, hall.sock("ada") as second, hall.sock("ben") as other:
        bases = [(await one.done("subscribe", topic=topic))["seq"] for one in (sender, second, other)]
        assert len(set(bases)) == 1
        ids = await pipelined(sender, topic)
        replies = [frame for frame in sender.frames if frame.get("id") in ids and frame["op"] == "reply"]
        assert [reply["id"] for reply in replies] == ids
        # No hole and none twice: in the order they were sent, on the sender's sockets and on others.
        expected = [(bases[0] + n + 1, f"post {n}") for n in range(POSTS)]
        assert [reply["data"]["seq"] for reply in replies] == [seq for seq, _ in expected]
        for one in (sender, second, other):
            while len(one.events(topic)) < POSTS:
                await one.next()
            assert [(event["seq"], event["data"]["text"]) for event in one.events(topic)] == expected


async def test_an_own_event_follows_the_reply_that_names_its_seq(hall):
    topic = hall.topic("waiting")
    async with hall.sock("ada") as sender, hall.sock("ben") as other:
        await sender.done("subscribe", topic=topic)
        await other.done("subscribe", topic=topic)
        # One by one the room is idle and nothing is gathered: the event has the shortest way it can have.
        for n in range(50):
            posted = await sender.post(topic, f"alone {n}")
            await asyncio.gather(sender.sees(topic, posted["seq"]), other.sees(topic, posted["seq"]))
            await asyncio.sleep(0.012 if n % 2 else 0)
        # Both at once: each is told of its own first, and of the other's in between.
        for n in range(25):
            await asyncio.gather(sender.post(topic, f"a {n}"), other.post(topic, f"b {n}"))
        for one in (sender, other):
            await one.sees(topic, posted["seq"] + 50)
            assert overtaken(one) == []


def overtaken(one: Sock) -> list[int]:
    """The seqs of posts whose event came before their reply."""
    at = {frame["seq"]: number for number, frame in enumerate(one.frames) if frame["op"] == "event"}
    replies = [(number, frame["data"]) for number, frame in enumerate(one.frames) if frame["op"] == "reply"]
    return [data["seq"] for number, data in replies if "duplicate" in data and at[data["seq"]] < number]
