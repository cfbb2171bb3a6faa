"""RFC 6455, the handshake on `serve`, byte by byte: who is let in, and who is told why not and left nowhere."""

from __future__ import annotations

import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.integration.realtime import lane_app
from tests.integration.realtime.lanes import (
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    Lanes,
    RawSocket,
    frame,
    open_lanes,
    until_gone,
)
from tests.support.chorus import ChorusServer

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
UPGRADE, CONNECTION, HOST = b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b"Host: x\r\n"
EARLY = [frame(TEXT, b"say hi"), frame(PING, b"hi"), frame(3), b"\x81", b"\r\n", HANDSHAKE]


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with open_lanes() as lanes:
        yield lanes


@pytest.fixture(scope="module")
def server(request, databases, server_folder) -> Iterator[ChorusServer]:
    from tests.support.fixtures import starter

    with contextlib.ExitStack() as stack:
        yield starter(stack, request, databases, server_folder)("serve")


def changed(old: bytes, new: bytes) -> bytes:
    """The handshake with something else in its place."""
    assert HANDSHAKE.count(old) == 1
    return HANDSHAKE.replace(old, new)


def with_lines(*lines: bytes) -> bytes:
    return changed(HOST, HOST + b"".join(line + b"\r\n" for line in lines))


# --- who is let in ----------------------------------------------------------------------------------

