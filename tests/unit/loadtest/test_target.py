"""Which servers may be loaded."""

from __future__ import annotations

import socket

import pytest

from loadtest.errors import LoadError
from loadtest.target import Target, parse_target

NAMES = {
    "localhost": [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")],
    "chat.example.org": [(socket.AF_INET, "192.0.2.7")],
    "trap.example.org": [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "192.0.2.7")],
}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Nobody is asked for a name."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, **options):
        if host.endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        if host not in NAMES:
            return real(host, port, flags=socket.AI_NUMERICHOST, **options)
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in NAMES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ws://127.0.0.1:8000/ws/", Target("127.0.0.1", 8000, "/ws/")),
        ("ws://127.8.9.1:8000/ws/", Target("127.8.9.1", 8000, "/ws/")),
        ("ws://[::1]:8000/other/?a=b", Target("::1", 8000, "/other/?a=b")),
        ("ws://localhost:8000", Target("127.0.0.1", 8000, "/ws/")),
        ("ws://localhost/", Target("127.0.0.1", 80, "/ws/")),
    ],
)
def test_this_machine_may_be_loaded(url, target):
    assert parse_target(url) == target


@pytest.mark.parametrize("host", ["chat.example.org", "192.0.2.7", "[2001:db8::1]", "trap.example.org"])
def test_another_one_has_to_be_owned(host):
    with pytest.raises(LoadError, match=r"is not this machine.*--i-own-this-host"):
        parse_target(f"ws://{host}:8000/ws/")
    assert parse_target(f"ws://{host}:8000/ws/", own_host=True).host == host.strip("[]")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("wss://127.0.0.1/ws/", "speaks no TLS: end TLS elsewhere, and measure behind the proxy"),
        ("http://127.0.0.1:8000/", "no address of a WebSocket"),
        ("127.0.0.1:8000", "no address of a WebSocket"),
        ("ws:///ws/", "no address of a WebSocket"),
        ("ws://127.0.0.1:0/ws/", "no address of a WebSocket"),
        ("ws://127.0.0.1:70000/", "is no address"),
        ("ws://[::1/", "is no address"),
        ("ws://nowhere.invalid/", "nowhere.invalid is not known here"),
    ],
)
def test_what_is_no_target_is_refused_in_a_sentence(url, sentence):
    with pytest.raises(LoadError, match=sentence):
        parse_target(url)


def test_a_target_is_written_as_it_was_read():
    assert str(parse_target("ws://[::1]:8000/ws/")) == "ws://[::1]:8000/ws/"
    assert str(parse_target("ws://localhost:8000/ws/")) == "ws://127.0.0.1:8000/ws/"
