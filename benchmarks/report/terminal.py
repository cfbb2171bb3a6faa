"""What is printed while a run goes on, and at its end."""

from __future__ import annotations

from benchmarks.case import CHORUS, SOCKETIO, STOCK
from benchmarks.cases import CASES
from benchmarks.report.words import advantage, measured_words, ratio_words, value_words, verdict_words
from benchmarks.results import Results
from benchmarks.sample import Sample

__all__ = ["line", "table"]

SHOWN = 5
HEADINGS = ("case", "target", "measured", "", "Socket.IO + Redis", "stock Channels")


def line(sample: Sample) -> str:
    """One measurement in a line, and what is wrong with it."""
    case = CASES[sample.case]
    found = sample.finding
    figures = [
        f"{figure.title} {value_words(figure, found.figures[figure.key])}"
        for figure in case.figures[:SHOWN]
        if figure.key in found.figures
    ]
    if "load_core" in found.figures:
        figures.append(f"load's core {found.figures['load_core']:.0f} % busy")
    head = f"· {sample.round}: {sample.case}, {sample.system}: {', '.join(figures)}".rstrip(": ")
    return "\n".join([head, *(f"    {text}" for text in (*found.faults, *found.notes))])


def table(results: Results) -> str:
    """Every target with what it came to, and how many times better Chorus is than others in the same figure."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for case in CASES.values():
        medians = results.medians_of(case.name)
        for verdict in case.verdicts(results.of(case.name)):
            if not results.of(case.name):
                continue
            figure = case.figure(verdict.target.figure)
            ratios = [ratio_words(advantage(figure, medians, CHORUS, others)) for others in (SOCKETIO, STOCK)]
            said = verdict_words(verdict).strip("*")
            rows.append((case.name, verdict.target.sentence, measured_words(case, verdict), said, *ratios))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
