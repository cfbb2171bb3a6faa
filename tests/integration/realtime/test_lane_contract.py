"""Everything of uvicorn that `serve` reaches into, one test each, which says what to look at when uvicorn changes.

The behaviour that is built on it is tested over a real socket in test_lane.py and test_draining.py.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.server import ServerProtocol

from realtime.server import lane, worker
from realtime.server.inbox import Gate, Inbox
from realtime.server.lane import LaneProtocol

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MASK = b"\0\0\0\0"

# What LaneProtocol uses of the class it extends, and what for. Values are those of an accepted connection.
PROTOCOL = {
    "__init__": "makes `conn`, which ours replaces, and takes `config` by name",
    "config": "is uvicorn's, with `ws_max_size`",
    "data_received": "hands bytes to `conn`, and its frames to the methods below",
    "handshake_initiated": "says that `conn` has judged the handshake",
    "handshake_complete": "says that the handshake is answered",
    "handle_connect": "is called with the handshake and makes `scope`, before a later turn of the loop runs the app",
    "handle_pong": "is called with each pong: a sign of life",
    "handle_ping": "is called for each ping and writes the pong: a sign of life",
    "handle_text": "is called with the first or only frame of a text",
    "handle_bytes": "is called with the first or only frame of a binary message",
    "handle_cont": "is called with each frame that continues either",
    "send_receive_event_to_app": "is called with each whole message, and puts it into `queue`",
    "frames": "are the parts of the message that is whole now, and are emptied once it is taken",
    "curr_msg_data_type": 'is "text" or "bytes"',
    "handle_parser_exception": "is called when `conn` has failed, and writes the close frame it has made",
    "pause_writing": "is called when the transport holds more than its high-water mark",
    "connection_lost": "is called once when the connection is gone",
    "transport": "is where frames are written to",
    "close_sent": "says that the close frame is written and nothing may follow",
    "disconnected": "says that the connection is gone",
    "eof_received": "is called when the peer sends no more, and closes the transport by giving nothing",
    "handle_close": "is called with the peer's close frame and answers it",
    "shutdown": "is called when the server ends, and sends 1012",
    "send": "is awaited with the answer to the handshake, and through the lane never again",
    "request": "is the handshake, not looked at once it is answered",
    "response": "is the answer to it, likewise",
    "writable": "is waited for before anything is sent",
    "queue": "holds what `receive()` gives the application",
    "conn": "is the websockets library's ServerProtocol",
    "read_paused": "says that reading waits until the application asks for the next message",
    "close_timer": "drops a connection whose peer does not answer the close frame; run_asgi leaves it open meanwhile",
    "close_timeout": "is the time of that timer in seconds",
    "loop": "is the event loop",
}
# The same for Worker and uvicorn's Server.
SERVER = {
    "run": "takes bound sockets",
    "startup": "returns once the sockets are listened on",
    "shutdown": "is called once, when should_exit has been noticed",
    "on_tick": "is awaited every 0.1 s and ends the server by returning True",
    "servers": "are the asyncio servers, to stop listening before the drain",
    "force_exit": "is set by a second SIGINT",
    "_captured_signals": "are raised again after the shutdown unless they are cleared",
}


class Transport(asyncio.Transport):
    """Keeps what is written and done."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.done: list[str] = []

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    unsent = 0

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return bool({"close", "abort"} & set(self.done))

    def write_eof(self) -> None:
        self.done.append("write_eof")

    def pause_reading(self) -> None:
        self.done.append("pause_reading")

    def resume_reading(self) -> None:
        self.done.append("resume_reading")

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")


class App:
    """An ASGI application that accepts, and then waits for whatever comes."""

    def __init__(self) -> None:
        self.scope: Any = None
        self.receive: Any = None
        self.send: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.Event().wait()


class Accepted:
    """One accepted connection of a protocol class, without a socket."""

    def __init__(self, kind: type[WebSocketsSansIOProtocol], handshake: bytes = HANDSHAKE) -> None:
        self.app, self.transport = App(), Transport()
        config = uvicorn.Config(
            self.app, ws=kind, ws_ping_interval=None, ws_per_message_deflate=False, lifespan="off", log_config=None
        )
        config.load()
        self.state = ServerState()
        self.protocol: Any = kind(config=config, server_state=self.state, app_state={})
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(handshake)

    def told(self) -> list[dict[str, Any]]:
        """What waits for the application."""
        told = []
        while not self.protocol.queue.empty():
            told.append(self.protocol.queue.get_nowait())
        return told


async def accept(kind: type[WebSocketsSansIOProtocol]) -> Accepted:
    accepted = Accepted(kind)
    await asyncio.sleep(0.01)
    assert b" 101 " in accepted.transport.written
    accepted.transport.written = b""
    return accepted


@pytest.fixture
async def theirs() -> AsyncIterator[Accepted]:
    accepted = await accept(WebSocketsSansIOProtocol)
    yield accepted
    await end(accepted)


@pytest.fixture
async def ours() -> AsyncIterator[Accepted]:
    accepted = await accept(LaneProtocol)
    yield accepted
    await end(accepted)


