"""Who may read the metrics without logging in: who knows the token, and who asks from an allowed network. Pure.

An address lets in, so it is believed less readily than where one is only counted (realtime.auth.address): behind
a proxy on the same machine the whole world would come from 127.0.0.1. Page: docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.utils.crypto import constant_time_compare

__all__ = ["address_allowed", "asking_address", "token_allowed"]

FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_VIA",
)
"""Headers that proxies add. One of them is enough to know that the peer is not who asks."""


def token_allowed(authorization: str, token: str) -> bool:
    """Whether an `Authorization` header brings the token. An empty token lets nobody in."""
    scheme, _, given = authorization.partition(" ")
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)


def asking_address(meta: Mapping[str, str], proxies: int) -> str | None:
    """Who asks, if that is beyond doubt: the peer itself, or what `proxies` proxies of ours say (CHORUS_PROXIES).

    Nobody comes from this machine through a proxy: a loopback address in a header is made up.
    """
    if not any(name in meta for name in FORWARDED):
        return meta.get("REMOTE_ADDR") or None
    hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if not proxies or len(hops) < proxies:
        return None
    address = _parse(hops[-proxies])
    return None if address is None or address.is_loopback else str(address)


def address_allowed(address: str | None, networks: Sequence[str]) -> bool:
    """Whether an address is one of `networks`, or inside one."""
    parsed = _parse(address or "")
    return parsed is not None and any(parsed in ip_network(network) for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # What a socket that listens on both kinds calls an IPv4 peer.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
