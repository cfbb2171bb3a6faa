"""DRF's throttles with one exception: a developer's own machine, where the engine makes the same one."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from rest_framework.throttling import AnonRateThrottle, BaseThrottle

from realtime.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

__all__ = ["AddressThrottle", "address_is_exempt", "client_address"]


class AddressThrottle(AnonRateThrottle):
    """Requests without a user, by address."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        return address_is_exempt(client_address(request)) or super().allow_request(request, view)


def client_address(request: HttpRequest | Request) -> str:
    """Who is asking, behind NUM_PROXIES proxies. Of IPv6 the network: a household has 2^64 addresses."""
    ident = BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]  # reads META alone, which both have
    try:
        address = ip_address(ident)
    except ValueError:
        return ident
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(ip_network((address, 64), strict=False))
    return str(address)


def address_is_exempt(address: str) -> bool:
    """Whether per-address limits are off for it: loopback, where `LOOPBACK_IS_EXEMPT` says so."""
    if not conf().LOOPBACK_IS_EXEMPT:
        return False
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
