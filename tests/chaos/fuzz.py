"""`python -m tests.chaos.fuzz`: a million mutated frames for the decoder, and broken WebSocket bytes for `serve`.

Out of the decoder may come a frame or a protocol error, nothing else; the server may answer or close, and must
go on serving a well-behaved client beside it without one error in its log.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from websockets.sync.client import connect

from realtime.protocol.decode import decode
from realtime.protocol.errors import RealtimeError
from tests.chaos.stack import Stack, running_stack

FRAME_BYTES = 65_536
EXAMPLES = Path(__file__).parent.parent / "wire" / "examples.json"
INTERESTING = [b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"[" * 600, b'{"a":' * 600, b"1e999", b"-0", b"9" * 400]
HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
FRAMES_PER_SOCKET = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000, help="for the decoder")
    parser.add_argument("--sockets", type=int, default=2_000, help="for the server")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    _decoder(rng, options.frames)
    with running_stack() as stack:
        return _server(rng, stack, options.sockets)


def _decoder(rng: random.Random, count: int) -> None:
    seeds, began = list(_seeds()), time.monotonic()
    outcomes: dict[str, int] = {}
    for _ in range(count):
        raw = mutated(rng, rng.choice(seeds))
        given = raw.decode("utf-8", "surrogatepass") if rng.random() < 0.3 and _is_text(raw) else raw
        try:
            outcome = type(decode(given, frame_bytes=FRAME_BYTES)).__name__
        except RealtimeError as refusal:
            outcome = type(refusal).__name__
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(f"decoder: {count:,} inputs in {time.monotonic() - began:.0f} s: {outcomes}")


def _server(rng: random.Random, stack: Stack, sockets: int) -> int:
    seeds, began, sent = list(_seeds()), time.monotonic(), 0
    with connect(stack.chorus.ws_url) as witness:
        witness.recv()
        witness.send(json.dumps({"op": "auth", "id": 1, "token": stack.tokens(1, "fuzz")[0]}))
        for _ in range(sockets):
            sent += _one_socket(rng, stack.chorus.port, seeds)
            witness.ping().wait(10)
    log = stack.chorus.log_path.read_text()
    errors = [line for line in log.splitlines() if "[error" in line or "Traceback" in line]
    took_s = time.monotonic() - began
    print(f"serve: {sent:,} broken frames on {sockets:,} sockets in {took_s:.0f} s, {len(errors)} errors")
    print("\n".join(errors[:20]))
    return 1 if errors or len(stack.workers()) != 2 else 0


def _one_socket(rng: random.Random, port: int, seeds: list[bytes]) -> int:
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(HANDSHAKE if rng.random() < 0.9 else mutated(rng, HANDSHAKE))
        try:
            if rng.random() < 0.9:
                connection.recv(65_536)
            for _ in range(FRAMES_PER_SOCKET):
                connection.sendall(_frame(rng, mutated(rng, rng.choice(seeds))))
                sent += 1
        except OSError:
            pass  # the server closed, as it may
    return sent


def _frame(rng: random.Random, payload: bytes) -> bytes:
    """A client's frame of RFC 6455 (5.2), mostly well formed, sometimes with any opcode, flag, mask or length."""
    wild = rng.random() < 0.2
    first = rng.randrange(256) if wild else 0x81
    mask = 0x80 if not wild or rng.random() < 0.7 else 0
    size = len(payload) if not wild or rng.random() < 0.7 else rng.randrange(2**16)
    if size < 126:
        head = bytes([first, mask | size])
    elif size < 2**16:
        head = bytes([first, mask | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + size.to_bytes(8, "big")
    key = os.urandom(4) if mask else b""
    body = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload)) if key else payload
    return head + key + body


def mutated(rng: random.Random, seed: bytes) -> bytes:
    """`seed` after one to six changes."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[at:at] = rng.choice(INTERESTING)
            case 1:
                del data[at : at + rng.randint(1, 8)]
            case 2:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                data[at:at] = data[rng.randrange(len(data) + 1) :][: rng.randint(1, 40)]
            case 4:
                data[at:at] = rng.choice([b'"', b",", b":", b"{", b"}", b"[", b"]", b"null", b"true", b"1", b"\\"])
            case _:
                data = data[:at]
    return bytes(data)


def _seeds() -> Iterator[bytes]:
    """Good frames and bad ones: the wire examples that both languages' tests run."""
    for value in _objects(json.loads(EXAMPLES.read_text())):
        yield json.dumps(value).encode()


def _objects(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        if "op" in value:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
