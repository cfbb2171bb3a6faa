"""The socket a client speaks through, as little of it as the client needs, and its usual implementation.

Only this module knows the `websockets` library; tests and other libraries bring a `Dial` of their own.
"""

import errno
import socket as sockets
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Origin, Subprotocol

from realtime.client.states import Reason
from realtime.protocol.encodings import JSON, encoding_of

__all__ = ["Address", "Dial", "DialError", "Socket", "SocketEnded", "dial"]

# A subscribe reply may hold a long snapshot; beyond this the other end is no server of ours.
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
# How long the closing handshake may take before the connection is just dropped.
CLOSE_WITHIN_S: Final = 2.0

_NO_NETWORK: Final = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH}


class Address(msgspec.Struct, frozen=True):
    """Where to connect, and what to say at the door.

    subprotocols: those we speak, the dearest first. compression: whether messages may be compressed, where the
    server does it, too.
    """

    url: str
    headers: Mapping[str, str]
    origin: str | None = None
    subprotocols: tuple[str, ...] = (JSON.subprotocol,)
    compression: bool = False


class SocketEnded(Exception):  # noqa: N818 - an end is no error here
    """The connection is over; `code` is 1006 where the other end did not say why."""

    def __init__(self, code: int = 1006, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)


class DialError(Exception):
    """No connection came about."""

    def __init__(self, reason: Reason, message: str, *, retry_after_s: float | None = None) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Socket(Protocol):
    """An open WebSocket. `subprotocol`: what the server chose of those offered; None means JSON."""

    @property
    def subprotocol(self) -> str | None: ...

    async def send(self, frame: bytes) -> None:
        """Send a frame of the subprotocol: UTF-8 as a text message, MessagePack as a binary one. Raises SocketEnded."""

    async def receive(self) -> str | bytes:
        """Wait for the next message. Raises SocketEnded. Used by one task at a time."""

    async def close(self) -> None:
        """Close with 1000, within CLOSE_WITHIN_S."""

    def abort(self) -> None:
        """Drop the connection at once: `receive` raises SocketEnded."""


class Dial(Protocol):
    """Opens a socket. Raises DialError. Safe to cancel."""

    async def __call__(self, address: Address) -> Socket: ...


async def dial(address: Address) -> Socket:
    """Connect with the `websockets` library. The caller sets the time limit."""
    try:
        connection = await connect(
            address.url,
            origin=None if address.origin is None else Origin(address.origin),
            subprotocols=[Subprotocol(name) for name in address.subprotocols],
            additional_headers=dict(address.headers),
            extensions=[_deflate] if address.compression else None,
            compression=None,
            proxy=None,
            open_timeout=None,
            ping_interval=None,  # the protocol has its own heartbeat
            close_timeout=CLOSE_WITHIN_S,
            max_size=MESSAGE_BYTES_MAX,
        )
    except InvalidURI as error:
        raise DialError(Reason.BAD_URL, str(error)) from error
    except InvalidStatus as error:
        wait_s = _seconds(error.response.headers.get("Retry-After"))
        raise DialError(Reason.LOST, str(error), retry_after_s=wait_s) from error
    except (OSError, InvalidHandshake, EOFError, ValueError) as error:
        raise DialError(_reason(error), str(error)) from error
    return _Socket(connection)


# Each message on its own, as the server does it; and level 1, for what a client sends is short.
_deflate: Final = ClientPerMessageDeflateFactory(
    server_no_context_takeover=True, client_no_context_takeover=True, compress_settings={"level": 1}
)


class _Socket:
    __slots__ = ("_connection", "_is_text", "subprotocol")

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.subprotocol: str | None = connection.subprotocol
        self._is_text = encoding_of(self.subprotocol).carrier is str

    async def send(self, frame: bytes) -> None:
        try:
            await self._connection.send(frame, text=self._is_text)
        except ConnectionClosed as error:
            raise _ended(error) from error

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise _ended(error) from error

    async def close(self) -> None:
        await self._connection.close()

    def abort(self) -> None:
        self._connection.transport.abort()


def _ended(error: ConnectionClosed) -> SocketEnded:
    # What the server said comes first: our own code in `sent` may only say that we gave up.
    close = error.rcvd or error.sent
    return SocketEnded() if close is None else SocketEnded(close.code, close.reason)


def _reason(error: Exception) -> Reason:
    no_name = isinstance(error, sockets.gaierror)
    return Reason.NETWORK if no_name or getattr(error, "errno", None) in _NO_NETWORK else Reason.LOST


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
