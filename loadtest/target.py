"""Which server is loaded. Another one than this machine's has to be asked for by name: load is an attack elsewhere."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtest.errors import LoadError

__all__ = ["Target", "parse_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """A WebSocket address. host: an address of this machine, or the name of another."""

    host: str
    port: int
    path: str

    def __str__(self) -> str:
        return f"ws://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{self.path}"


def parse_target(url: str, *, own_host: bool = False) -> Target:
    """Read `ws://host:port/path`. own_host: it may be another machine. Raises LoadError."""
    host, port, path = _split(url)
    addresses = _addresses(host, port)
    if all(ipaddress.ip_address(address).is_loopback for address in addresses):
        return Target(addresses[0], port, path)
    if own_host:
        return Target(host, port, path)
    raise LoadError(
        f"{host} is not this machine: load tests are for servers of one's own, and with --i-own-this-host it is done."
    )


def _split(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise LoadError(f"{url!r} is no address: {error}.") from error
    if parts.scheme == "wss":
        raise LoadError(
            "The load engine takes bare sockets and speaks no TLS: end TLS elsewhere, and measure behind the proxy "
            "with ws://."
        )
    if parts.scheme != "ws" or not host or port == 0:
        raise LoadError(f"{url!r} is no address of a WebSocket, such as ws://127.0.0.1:8000/ws/.")
    query = f"?{parts.query}" if parts.query else ""
    return host, port or 80, (parts.path if parts.path.strip("/") else "/ws/") + query


def _addresses(host: str, port: int) -> list[str]:
    """Those of IPv4 first: a server that listens on `localhost` most often does there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise LoadError(f"The host {host} is not known here.") from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return [str(entry[4][0]).partition("%")[0] for entry in found]