TAKEN = {
    "as in the RFC": HANDSHAKE,
    "names in any case": changed(UPGRADE + CONNECTION, b"uPGRADE: websocket\r\nCONNECTION: Upgrade\r\n"),
    "values in any case": changed(UPGRADE + CONNECTION, b"Upgrade: WebSocket\r\nConnection: upGRADE\r\n"),
    "a list in Connection": changed(CONNECTION, b"Connection: keep-alive, Upgrade\r\n"),
    "a list without spaces": changed(CONNECTION, b"Connection:Upgrade,keep-alive\r\n"),
    "two Connection headers": changed(CONNECTION, CONNECTION + b"Connection: keep-alive\r\n"),
    "two the other way round": changed(CONNECTION, b"Connection: keep-alive\r\n" + CONNECTION),
    "spaces around values": changed(b"Sec-WebSocket-Key: " + KEY, b"Sec-WebSocket-Key: \t " + KEY + b"  "),
    "an extension there is not": with_lines(b"Sec-WebSocket-Extensions: x-webkit-deflate-frame, ,foo; a=1; b"),
    "compression": with_lines(b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
    "a length of nothing": with_lines(b"Content-Length: 0"),
    "headers nobody knows": with_lines(*(b"X-%d: %s" % (number, b"x" * 500) for number in range(100))),
    "a header of 8,000 bytes": with_lines(b"Cookie: a=" + b"x" * 8_000),
}


@pytest.mark.parametrize("handshake", TAKEN.values(), ids=TAKEN)
def test_a_handshake_is_answered_with_the_key_it_came_with(lanes, handshake):
    with contextlib.closing(RawSocket(lanes, handshake)) as raw:
        head = raw.head()
        assert head.startswith(b"HTTP/1.1 101 ")
        fields = [line.split(b": ", 1) for line in head.lower().splitlines()[1:-1]]
        told = {name: value for name, value in fields if name != b"date"}
        assert told[b"upgrade"] == b"websocket"
        assert told[b"connection"] == b"upgrade"
        assert b"\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n" in head
        # 4.2.2: nothing that was not offered, and no extension at all.
        assert set(told) == {b"upgrade", b"connection", b"sec-websocket-accept"}
        assert raw.lives()


@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_handshake_may_come_in_pieces(lanes, size):
    with contextlib.closing(RawSocket(lanes, b"")) as raw:
        for start in range(0, len(HANDSHAKE), size):
            raw.put(HANDSHAKE[start : start + size])
        assert raw.greeted().lives()


# --- who is not -------------------------------------------------------------------------------------

KEY_LINE = b"Sec-WebSocket-Key: " + KEY + b"\r\n"
REFUSED = {
    "no key": (changed(KEY_LINE, b""), 400),
    "an empty key": (changed(KEY, b""), 400),
    "a key of 8 bytes": (changed(KEY, b"dGhlIHNhbXA="), 400),
    "a key of 17 bytes": (changed(KEY, b"dGhlIHNhbXBsZSBub25jZSE="), 400),
    "a key that is no base64": (changed(KEY, b"!" * 24), 400),
    "a key without its end": (changed(KEY, KEY[:-2]), 400),
    "a key beyond ASCII": (changed(KEY, "é".encode() * 12), 400),
    "two keys": (with_lines(KEY_LINE.strip()), 400),
    "POST": (changed(b"GET", b"POST"), 405),
    "HEAD": (changed(b"GET", b"HEAD"), 405),
    "HTTP/1.0": (changed(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "HTTP/2.0": (changed(b"HTTP/1.1", b"HTTP/2.0"), 400),
    "no Host": (changed(HOST, b""), 400),
    "two Hosts": (with_lines(b"Host: y"), 400),
    "two Origins": (with_lines(b"Origin: http://x", b"Origin: http://y"), 400),
    "a list in Upgrade": (changed(UPGRADE, b"Upgrade: h2c, websocket\r\n"), 426),
    "a subprotocol that is none": (with_lines(b"Sec-WebSocket-Protocol: ;;;"), 400),
    "a body": (with_lines(b"Content-Length: 2") + b"hi", 400),
    "a body that is still to come": (with_lines(b"Content-Length: 2"), 400),
    "a body in chunks": (with_lines(b"Transfer-Encoding: chunked"), 400),
    "a header of 9,000 bytes": (with_lines(b"Cookie: a=" + b"x" * 9_000), 431),
    "200 headers": (with_lines(*[b"X: x"] * 200), 431),
    "a path of 9,000 bytes": (changed(b"GET /", b"GET /" + b"x" * 9_000), 414),
    "a path beyond ASCII": (changed(b"GET /", "GET /é".encode()), 400),
    "NUL in a header": (with_lines(b"X: a\0b"), 400),
    "a header without a name": (with_lines(b": x"), 400),
    "a folded header": (with_lines(b"X: a", b" b"), 400),
    **{f"early bytes {data[:3].hex()}": (HANDSHAKE + data, 400) for data in EARLY},
    # These are no handshakes, but requests, and the application has no page there.
    "no Upgrade": (changed(UPGRADE, b""), 404),
    "no Connection": (changed(CONNECTION, b""), 404),
    "another Connection": (changed(CONNECTION, b"Connection: keep-alive\r\n"), 404),
    "another Upgrade": (changed(UPGRADE, b"Upgrade: h2c\r\n"), 404),
}


@pytest.mark.parametrize(("handshake", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_handshake_is_answered_with_its_status_and_kept_by_nobody(lanes, handshake, status):
    with contextlib.closing(RawSocket(lanes, handshake)) as raw:
        head = raw.head()
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"sec-websocket-accept" not in head.lower()
        if status != 404:
            raw.read_to_the_end()
            until_gone(lanes, 2)


VERSION_LINE = b"Sec-WebSocket-Version: 13\r\n"
VERSIONS = {
    "none": b"",
    "an empty one": b"Sec-WebSocket-Version:\r\n",
    "an old one": b"Sec-WebSocket-Version: 8\r\n",
    "a longer one": b"Sec-WebSocket-Version: 130\r\n",
    "a list": b"Sec-WebSocket-Version: 13, 8\r\n",
    "two": VERSION_LINE * 2,
    "a word": b"Sec-WebSocket-Version: thirteen\r\n",
}


@pytest.mark.parametrize("line", VERSIONS.values(), ids=VERSIONS)
def test_another_version_is_answered_with_426_and_the_one_that_is_spoken(lanes, line):
    with contextlib.closing(RawSocket(lanes, changed(VERSION_LINE, line))) as raw:
        head = raw.head()
        assert head.startswith(b"HTTP/1.1 426 ")
        assert {b"Upgrade: websocket", b"Connection: close", VERSION_LINE.strip()} <= set(head.splitlines())
        raw.read_to_the_end()
        until_gone(lanes, 2)


@pytest.mark.parametrize("start", [b"GET /", HANDSHAKE[:-2], b"GET / HTTP/1.1\r\n"])
def test_a_head_without_an_end_is_not_kept(lanes, start):
    line = b"x" * 1_000 if start == b"GET /" else b"X-More: " + b"x" * 1_000 + b"\r\n"
    with contextlib.closing(RawSocket(lanes, start)) as raw:
        # Dropped long before this, with the answer or, where more was on its way, without.
        with contextlib.suppress(ConnectionError):
            for _ in range(2_000):
                raw.put(line)
            assert raw.head().startswith(b"HTTP/1.1 400 ")
        until_gone(lanes, 2)


@pytest.mark.parametrize("data", EARLY)
def test_who_does_not_wait_for_the_answer_is_refused(lanes, data):
    with contextlib.closing(RawSocket(lanes, changed(b"GET /", b"GET /slow"))) as raw:
        time.sleep(lane_app.SLOW_S / 5)
        raw.put(data)
        assert raw.head().startswith(b"HTTP/1.1 400 ")
        raw.read_to_the_end()
        until_gone(lanes, 2)


def test_who_waits_is_let_in_though_it_takes_long(lanes):
    with contextlib.closing(RawSocket(lanes, changed(b"GET /", b"GET /slow"))) as raw:
        raw.greeted().send(PING, b"hi")
        assert raw.next() == (PONG, b"hi")


# --- what the application says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, None),
        (["chorus.v1.json"], "chorus.v1.json"),
        (["graphql-ws", "chorus.v1.json", "mqtt"], "chorus.v1.json"),
        (["chorus.v2.json"], None),
        (["CHORUS.V1.JSON"], None),
    ],
)
def test_the_subprotocol_that_is_spoken_is_chosen_and_no_other(server, offered, chosen):
    with connect(server.ws_url, subprotocols=offered) as client:
        assert client.subprotocol == chosen
        assert str(client.recv(timeout=10)).startswith('{"op":"hello"')
        client.send('{"op":"ping"}')
        assert client.recv(timeout=10) == '{"op":"pong"}'


@pytest.mark.parametrize("path", ["", "nowhere", "%2e%2e/", "?token=x"])
def test_a_handshake_at_another_address_is_forbidden(server, path):
    with pytest.raises(InvalidStatus) as refused, connect(server.ws_url.replace("ws/", path)):
        pass
    assert refused.value.response.status_code == 403


def test_the_socket_is_no_page(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/ws/", timeout=10)
    with refused.value as answer:
        assert answer.code == 404
