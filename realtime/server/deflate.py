"""permessage-deflate (RFC 7692) as `serve` speaks it: in both directions each message is compressed on its own.

Without context takeover a compressed frame is the same for everybody, so that it is made once
(realtime/hub/forms.py) and passes this extension as it is. What comes in is inflated by the websockets library,
which stops at the size a message may have. Decision: docs/decisions/0023-compressed-once.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame
from websockets.typing import ExtensionParameter

from realtime.hub.forms import DEFLATE_WINDOW_BITS

__all__ = ["SharedDeflate", "SharedDeflateFactory"]


class SharedDeflate(PerMessageDeflate):
    """Inflates; what goes out is left alone, for whoever wrote it has compressed it, or wants it as it is."""

    def __init__(self, client_max_window_bits: int) -> None:
        super().__init__(True, True, client_max_window_bits, DEFLATE_WINDOW_BITS)

    def encode(self, frame: Frame) -> Frame:
        return frame


class SharedDeflateFactory(ServerPerMessageDeflateFactory):
    """Takes an offer unless it wants a smaller window than everybody else's; the client may offer another."""

    def __init__(self) -> None:
        super().__init__(server_no_context_takeover=True, client_no_context_takeover=True)

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], SharedDeflate]:
        answer, agreed = super().process_request_params(params, accepted_extensions)
        if agreed.local_max_window_bits < DEFLATE_WINDOW_BITS:
            raise NegotiationError("one window for all")
        return answer, SharedDeflate(agreed.remote_max_window_bits)
