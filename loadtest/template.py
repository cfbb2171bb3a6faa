"""A message as bytes, with holes for its number: made once, sent thousands of times."""

from __future__ import annotations

from dataclasses import dataclass

from loadtest.frames import Opcode, client_frame

__all__ = ["NUMBER", "NUMBER_DIGITS", "Template", "message_text"]

NUMBER_DIGITS = 10
NUMBER = "0" * NUMBER_DIGITS
"""What stands where a number is to be, in every payload that is made into a template."""

WORDS = "the quick brown fox jumps over the lazy dog "


@dataclass(frozen=True, slots=True)
class Template:
    """A client's message as bytes, with holes whoever sends it fills.

    frame: a complete masked client frame with the masking key 00000000, so its payload stands in it as it is.
    number_at: the offsets in `frame` where the ten ASCII digits of the message's number go.
    """

    frame: bytes
    number_at: tuple[int, ...]

    @classmethod
    def of(cls, payload: bytes, opcode: Opcode = Opcode.TEXT) -> Template:
        """Make one of a payload in which `NUMBER` stands once or more. Raises ValueError if it does not."""
        frame = client_frame(payload, opcode)
        places = []
        # The payload begins where the frame has what is not head; the head's zeros are no number.
        at = frame.find(NUMBER.encode(), len(frame) - len(payload))
        while at >= 0:
            places.append(at)
            at = frame.find(NUMBER.encode(), at + NUMBER_DIGITS)
        if not places:
            raise ValueError(f"no place for a number in {payload!r}")
        return cls(frame, tuple(places))

    def numbered(self, number: int) -> bytes:
        """Give the frame with its number in it. Raises ValueError for a number of more than ten digits."""
        digits = f"{number:0{NUMBER_DIGITS}d}".encode()
        if len(digits) != NUMBER_DIGITS or number < 0:
            raise ValueError(f"{number} is not a number of {NUMBER_DIGITS} digits")
        frame = bytearray(self.frame)
        for at in self.number_at:
            frame[at : at + NUMBER_DIGITS] = digits
        return bytes(frame)


def message_text(text_bytes: int) -> str:
    """Give the text of a message: `#`, its number, and words up to that many characters.

    A reader finds the number behind the only `#` of a frame. Raises ValueError if there is no room for it.
    """
    if text_bytes <= NUMBER_DIGITS:
        raise ValueError(f"a text of {text_bytes} bytes has no room for its number")
    return f"#{NUMBER} {WORDS * (text_bytes // len(WORDS) + 1)}"[:text_bytes]
