"""What `manage.py loadtest` is asked for, and the tokens it is given."""

from __future__ import annotations

import argparse
import sys
from math import isfinite
from pathlib import Path

from loadtest.errors import LoadError

__all__ = ["add_arguments", "client_count", "read_tokens"]

CLIENTS = 500
TEXT_BYTES_MIN = 11
"""`#` and the ten digits by which a message is known."""
TEXT_BYTES_MAX = 4_000
"""What Chorus takes (docs/reference/protocol.md)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All but what the product adds."""
    parser.add_argument("--url", help="the server's WebSocket, ws:// (where HOST and PORT have it)")
    parser.add_argument("--clients", type=_whole, metavar="N", help=f"clients, one account each ({CLIENTS})")
    parser.add_argument("--room", default="loadtest", help="the room they talk in (%(default)s)")
    parser.add_argument(
        "--rooms",
        type=_whole,
        metavar="N",
        help="spread them over ROOM-0 to ROOM-(N-1), as loadtest_users does (one room, called ROOM)",
    )
    parser.add_argument("--rate", type=_number, default=20, help="messages/s in each room (%(default)s)")
    parser.add_argument("--duration", type=_number, default=30, metavar="S", help="seconds (%(default)s)")
    parser.add_argument("--senders", type=_whole, metavar="N", help="how many of each room send (10, or as it needs)")
    parser.add_argument(
        "--text-bytes",
        type=_text_bytes,
        default=64,
        metavar="N",
        help=f"size of a message's text, {TEXT_BYTES_MIN} to {TEXT_BYTES_MAX} (%(default)s)",
    )
    parser.add_argument(
        "--tokens", metavar="FILE", help="a token a line, as loadtest_users prints them; - is standard input"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--i-own-this-host", action="store_true", help="load another machine than this one")


def client_count(clients: int | None, *, rooms: int, tokens: list[str] | None) -> int:
    """As many as asked for, or as there are tokens. Raises LoadError where that does not go together."""
    if tokens is not None and clients is not None and len(tokens) < clients:
        raise LoadError(f"There are {len(tokens)} tokens for {clients} clients, and each needs its own.")
    count = clients or (CLIENTS if tokens is None else len(tokens))
    if count < rooms:
        raise LoadError(f"{count} clients do not fill {rooms} rooms.")
    return count


def read_tokens(file: str) -> list[str]:
    """Those of a file, one a line. Raises LoadError where there is none."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        raise LoadError(f"The tokens in {file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    tokens = text.split()
    if not tokens:
        raise LoadError(f"There are no tokens in {'standard input' if file == '-' else file}.")
    return tokens


def _whole(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1, not {text!r}")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not isfinite(number) or number <= 0:
        raise argparse.ArgumentTypeError(f"a number above 0, not {text!r}")
    return number


def _text_bytes(text: str) -> int:
    number = _whole(text)
    if not TEXT_BYTES_MIN <= number <= TEXT_BYTES_MAX:
        raise argparse.ArgumentTypeError(f"{TEXT_BYTES_MIN} to {TEXT_BYTES_MAX}, not {text}")
    return number
