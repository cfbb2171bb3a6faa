"""Who may read the metrics, and who only looks as if."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from realtime.metrics.access import address_allowed, asking_address, token_allowed
from realtime.metrics.views import metrics

TOKEN = "a-token-of-twenty-characters"
OWN = ["127.0.0.1", "::1"]


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}"])
def test_the_token_lets_in(header):
    assert token_allowed(header, TOKEN)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", f"Token {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ü"])
def test_anything_else_does_not(header):
    assert not token_allowed(header, TOKEN)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer "])
def test_where_there_is_no_token_an_empty_one_is_none(header):
    assert not token_allowed(header, "")


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("127.0.0.1", OWN, True),
        ("::1", OWN, True),
        ("::ffff:127.0.0.1", OWN, True),
        ("127.0.0.2", OWN, False),
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("11.1.2.3", ["10.0.0.0/8"], False),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("127.0.0.1", [], False),
        ("", OWN, False),
        (None, OWN, False),
        ("somewhere", OWN, False),
    ],
)
def test_an_address_is_allowed_or_inside_an_allowed_network(address, networks, allowed):
    assert address_allowed(address, networks) is allowed


def test_without_a_proxy_the_peer_asks():
    assert asking_address({"REMOTE_ADDR": "192.0.2.1"}, 0) == "192.0.2.1"
    assert asking_address({"REMOTE_ADDR": "127.0.0.1"}, 1) == "127.0.0.1"
    assert asking_address({}, 0) is None


@pytest.mark.parametrize(
    "name",
    ["X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "X_REAL_IP", "FORWARDED", "VIA"],
)
@pytest.mark.parametrize("value", ["127.0.0.1", "198.51.100.7", ""])
def test_behind_a_proxy_that_is_none_of_ours_nobody_has_an_address(name, value):
    assert asking_address({"REMOTE_ADDR": "127.0.0.1", f"HTTP_{name}": value}, 0) is None


@pytest.mark.parametrize(
    ("hops", "proxies", "address"),
    [
        ("198.51.100.7", 1, "198.51.100.7"),
        ("127.0.0.1, 198.51.100.7", 1, "198.51.100.7"),
        ("198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        # Fewer than our proxies would have added: not all of them were passed.
        ("10.0.0.2", 2, None),
        ("", 1, None),
        # Nobody comes from this machine through a proxy.
        ("127.0.0.1", 1, None),
        ("::1", 1, None),
        ("::ffff:127.0.0.1", 1, None),
        ("nonsense", 1, None),
    ],
)
def test_behind_proxies_of_ours_it_is_what_they_say(hops, proxies, address):
    assert asking_address({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": hops}, proxies) == address


async def status(rf, user: dict | None = None, **headers: str) -> int:
    """What the page answers to such a request from elsewhere."""
    request = rf.get("/metrics", **{"REMOTE_ADDR": "192.0.2.1", **headers})

    async def auser() -> SimpleNamespace:
        return SimpleNamespace(**{"is_active": True, "is_staff": False, **(user or {})})

    request.auser = auser
    return (await metrics(request)).status_code


async def test_a_stranger_gets_403(rf, settings):
    settings.REALTIME = {"METRICS_TOKEN": TOKEN}
    assert await status(rf) == 403
    assert await status(rf, HTTP_AUTHORIZATION="Bearer wrong") == 403
    assert await status(rf, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="127.0.0.1") == 403


async def test_token_address_and_staff_get_them(rf, settings):
    settings.REALTIME = {"METRICS_TOKEN": TOKEN}
    assert await status(rf, HTTP_AUTHORIZATION=f"Bearer {TOKEN}") == 200
    assert await status(rf, REMOTE_ADDR="127.0.0.1") == 200
    assert await status(rf, {"is_staff": True}) == 200


async def test_who_is_no_staff_any_more_or_not_at_all_gets_403(rf):
    assert await status(rf, {"is_staff": True, "is_active": False}) == 403
    assert await status(rf, {"is_staff": False}) == 403


async def test_machines_are_answered_while_nobody_can_be_looked_up(rf):
    request = rf.get("/metrics", REMOTE_ADDR="127.0.0.1")  # without `auser` a look-up would raise
    response = await metrics(request)
    assert response.status_code == 200
    assert b"chorus_connections_open" in response.content
    assert "no-store" in response["Cache-Control"]


async def test_nothing_can_be_sent_there(rf):
    assert (await metrics(rf.post("/metrics", REMOTE_ADDR="127.0.0.1"))).status_code == 405
