"""What our layer over Redis promises beside the contract: order, bounds, several loops and processes, who may enter."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from redis.asyncio import Redis

from realtime.redis import RedisChannelLayer
from realtime.redis.mailbox import encode
from realtime.redis.resp import ReplyError
from tests.support.chorus import ROOT

PREFIXES = (f"layer-{number}" for number in itertools.count(1))
WITHIN_S = 20


@pytest.fixture
async def layer(redis_url) -> AsyncIterator[RedisChannelLayer]:
    layer = RedisChannelLayer(redis_url, prefix=next(PREFIXES))
    async with asyncio.timeout(WITHIN_S):
        yield layer
        await layer.close()


async def receive_many(layer: RedisChannelLayer, channel: str, count: int) -> list[Any]:
    return [(await layer.receive(channel))["n"] for _ in range(count)]


async def group_of_one(layer: RedisChannelLayer, group: str = "room") -> str:
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def test_many_are_sent_as_one_write_in_their_order(layer):
    channel = await group_of_one(layer)
    await layer.group_add("other", channel)
    await layer.group_send_many([("room" if n % 3 else "other", {"n": n}) for n in range(3_000)])
    await layer.group_send_many([])
    assert await receive_many(layer, channel, 3_000) == list(range(3_000))


async def test_of_many_with_one_that_cannot_travel_none_is_sent(layer):
    channel = await group_of_one(layer)
    for cannot, error in ((object(), TypeError), (2**64, OverflowError), ("\ud800", ValueError)):
        with pytest.raises(error):
            await layer.group_send_many([("room", {"n": 1}), ("room", {"n": cannot})])
    with pytest.raises(TypeError):
        await layer.group_send("room", "text")  # type: ignore[arg-type]
    await layer.group_send("room", {"n": "behind"})
    assert await receive_many(layer, channel, 1) == ["behind"]


async def test_messages_are_delivered_without_a_receiver_and_our_own_are_not_even_decoded(layer, redis_url):
    other = RedisChannelLayer(redis_url, prefix=layer.prefix)
    channel, heard = await group_of_one(layer), asyncio.Queue[Any]()
    layer.deliver_to(channel, heard.put_nowait, ignoring={"origin": "me"})
    await layer.group_send_many([("room", {"origin": "me", "n": n}) for n in range(100)])
    await other.group_send("room", {"origin": "you", "n": 1})
    await layer.send(channel, {"n": 2})
    assert [(await heard.get())["n"] for _ in range(2)] == [1, 2]
    assert heard.empty()
    await other.close()


async def test_a_flood_is_bounded_and_its_newest_are_kept_in_order(layer, redis_url, caplog):
    flooded = RedisChannelLayer(redis_url, prefix=layer.prefix, capacity=1_000, channel_capacity={"small*": 10})
    channel = await group_of_one(flooded)
    small = asyncio.ensure_future(flooded.receive("small.one"))
    while not small.done():
        await layer.send("small.one", {"n": 0})
        await asyncio.sleep(0.01)
    await flooded.group_add("room", "small.one")
    for start in range(0, 100_000, 500):
        await layer.group_send_many([("room", {"n": n}) for n in range(start, start + 500)])
    await layer.send(channel, {"n": "the last"})
    mailbox = flooded._end()._mailboxes[channel]
    while b"the last" not in mailbox._messages[-1]:
        await asyncio.sleep(0.01)
    assert len(mailbox._messages) == 1_000
    assert await receive_many(flooded, channel, 1_000) == [*range(99_001, 100_000), "the last"]
    assert await receive_many(flooded, "small.one", 10) == list(range(99_990, 100_000))
    assert flooded.dropped >= 99_001 + 99_990
    # It is said, and not two hundred thousand times.
    assert 1 <= caplog.text.count("is full") <= 3
    await flooded.close()


async def test_a_channel_whose_consumer_ended_is_given_up(layer, redis_url, monkeypatch):
    monkeypatch.setattr("realtime.redis.mailbox.LEFT_AFTER_S", 0.1)
    monkeypatch.setattr("realtime.redis.end.SWEEP_EVERY_S", 0.1)
    stays = await group_of_one(layer)
    for _ in range(20):
        waiting = asyncio.ensure_future(layer.receive(await group_of_one(layer, "theirs")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with Redis.from_url(redis_url) as redis:
        while len(await redis.pubsub_channels(f"{layer.prefix}*")) > 2:
            await asyncio.sleep(0.05)
    await layer.group_send("room", {"n": 1})
    assert await receive_many(layer, stays, 1) == [1]


async def test_a_channel_that_is_given_up_is_in_no_group_any_more(layer, redis_url):
    channel, heard = await group_of_one(layer), list[Any]()
    layer.deliver_to(channel, heard.append)
    layer.close_channel(channel)
    layer.close_channel("never.opened")
    other = await layer.new_channel()
    await layer.group_send("room", {"n": 1})
    await layer.send(channel, {"n": 1})
    await layer.send(other, {"n": 2})
    assert await receive_many(layer, other, 1) == [2]
    assert heard == []
    async with Redis.from_url(redis_url) as redis:
        assert len(await redis.pubsub_channels(f"{layer.prefix}*")) == 1


async def test_a_channel_of_elsewhere_is_in_no_group_of_ours(layer):
    with pytest.raises(RuntimeError, match="no channel that"):
        await layer.group_add("room", "specific.redis!elsewhere")
    await layer.group_discard("room", "specific.redis!elsewhere")


async def test_two_prefixes_on_one_redis_do_not_meet(layer, redis_url):
    other = RedisChannelLayer(redis_url, prefix=next(PREFIXES))
    ours, theirs = await group_of_one(layer), await group_of_one(other)
    await layer.group_send("room", {"n": "ours"})
    await other.group_send("room", {"n": "theirs"})
    assert await receive_many(layer, ours, 1) == ["ours"]
    assert await receive_many(other, theirs, 1) == ["theirs"]
    await other.close()


async def test_it_and_the_layer_it_replaces_hear_each_other(layer, redis_url):
    """A rolling restart goes from the one to the other."""
    from channels_redis.pubsub import RedisPubSubChannelLayer

    old = RedisPubSubChannelLayer(hosts=[redis_url], prefix=layer.prefix)
    theirs, ours = await old.new_channel(), await group_of_one(layer)
    await old.group_add("room", theirs)
    sent = {"type": "a.b", "bytes": b"\0\xff", "list": [1, None, 0.5, 2**40], "text": "é"}
    await layer.group_send("room", sent)
    await old.group_send("room", {**sent, "n": 2})
    for receiver, channel in ((old, theirs), (layer, ours)):
        assert await receiver.receive(channel) == sent
        assert await receiver.receive(channel) == {**sent, "n": 2}
    await old.flush()


# --- loops and processes --------------------------------------------------------------------------------

SCRIPT = """
import asyncio, sys
from realtime.redis import RedisChannelLayer

