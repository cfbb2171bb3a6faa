"""The protocol of Channels' chat tutorial, which the ws server of this benchmark speaks as well.

The address names the room, so to be connected is to be in it: both servers answer the upgrade only then.
"""

from __future__ import annotations

import json
import socket

from loadtest.dialect import Speech
from loadtest.link import entering
from loadtest.template import Template, message_text

__all__ = ["ChatDialect"]


class ChatDialect:
    """`{"message": …}` in both directions."""

    speech = Speech()
    number_of = None

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        async with entering(host, port) as link:
            await link.upgrade(f"/ws/chat/{room}/")
            return link.release()

    def message(self, room: str, text_bytes: int) -> Template:
        return Template.of(json.dumps({"message": message_text(text_bytes)}).encode())
