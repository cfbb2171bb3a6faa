"""Whose allowance of connections one more counts on."""

from __future__ import annotations

import pytest
from rest_framework.settings import api_settings

from realtime.auth.address import connection_address

PEER = ("10.0.0.9", 4711)


def scope(*forwarded: bytes, client: tuple[str, int] | None = PEER) -> dict[str, object]:
    return {"client": client, "headers": [(b"x-forwarded-for", value) for value in forwarded]}


@pytest.fixture
def proxies(monkeypatch):
    def stand_before(count: int | None) -> None:
        monkeypatch.setattr(api_settings, "NUM_PROXIES", count, raising=False)

    return stand_before


@pytest.mark.parametrize("count", [0, None])
def test_without_proxies_of_ours_the_header_is_anybodys_word(proxies, count):
    proxies(count)
    assert connection_address(scope(b"203.0.113.7")) == "10.0.0.9"


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (1, [b"203.0.113.7"], "203.0.113.7"),
        (1, [b"made up, 203.0.113.7"], "203.0.113.7"),
        (1, [b"made up", b"203.0.113.7"], "203.0.113.7"),
        (2, [b"made up, 203.0.113.7, 10.0.0.1"], "203.0.113.7"),
        (2, [b"203.0.113.7"], "203.0.113.7"),
        (1, [], "10.0.0.9"),
    ],
)
def test_each_proxy_of_ours_adds_one_entry_that_is_believed(proxies, count, forwarded, address):
    proxies(count)
    assert connection_address(scope(*forwarded)) == address


def test_a_unix_socket_has_no_address(proxies):
    proxies(0)
    assert connection_address(scope(client=None)) is None
