"""Connections that never finish asking: dropped in time, and nobody else has to notice."""

from __future__ import annotations

import socket
import time

import pytest
from websockets.sync.client import connect

from tests.support.chorus import ChorusServer

WITHIN_S = 1.0
SLACK_S = 5.0
HALF_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_HANDSHAKE = b"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-"
WHOLE_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def server(request, databases, server_folder):
    from contextlib import ExitStack

    from tests.support.fixtures import starter

    with ExitStack() as stack:
        start = starter(stack, request, databases, server_folder)
        yield start("serve", CHORUS_HANDSHAKE_WITHIN_S=f"{WITHIN_S:g}")


def opened(server: ChorusServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN_S + SLACK_S)


def ended(connection: socket.socket) -> bool:
    """Read to the end. Raises TimeoutError if there is none."""
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("begun", [b"", HALF_REQUEST, HALF_HANDSHAKE], ids=["nothing", "a request", "a handshake"])
def test_one_who_never_finishes_asking_is_dropped(server, begun) -> None:
    with opened(server) as connection:
        connection.sendall(begun)
        assert ended(connection)


def test_a_byte_now_and_then_buys_no_time(server) -> None:
    began = time.monotonic()
    with opened(server) as connection:
        connection.sendall(HALF_REQUEST)
        while takes_a_byte(connection):
            assert time.monotonic() - began < WITHIN_S + SLACK_S
            time.sleep(0.1)


def takes_a_byte(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def test_half_a_second_request_on_a_kept_connection_is_dropped_too(server) -> None:
    with opened(server) as connection:
        connection.sendall(WHOLE_REQUEST)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(HALF_REQUEST)
        assert ended(connection)


def test_hundreds_who_do_so_keep_nobody_out_and_open_sockets_stay(server) -> None:
    with connect(server.ws_url, open_timeout=10) as websocket:
        slow = [opened(server) for _ in range(300)]
        for connection in slow:
            connection.sendall(HALF_HANDSHAKE)
        with opened(server) as connection:
            connection.sendall(WHOLE_REQUEST)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        for connection in slow:
            assert ended(connection)
            connection.close()
        assert websocket.recv(timeout=5)
        websocket.send('{"op":"ping"}')
        assert websocket.recv(timeout=5)
