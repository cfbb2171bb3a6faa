"""Numbers as people read them, for the first paint of a page. static/dashboard/numbers.js writes the same.

Pure. tests/dashboard/numbers.json holds the two together.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = ["NOTHING", "number_parts", "number_words"]

NOTHING = "–"
"""Not known."""

KIB = 1024
BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
CLOSE = ("/", "°")
"""Units that stand without a space begin so."""
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
EXACT = Context(prec=400)
"""More digits than a float has before its point, and a field behind it."""


def number_parts(value: float | None, unit: str = "", decimals: int = 0) -> tuple[str, str]:
    """A number and what it is counted in, apart, so that a tile can show the second smaller."""
    if value is None or not math.isfinite(value):
        return NOTHING, ""
    if unit == "B":
        return _bytes(value)
    if unit == "s":
        return _duration(value, decimals), ""
    return _plain(value, decimals), unit


def number_words(value: float | None, unit: str = "", decimals: int = 0) -> str:
    """Both together: 1,204 or 12.5 ms or 3/s or 1.5 MiB or 2 h 05 min, and – for what is not known."""
    number, shown = number_parts(value, unit, decimals)
    return f"{number}{shown}" if not shown or shown.startswith(CLOSE) else f"{number}{SPACE}{shown}"


def _bytes(value: float) -> tuple[str, str]:
    step, size = 0, value
    while abs(size) >= KIB and step < len(BYTES) - 1:
        step, size = step + 1, size / KIB
    return _plain(size, 0 if step == 0 or abs(size) >= 100 else 1), BYTES[step]


def _duration(seconds: float, decimals: int) -> str:
    if seconds < 0:
        return f"{MINUS}{_duration(-seconds, decimals)}"
    if seconds < MINUTE_S:
        return f"{_plain(seconds, decimals)}{SPACE}s"
    whole = int(seconds)
    if whole < HOUR_S:
        return _two(whole // MINUTE_S, "min", whole % MINUTE_S, "s")
    if whole < DAY_S:
        return _two(whole // HOUR_S, "h", whole % HOUR_S // MINUTE_S, "min")
    return _two(whole // DAY_S, "d", whole % DAY_S // HOUR_S, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{SPACE}{large_unit} {small:02}{SPACE}{small_unit}"


def _plain(value: float, decimals: int) -> str:
    # Browsers round half away from zero, and what they round is the number as it is written.
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, EXACT)
    sign = MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):,.{decimals}f}"
