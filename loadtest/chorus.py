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
    """tokens: an access token for each client, by its number."""

    speech = Speech(reply=b'{"op":"reply","id":', error=b'{"op":"error"')

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        # A key is used once: another run against the same server takes another beginning.
        self._run = secrets.token_hex(4)

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        opened = await open_websocket(host, port, "/ws/", headers="Sec-WebSocket-Protocol: chorus.v1.json\r\n")
        try:
            await _hear(opened, "hello")
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
        key = f"{self._run}-0000-4000-8000-00{number}"
        return Template.of(
            f'{{"op":"send","id":{number},"topic":"chat/{room}","event":"message.post","data":{{"text":{text}}},'
            f'"key":"{key}"}}'.encode()
        )


async def _hear(opened: Opened, op: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await opened.receive())
    if frame["op"] != op:
        raise EnterError(f"expected {op!r} and got {json.dumps(frame)[:300]}")
    return frame


def _json(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()
