"""Pollers at a server of a few lines: they keep time and their connections, and begin anew where one was closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.cases.polling import Pollers

TOKENS = ["first", "second"]


class Server(ThreadingHTTPServer):
    """hang_up: closes after each answer, without saying so. Its state changes when `etag` does."""

    daemon_threads = True
    hang_up = False
    status = 200
    etag = '"1"'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[float, str, str | None]] = []
        self.connections = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        known = self.headers["If-None-Match"]
        self.server.heard.append((time.monotonic(), self.headers["Authorization"], known))
        unchanged = known == self.server.etag
        body = b"" if unchanged else b'{"at":%d,"state":{}}' % (time.time() * 1000)
        self.send_response(304 if unchanged else self.server.status)
        self.send_header("ETag", self.server.etag)
        if not unchanged:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hang_up

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def pollers(server: Server, *, conditional: bool = False) -> Pollers:
    return Pollers(TOKENS, server.server_port, "/state/", conditional=conditional)


def test_each_asks_in_its_turn_by_its_own_token_and_on_one_connection(server):
    with pollers(server) as polling:
        polls = polling.poll(0.55, every_s=0.1)
    assert 10 <= polls.whole <= 12
    assert (polls.unchanged, polls.refused, polls.reopened, server.connections) == (0, 0, 0, 2)
    assert {token for _, token, _ in server.heard} == {"Bearer first", "Bearer second"}
    assert len(polls.waits_s) == polls.answers
    assert polls.bytes_in > 50 * polls.answers < polls.bytes_out
    # Made as it was asked for, and held for a tenth of a second.
    assert 0.03 < polls.held_age_s < 0.2


def test_without_a_pause_they_ask_as_fast_as_they_are_answered(server):
    with pollers(server) as polling:
        polls = polling.poll(0.3)
    assert polls.answers > 30
    assert polls.answers == len(server.heard)


def test_who_says_what_it_has_is_told_that_nothing_changed(server):
    with pollers(server, conditional=True) as polling:
        polls = polling.poll(0.35, every_s=0.1)
        assert polls.whole == 2
        assert polls.unchanged >= 4
        server.etag = '"2"'
        assert polling.poll(0.15, every_s=0.1).whole == 2
    assert [known for _, _, known in server.heard][:2] == [None, None]


def test_a_closed_connection_is_opened_again_and_said(server):
    server.hang_up = True
    with pollers(server) as polling:
        polls = polling.poll(0.35, every_s=0.1)
    assert polls.whole >= 6
    assert polls.reopened >= 4


def test_a_refusal_is_counted_and_no_answer(server):
    server.status = 429
    with pollers(server) as polling:
        polls = polling.poll(0.15, every_s=0.1)
    assert polls.refused >= 2
    assert polls.refusal.startswith('429 {"at":')
    assert (polls.answers, polls.held_age_s) == (0, 0.0)
