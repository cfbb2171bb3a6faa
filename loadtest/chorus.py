"""How a load client speaks to Chorus (docs/reference/protocol.md): hello, auth by token, subscribe, then posts."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Sequence
from typing import Any

from loadtest.dialect import DIGITS, EnterError, Opened, Speech, Template, message_text, open_websocket

__all__ = ["ChorusDialect"]


class ChorusDialect:
    """tokens: an access token for each client, by its number.

    requests_per_s: what the server admits of one connection, as it last said; None before anybody entered.
    """

    speech = Speech(reply=b'{"op":"reply","id":', error=b'{"op":"error"')

    def __init__(self, tokens: Sequence[str], *, path: str = "/ws/") -> None:
        self.requests_per_s: float | None = None
        self._tokens = tokens
        self._path = path
        # A key is used once: another run against the same server takes another beginning.
        self._run = secrets.token_hex(4)

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        opened = await open_websocket(host, port, self._path, headers="Sec-WebSocket-Protocol: chorus.v1.json\r\n")
        try:
            self._greeted(await _hear(opened, "hello"))
            await opened.send(_json({"op": "auth", "id": 1, "token": self._tokens[number]}))
            await _hear(opened, "reply")
            await opened.send(_json({"op": "subscribe", "id": 2, "topic": f"chat/{room}"}))
            await _hear(opened, "reply")
            return opened.done()
        except BaseException:
            opened.close()
            raise

    def message(self, room: str, text_bytes: int) -> Template:
        number = DIGITS.decode()
        text = json.dumps(message_text(text_bytes).decode())
        # No zeros in front of the number: they would be taken for its place.
        key = f"{self._run}-0000-4000-8000-ff{number}"
        return Template.of(
            f'{{"op":"send","id":{number},"topic":"chat/{room}","event":"message.post","data":{{"text":{text}}},'
            f'"key":"{key}"}}'.encode()
        )

    def _greeted(self, hello: dict[str, Any]) -> None:
        self.requests_per_s = float(hello["limits"]["requests_per_s"])


async def _hear(opened: Opened, op: str) -> dict[str, Any]:
    """The next frame, which has to be this one. Raises EnterError with the code of an error that came instead."""
    payload = await opened.receive()
    try:
        frame = json.loads(payload)
    except ValueError:
        frame = None
    if not isinstance(frame, dict) or frame.get("op") != op:
        code = str(frame.get("code", "")) if isinstance(frame, dict) else ""
        raise EnterError(f"expected {op!r} and got {payload[:300].decode(errors='replace')}", code=code)
    return frame


def _json(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()
