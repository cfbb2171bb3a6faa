"""Who we are to the server: a token, kept while it lasts and replaced in time.

Opens and closes nothing; wire.py and connection.py act on what it says.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Final

__all__ = ["RENEW_AT", "Credentials", "TokenSource"]

# The part of a token's life after which it is renewed.
RENEW_AT: Final = 0.75

# A token, or a function that gets a new one; the function is asked again whenever the last will not do.
TokenSource = str | Callable[[], str | Awaitable[str]]


class Credentials:
    """The token of one client. Without a source the session cookie in `headers` has to do."""

    __slots__ = ("_kept", "_source")

    def __init__(self, source: TokenSource | None) -> None:
        self._source = source
        self._kept: str | None = source if isinstance(source, str) else None

    @property
    def exists(self) -> bool:
        return self._source is not None

    @property
    def kept(self) -> bool:
        """Whether `token` answers with one that was used before."""
        return self._kept is not None

    @property
    def can_renew(self) -> bool:
        return callable(self._source)

    def expired(self) -> None:
        """Forget the kept token: it was refused, or its time is over."""
        if self.can_renew:
            self._kept = None

    async def token(self) -> str:
        """The kept token, or a new one. Raises whatever the source raises."""
        if self._kept is None:
            assert callable(self._source), "asked for a token that nobody gave"
            token = self._source()
            self._kept = await token if inspect.isawaitable(token) else token
        return self._kept
