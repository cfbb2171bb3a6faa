"""Numbers as reports write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.case import Case, Figure, Verdict, best_of
from benchmarks.systems import SYSTEMS

__all__ = ["advantage", "measured_words", "ratio_words", "system_title", "value_words", "verdict_words"]

Medians = Mapping[str, Mapping[str, float]]


def value_words(figure: Figure, value: float | None, *, unit: bool = True) -> str:
    """`300,000 deliveries/s`; a dash where there is none."""
    if value is None:
        return "–"
    digits = figure.digits if abs(value) < 100 else 0
    text = f"{value:,.{digits}f}"
    if not unit or not figure.unit:
        return text
    return f"{text} {figure.unit}"


def ratio_words(ratio: float | None) -> str:
    """`5.3 ×`, with as many digits as mean something."""
    if ratio is None:
        return "–"
    return f"{ratio:,.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×" if ratio >= 2 else f"{ratio:.2f} ×"


def advantage(figure: Figure, medians: Medians, system: str, others: Sequence[str]) -> float | None:
    """How many times better `system` is than the best of the others: above 1 is better, below 1 is worse."""
    own, other = medians.get(system, {}).get(figure.key), best_of(figure, medians, others)
    if not own or not other:
        return None
    return own / other if figure.better == "high" else other / own


def measured_words(case: Case, verdict: Verdict) -> str:
    """What a target's figure came to."""
    if verdict.target.against:
        return ratio_words(verdict.measured)
    return value_words(case.figure(verdict.target.figure), verdict.measured)


def verdict_words(verdict: Verdict) -> str:
    """In Markdown; a miss stands out."""
    return {None: "not judged", True: "met", False: "**missed**"}[verdict.met]


def system_title(name: str) -> str:
    """What readers know a system by; its name where it is not measured any more."""
    return SYSTEMS[name].title if name in SYSTEMS else name
