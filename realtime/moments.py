"""Moments as numbers that travel: versions that two processes compare, whatever wrote them.

Knows no feature; what a moment is the version of, its caller says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["micros"]


def micros(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