async def end(accepted: Accepted) -> None:
    if not accepted.protocol.disconnected:
        accepted.protocol.connection_lost(None)
    tasks = list(accepted.state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def inherited(module: Any, name: str, base: type) -> set[str]:
    """What a class uses or overrides of its base: names behind `self` and `super()` that are not its own."""
    tree = ast.parse(Path(module.__file__).read_text())
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    used = {node.attr for node in ast.walk(found) if isinstance(node, ast.Attribute) and of_self(node.value)}
    methods = {node.name for node in found.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    fields = {node.target.id for node in found.body if isinstance(node, ast.AnnAssign)}
    source = inspect.getsource(base)
    overridden = {name for name in methods if hasattr(base, name) or f"self.{name} = " in source}
    return (used - methods - fields) | overridden


def of_self(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id == "self"


def test_each_internal_that_the_lane_uses_is_held_here():
    assert inherited(lane, "LaneProtocol", WebSocketsSansIOProtocol) == set(PROTOCOL)


def test_each_internal_that_the_worker_uses_is_held_here():
    own = {"__init__", "_options", "_parent"}
    assert inherited(worker, "Worker", uvicorn.Server) - own == set(SERVER)


@pytest.mark.parametrize("name", PROTOCOL)
async def test_uvicorns_protocol_still_has(theirs, name):
    sentence = f"WebSocketsSansIOProtocol.{name} is gone from uvicorn {uvicorn.__version__}; it {PROTOCOL[name]}."
    assert hasattr(theirs.protocol, name), sentence


@pytest.mark.parametrize(("name", "ours"), [("queue", Inbox), ("writable", Gate)])
def test_uvicorn_asks_no_more_of_what_the_lane_replaces_than_ours_can_do(name, ours):
    used = set(re.findall(rf"self\.{name}\.(\w+)", inspect.getsource(WebSocketsSansIOProtocol)))
    assert used
    assert used <= set(dir(ours)), f"uvicorn uses `{name}` in a new way: see realtime/server/inbox.py."


@pytest.mark.parametrize("name", SERVER)
def test_uvicorns_server_still_has(name):
    server = uvicorn.Server(uvicorn.Config(App()))
    # The one that is made at start-up.
    there = "self.servers" in inspect.getsource(uvicorn.Server.startup) if name == "servers" else hasattr(server, name)
    assert there, f"Server.{name} is gone from uvicorn {uvicorn.__version__}; it {SERVER[name]}."


async def test_an_accepted_connection_is_in_the_state_the_lane_expects(theirs):
    protocol = theirs.protocol
    assert (protocol.close_sent, protocol.disconnected, protocol.read_paused) == (False, False, False)
    assert protocol.close_timer is None
    assert isinstance(protocol.close_timeout, float)
    assert isinstance(protocol.queue, asyncio.Queue)
    assert isinstance(protocol.conn, ServerProtocol)
    assert protocol.transport is theirs.transport
    assert protocol.loop is asyncio.get_running_loop()


async def test_the_scope_can_be_added_to_before_the_application_runs():
    accepted = Accepted(LaneProtocol)
    assert accepted.app.scope is None, "uvicorn runs the application within handle_connect: the lane comes too late."
    assert accepted.protocol.scope["extensions"] is not None
    await asyncio.sleep(0.01)
    assert accepted.app.scope["extensions"][lane.LANE] is accepted.protocol
    await end(accepted)


async def test_a_handshake_that_is_refused_never_gets_to_the_application():
    refused = Accepted(LaneProtocol, HANDSHAKE.replace(b"Version: 13", b"Version: 12"))
    await asyncio.sleep(0.01)
    assert refused.transport.written.startswith(b"HTTP/1.1 4")
    assert refused.app.scope is None
    await end(refused)


@pytest.mark.parametrize("unread", [False, True])
async def test_closing_by_the_lane_leaves_what_closing_by_send_leaves(theirs, ours, unread):
    """The lane's `close` does what uvicorn's `send` does for websocket.close, without its wait."""
    for each in (theirs, ours):
        if unread:  # the application has not asked for a message that is there: reading is paused
            each.protocol.data_received(b"\x81\x82" + MASK + b"hi")
    await theirs.app.send({"type": "websocket.close", "code": 4000, "reason": "bye"})
    ours.protocol.close(4000, "bye")
    sentence = "uvicorn closes in another way now: see `send` in websockets_sansio_impl.py, and follow in lane.py."
    assert ours.transport.written == theirs.transport.written == b"\x88\x05\x0f\xa0bye", sentence
    assert ours.transport.done == theirs.transport.done, sentence
    assert ours.told() == theirs.told(), sentence
    for name in ("close_sent", "read_paused", "disconnected"):
        assert getattr(ours.protocol, name) == getattr(theirs.protocol, name), sentence
    timers = [each.protocol.close_timer.when() for each in (ours, theirs)]
    assert timers[0] == pytest.approx(timers[1], abs=0.5), sentence
    changed = [set(vars(each.protocol)) for each in (ours, theirs)]
    assert changed[0] - {"on_life", "_parts", "_close_sent"} == changed[1] - {"close_sent"}, sentence


async def test_the_peers_answer_to_the_close_ends_the_connection_and_its_timer(ours):
    ours.protocol.close(4000, "")
    ours.protocol.data_received(b"\x88\x82" + MASK + b"\x0f\xa0")
    assert ours.transport.done[-1] == "close"
    assert ours.protocol.close_timer is None


async def test_a_ping_is_answered_and_pings_and_pongs_are_life(ours):
    signs: list[int] = []
    ours.protocol.on_life = lambda: signs.append(1)
    ours.protocol.data_received(b"\x89\x82" + MASK + b"hi")
    assert ours.transport.written == b"\x8a\x02hi"
    # Nobody asked for this pong: uvicorn ignores it, and it is a sign of life all the same.
    ours.protocol.data_received(b"\x8a\x80" + MASK)
    assert len(signs) == 2


async def test_a_text_that_is_none_closes_with_1007_and_without_a_word_in_the_log(ours, caplog):
    ours.told()
    ours.protocol.data_received(b"\x01\x81" + MASK + b"a")  # the first part of two
    ours.protocol.data_received(b"\x80\x81" + MASK + b"\xff")
    assert ours.transport.written == b"\x88\x02\x03\xef"
    assert (ours.transport.done, ours.protocol.close_sent) == (["write_eof"], True)
    assert [(event["type"], event["code"]) for event in ours.told()] == [("websocket.disconnect", 1007)]
    assert caplog.text == ""


async def test_a_text_in_parts_is_handed_on_whole(ours):
    ours.told()
    ours.protocol.data_received(b"\x01\x81" + MASK + b"\xc3")
    ours.protocol.data_received(b"\x80\x81" + MASK + b"\xa9")
    assert ours.told() == [{"type": "websocket.receive", "text": "é"}]
    assert ours.protocol.frames == []


async def test_nothing_is_done_to_a_connection_that_is_lost(ours):
    ours.transport.abort()
    ours.protocol.connection_lost(ConnectionResetError())
    assert ours.protocol.disconnected
    ours.protocol.abort()
    ours.protocol.close(4000, "")
    ours.protocol.write(b"\x81\x00")
    assert (ours.transport.done, ours.transport.written) == (["abort"], b"")


async def test_the_peers_close_frame_that_comes_first_leaves_nothing_to_say(ours):
    ours.protocol.data_received(b"\x88\x82" + MASK + b"\x03\xe8")
    written = ours.transport.written
    ours.protocol.close(4000, "")
    ours.protocol.write(b"\x81\x00")
    assert ours.transport.written == written == b"\x88\x02\x03\xe8"


async def test_a_reason_that_is_too_long_closes_all_the_same(ours):
    ours.protocol.close(4000, "x" * 124)
    assert ours.transport.done == ["close"]
    assert ours.told()[-1]["type"] == "websocket.disconnect"


def test_a_second_sigint_forces_the_exit_and_signals_are_kept_to_be_raised_again():
    server = uvicorn.Server(uvicorn.Config(App()))
    server.handle_exit(signal.SIGINT, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert not server.force_exit
    server.handle_exit(signal.SIGINT, None)
    assert server.force_exit
    assert server._captured_signals == [signal.SIGINT, signal.SIGTERM, signal.SIGINT]


def test_the_configuration_means_what_serve_asks_for():
    config = worker._config(worker.WorkerOptions())
    config.load()
    assert config.ws_protocol_class is LaneProtocol
    assert (config.ws_ping_interval, config.ws_per_message_deflate) == (None, False)
    assert config.ws_max_size == 1_048_576
    assert config.lifespan_class.__name__ == "LifespanOn"


# --- ends that somebody might hold up --------------------------------------------------------------------


async def test_one_who_does_not_answer_the_close_is_dropped_with_what_it_has_not_read(ours):
    ours.protocol.close_timeout = 0.01
    ours.transport.unsent = 1_000_000
    ours.protocol.close(4000, "bye")
    await asyncio.sleep(0.05)
    assert ours.transport.done[-1] == "abort"


@pytest.mark.parametrize("ending", ["eof_received", "handle_close"])
async def test_one_who_leaves_and_reads_nothing_more_is_dropped(ours, ending, monkeypatch):
    monkeypatch.setattr(lane, "LINGER_S", 0.01)
    ended = []
    ours.protocol.on_end = lambda: ended.append(True)
    ours.transport.unsent = 1_000
    if ending == "eof_received":
        ours.protocol.eof_received()
    else:
        ours.protocol.data_received(b"\x88\x82" + MASK + bytes((0x03 ^ MASK[0], 0xE8 ^ MASK[1])))
        assert ours.transport.written == b"\x88\x02\x03\xe8"
    assert ended, "something might still be written behind the close frame"
    await asyncio.sleep(0.05)
    assert ours.transport.done[-1] == "abort"


async def test_the_end_of_the_server_ends_the_writing_too(ours):
    ended = []
    ours.protocol.on_end = lambda: ended.append(True)
    ours.protocol.shutdown()
    assert ours.transport.written == b"\x88\x02\x03\xf4"
    assert ended
