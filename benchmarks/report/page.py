"""The Markdown page of a run: targets first, then every case with all that was measured, then what it was made on."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.case import CHORUS, SOCKETIO, STOCK, Case
from benchmarks.cases import CASES
from benchmarks.report.published import PUBLISHED
from benchmarks.report.words import (
    advantage,
    measured_words,
    ratio_words,
    system_title,
    value_words,
    verdict_words,
)
from benchmarks.results import Results
from benchmarks.systems import SYSTEMS

__all__ = ["page"]


def page(results: Results, picture: str) -> str:
    """picture: the picture's file name, beside the page."""
    parts = [
        f"# Chorus measured beside other servers, {results.began[:10]}",
        _head(results),
        f"![Deliveries a second, latencies and growth]({picture})",
        "## Targets",
        "Above 1 ×, Chorus is better in the figure of the target; below, it is worse.",
        _targets(results),
        *[part for case in CASES.values() if results.of(case.name) for part in _case(case, results)],
        *_faults(results),
        "## Versions",
        _versions(results),
        "## What others have published",
        _published(),
    ]
    return "\n\n".join(parts) + "\n"


def _head(results: Results) -> str:
    machine = results.machine
    programs = ", ".join(f"{name} {version}" for name, version in machine.programs.items())
    kind = "A quick run: few seconds for each figure, and no base for comparisons. " if results.quick else ""
    rest = "" if results.ended else "**The run was interrupted; this is what it had measured.** "
    return (
        f"{kind}{rest}{machine.cpu}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.kernel}; {programs}. "
        f"Begun {results.began}; {results.rounds} round{'s' if results.rounds != 1 else ''}, "
        "medians of those that count. The server runs on one core; the load, PostgreSQL and Redis on another. "
        "How it is measured, and what is not: "
        "[benchmark](../../docs/how-to/benchmark.md)."
    )


def _targets(results: Results) -> str:
    rows = []
    for case in CASES.values():
        medians = results.medians_of(case.name)
        for verdict in case.verdicts(results.of(case.name)) if results.of(case.name) else ():
            figure = case.figure(verdict.target.figure)
            ratios = [ratio_words(advantage(figure, medians, CHORUS, others)) for others in (SOCKETIO, STOCK)]
            rows.append(
                [
                    f"[{case.title}](#{case.name})",
                    verdict.target.sentence,
                    measured_words(case, verdict),
                    verdict_words(verdict),
                    *ratios,
                ]
            )
    heads = ["case", "target", "measured", "", "better than Socket.IO + Redis by", "than stock Channels by"]
    return _table(heads, rows)


def _case(case: Case, results: Results) -> list[str]:
    medians = results.medians_of(case.name)
    shown = [figure for figure in case.figures if any(figure.key in values for values in medians.values())]
    first = case.figures[0]
    names = [name for name in SYSTEMS if any(sample.system == name for sample in results.of(case.name))]
    compared = names != [CHORUS]
    heads = [
        "system",
        *(f"{figure.title}, {figure.unit}" if figure.unit else figure.title for figure in shown),
        *(["Chorus is better by"] if compared else []),
    ]
    rows = []
    for name in names:
        values = medians.get(name, {})
        cells = [value_words(figure, values.get(figure.key), unit=False) for figure in shown]
        ratio = "" if name == CHORUS else ratio_words(advantage(first, medians, CHORUS, [name]))
        rows.append([system_title(name), *cells, *([ratio if values else "does not count"] if compared else [])])
    notes = [
        f"- {sample.system}, round {sample.round}: {note}"
        for sample in results.of(case.name)
        for note in sample.finding.notes
    ]
    return [
        f'<a id="{case.name}"></a>\n\n## {case.title}',
        case.what,
        _table(heads, rows),
        *(["\n".join(notes)] if notes else []),
    ]


def _faults(results: Results) -> list[str]:
    faulty = results.faulty()
    if not faulty:
        return []
    rows = [
        [sample.case, sample.system, str(sample.round), "; ".join(sample.finding.faults).replace("\n", " ")[:300]]
        for sample in faulty
    ]
    return ["## Runs that do not count", _table(["case", "system", "round", "why"], rows)]


def _versions(results: Results) -> str:
    rows = [
        [system_title(name), ", ".join(f"{package} {version}" for package, version in versions.items())]
        for name, versions in results.versions.items()
    ]
    return _table(["system", "runs on"], rows)


def _published() -> str:
    head = (
        "Not measured here: what others say of servers that are not part of this benchmark, on machines and under "
        "loads of their own. Nothing above is computed from it."
    )
    return (
        head
        + "\n\n"
        + _table(["server", "published", "by"], [[each.server, each.says, each.source] for each in PUBLISHED])
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)
