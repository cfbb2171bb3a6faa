"""The figures of a load test: a table for people, and the same as JSON (docs/how-to/load-test.md lists the keys)."""

from __future__ import annotations

from typing import Any

from loadtest.histogram import Histogram
from loadtest.run import Measured

__all__ = ["BUSY_SHARE", "as_json", "as_text", "busy_share", "complaints", "deliveries_per_s"]

BUSY_SHARE = 0.85
"""Above it the generator's own processor may be what was measured."""
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def complaints(measured: Measured) -> list[str]:
    """What is missing, a sentence each; empty where the run is complete."""
    crowd, outcome = measured.crowd, measured.outcome
    unanswered = max(0, outcome.sent - outcome.acknowledged - outcome.refused)
    found = [
        (crowd.failed, f"{crowd.failed} of {_clients(measured)} clients did not get in, the first because: "),
        (outcome.refused, f"{_several(outcome.refused, 'refusal')}, the first: {outcome.first_error}"),
        (unanswered, f"{_several(unanswered, 'message')} without an answer."),
        (outcome.missing, f"{_several(outcome.missing, 'delivery', 'deliveries')} missing of {outcome.expected:,}."),
        (outcome.doubled, f"{_several(outcome.doubled, 'delivery', 'deliveries')} to somebody who had it already."),
        (outcome.misplaced, f"{_several(outcome.misplaced, 'delivery', 'deliveries')} in a wrong room."),
        (
            outcome.disordered,
            f"{_several(outcome.disordered, 'room')} whose members differ in what they got, or in its order.",
        ),
        (outcome.closed, f"{_several(outcome.closed, 'connection')} ended{_codes(outcome.close_codes)}."),
    ]
    said = [sentence for count, sentence in found if count]
    if crowd.failed:
        said[0] += crowd.first_error
    return said


def busy_share(measured: Measured) -> float:
    """How much of one processor the generator took, 0 to 1."""
    outcome = measured.outcome
    return outcome.cpu_s / outcome.took_s if outcome.took_s else 0.0


def deliveries_per_s(measured: Measured) -> float:
    """From the beginning to the last delivery, so that a server which lags is slower."""
    outcome = measured.outcome
    return outcome.deliveries / outcome.last_delivery_s if outcome.last_delivery_s else 0.0


def as_json(measured: Measured) -> dict[str, Any]:
    """Times in ms where the key says so, else in seconds."""
    plan, crowd, outcome = measured.plan, measured.crowd, measured.outcome
    share = busy_share(measured)
    return {
        "complete": not complaints(measured),
        "complaints": complaints(measured),
        "interrupted": measured.interrupted,
        "url": str(plan.target),
        "clients": len(plan.tokens),
        "rooms": list(plan.rooms),
        "rate_per_s": plan.rate,
        "duration_s": plan.duration_s,
        "senders": measured.senders,
        "text_bytes": plan.text_bytes,
        "took_s": round(outcome.took_s, 3),
        "connects": {
            "entered": len(crowd.rooms),
            "failed": crowd.failed,
            "retries": crowd.retries,
            "first_error": crowd.first_error,
            "took_s": round(crowd.took_s, 3),
            "per_s": round(_connects_per_s(measured), 1),
        },
        "messages": {
            "planned": measured.planned,
            "sent": outcome.sent,
            "acknowledged": outcome.acknowledged,
            "refused": outcome.refused,
            "first_error": outcome.first_error,
        },
        "deliveries": {
            "expected": outcome.expected,
            "received": outcome.deliveries,
            "per_s": round(deliveries_per_s(measured), 1),
            "missing": outcome.missing,
            "doubled": outcome.doubled,
            "misplaced": outcome.misplaced,
            "disordered_rooms": outcome.disordered,
        },
        "closed": {
            "connections": outcome.closed,
            "codes": {str(code): count for code, count in sorted(outcome.close_codes.items())},
        },
        "latency_ms": {"delivery": _in_ms(outcome.latency), "ack": _in_ms(outcome.acks)},
        "generator": {"cpu_share": round(share, 3), "busy": share > BUSY_SHARE},
    }


def as_text(measured: Measured) -> str:
    """Twenty lines at most."""
    plan, crowd, outcome, said = measured.plan, measured.crowd, measured.outcome, complaints(measured)
    share = busy_share(measured)
    asked = (
        f"{_several(_clients(measured), 'client')} in {_several(len(plan.rooms), 'room')} of {plan.target}; in each "
        f"{_senders(measured)}, {plan.rate:g} messages/s, {plan.duration_s:g} s, "
        f"{plan.text_bytes} bytes of text"
    )
    lines = [
        asked,
        "",
        f"entered    {len(crowd.rooms):,} in {crowd.took_s:.1f} s, {_connects_per_s(measured):,.0f}/s"
        + (f", after {crowd.retries:,} answers to come later" if crowd.retries else ""),
        f"sent       {outcome.sent:,}" + (f" of {measured.planned:,}, then ended" if measured.interrupted else ""),
        f"answered   {outcome.acknowledged:,}, and {outcome.refused:,} refused",
        f"delivered  {outcome.deliveries:,} of {outcome.expected:,}, {deliveries_per_s(measured):,.0f}/s",
        "",
        "        ms " + "".join(f"{name:>10}" for name in QUANTILES),
        "delivery   " + _row(outcome.latency),
        "answer     " + _row(outcome.acks),
        "",
        f"The generator took {share:.0%} of a processor.",
    ]
    if share > BUSY_SHARE:
        lines.append("That is so much that it may have measured itself: use fewer clients, or a faster machine.")
    return "\n".join([*lines, *(said or ["Complete: everybody got everything once, in one order."])])


# --- helpers --------------------------------------------------------------------------------------


def _in_ms(histogram: Histogram) -> dict[str, float | None]:
    """None where nothing was measured."""
    return {
        name: round(histogram.quantile(share) * 1e3, 3) if histogram.total else None
        for name, share in QUANTILES.items()
    }


def _row(histogram: Histogram) -> str:
    return "".join(f"{'–' if value is None else f'{value:,.1f}':>10}" for value in _in_ms(histogram).values())


def _clients(measured: Measured) -> int:
    return len(measured.plan.tokens)


def _connects_per_s(measured: Measured) -> float:
    crowd = measured.crowd
    return len(crowd.rooms) / crowd.took_s if crowd.took_s else 0.0


def _several(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _senders(measured: Measured) -> str:
    raised = measured.plan.senders is not None and measured.senders > measured.plan.senders
    return _several(measured.senders, "sender") + (" (raised for the rate)" if raised else "")


def _codes(codes: dict[int, int]) -> str:
    """1 stands for an end without a code."""
    said = [f"{count} with {code}" if code > 1 else f"{count} without a code" for code, count in sorted(codes.items())]
    return f" ({', '.join(said)})" if said else ""