async def main(url, prefix):
    # A machine with other work is slow, and that is no warning of ours.
    asyncio.get_running_loop().slow_callback_duration = 60
    layer = RedisChannelLayer(url, prefix=prefix)
    channel = await layer.new_channel()
    await layer.group_add("there", channel)
    await layer.group_send("here", {"n": "ready"})
    for number in range(1_000):
        await layer.group_send("here", await layer.receive(channel))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_hear_each_other_in_order(layer, redis_url):
    channel = await group_of_one(layer, "here")
    # Every warning is an error there: nothing is left open when its loop ends.
    there = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-W", "error", "-c", SCRIPT, redis_url, layer.prefix),
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    assert await receive_many(layer, channel, 1) == ["ready"]
    for number in range(1_000):
        await layer.group_send("there", {"n": number})
    assert await receive_many(layer, channel, 1_000) == list(range(1_000))
    assert await there.communicate() == (None, b"")
    assert there.returncode == 0


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_loop_that_ends_takes_its_connections_along(redis_url, run):
    layer = RedisChannelLayer(redis_url, prefix=next(PREFIXES))

    async def use() -> int:
        channel = await group_of_one(layer)
        await layer.group_send("room", {"n": 1})
        assert await receive_many(layer, channel, 1) == [1]
        # A receiver, and a caller in the middle of something, end with the loop as well.
        _ = asyncio.ensure_future(layer.receive(channel)), asyncio.ensure_future(layer.new_channel())
        await asyncio.sleep(0)
        async with Redis.from_url(redis_url) as redis:
            return sum(client["name"].startswith("chorus-") for client in await redis.client_list())

    before = run(use())
    assert run(use()) == before
    assert not layer._ends
    gc.collect()


def test_a_loop_that_ends_while_it_still_looks_for_redis_leaves_nothing_behind(free_redis_url):
    layer = RedisChannelLayer(free_redis_url)

    async def use() -> None:
        waiting = asyncio.ensure_future(layer.new_channel())
        await asyncio.sleep(0.05)
        waiting.cancel()

    asyncio.run(use())
    assert not layer._ends
    gc.collect()


