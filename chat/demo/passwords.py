"""The password of the demo's accounts: another in every clone, the same on every run, written down nowhere.

Made of the SECRET_KEY: whoever knows that can forge a session and needs no password
(docs/decisions/0017-local-settings.md).
"""

from __future__ import annotations

from typing import Final

from django.utils.crypto import salted_hmac

__all__ = ["demo_password"]

# No letters and digits that are taken for each other.
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS: Final = 3
_GROUP: Final = 4


def demo_password() -> str:
    """Three groups of four characters: 60 bits."""
    digest = salted_hmac("chat.demo", "password", algorithm="sha256").digest()
    letters = [_ALPHABET[byte % len(_ALPHABET)] for byte in digest[: _GROUPS * _GROUP]]
    return "-".join("".join(letters[start : start + _GROUP]) for start in range(0, len(letters), _GROUP))