@pytest.fixture
def free_redis_url(start_redis) -> str:
    """Where no Redis is."""
    server = start_redis()
    server.kill()
    return server.url


# --- who may come in ------------------------------------------------------------------------------------


async def works(url: str) -> bool:
    layer = RedisChannelLayer(url, prefix=next(PREFIXES))
    channel = await group_of_one(layer)
    await layer.group_send("room", {"n": 1})
    got = await asyncio.wait_for(receive_many(layer, channel, 1), WITHIN_S)
    await layer.close()
    return got == [1]


async def test_a_password_is_asked_for_and_a_wrong_one_is_said(start_redis, caplog):
    port = start_redis(requirepass="secret").port
    assert await works(f"redis://:secret@127.0.0.1:{port}/0")
    assert await works(f"redis://default:secret@127.0.0.1:{port}/3")
    for user, said in (("", "NOAUTH"), (":wrong@", "WRONGPASS"), ("nobody:secret@", "WRONGPASS")):
        layer = RedisChannelLayer(f"redis://{user}127.0.0.1:{port}/0")
        with pytest.raises(ConnectionError, match=said):
            await layer.group_send("room", {"n": 1})
        with pytest.raises(ConnectionError, match=said):
            await layer.new_channel()
        await layer.close()
    assert "secret" not in caplog.text
    assert caplog.text.count("cannot reach Redis") <= 12


async def test_a_database_that_is_not_there_is_said(redis_url):
    layer = RedisChannelLayer(redis_url.removesuffix("0") + "99")
    with pytest.raises(ConnectionError, match="DB index"):
        await layer.group_send("room", {"n": 1})
    await layer.close()


async def test_what_redis_refuses_is_said_and_costs_nobody_else_anything(start_redis):
    server = start_redis()
    async with Redis.from_url(server.url) as redis:
        await redis.acl_setuser(
            "ada",
            enabled=True,
            passwords=["+secret"],
            channels=["ada__*"],
            commands=["+publish", "+subscribe", "+unsubscribe", "+select"],
        )
    allowed = RedisChannelLayer(f"redis://ada:secret@127.0.0.1:{server.port}/1", prefix="ada")
    channel = await group_of_one(allowed)
    refused = RedisChannelLayer(f"redis://ada:secret@127.0.0.1:{server.port}/1", prefix="others")
    for call in (refused.group_send("room", {"n": 1}), refused.new_channel()):
        with pytest.raises(ReplyError, match="NOPERM"):
            await call
    await allowed.group_send("room", {"n": 1})
    assert await asyncio.wait_for(receive_many(allowed, channel, 1), WITHIN_S) == [1]
    assert not refused._end()._mailboxes
    for layer in (allowed, refused):
        await layer.close()


async def test_a_unix_socket(start_redis, tmp_path_factory):
    path = tmp_path_factory.mktemp("redis") / "redis.sock"
    start_redis(unixsocket=str(path))
    assert await works(f"unix://{path}?db=2")


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for localhost that signs itself, and its key."""
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = ["openssl", *options.split(), "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True)
    return files


async def test_tls(start_redis, tmp_path, free_port):
    cert, key = certificate(tmp_path)
    options = {"tls_port": str(free_port), "tls_cert_file": cert, "tls_key_file": key, "tls_auth_clients": "no"}
    start_redis(**options)
    assert await works(f"rediss://localhost:{free_port}/0?ssl_ca_certs={cert}")
    assert await works(f"rediss://127.0.0.1:{free_port}/0?ssl_cert_reqs=none")
    for wrong in ("rediss://localhost", "redis://localhost"):
        stranger = RedisChannelLayer(f"{wrong}:{free_port}/0")
        with pytest.raises(ConnectionError):
            await stranger.group_send("room", {"n": 1})
        await stranger.close()


@pytest.fixture
def free_port() -> int:
    from tests.support.ports import free_port

    return free_port()


async def test_a_message_that_no_layer_sent_is_passed_over(layer, redis_url, caplog):
    channel = await group_of_one(layer)
    async with Redis.from_url(redis_url) as redis:
        await redis.publish(f"{layer.prefix}__group__room", b"\xc1nonsense")
        await redis.publish(f"{layer.prefix}__group__room", encode({"n": 1}))
    with caplog.at_level(logging.ERROR):
        assert await receive_many(layer, channel, 1) == [1]
    assert "is no message" in caplog.text
