"""The picture of a run: which charts there are, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.case import CHORUS, Case
from benchmarks.cases import CASES
from benchmarks.report import svg
from benchmarks.report.charts import ROW, Bar, Curve, Dot, Frame, Row, bars, dots, lines
from benchmarks.report.words import system_title, value_words
from benchmarks.results import Results
from benchmarks.sample import slope

__all__ = ["picture"]

WIDTH, MARGIN, GAP = 960.0, 28.0, 46.0
PLOT = 230.0
LETTER = 7.2
"""The width of a small letter, rather too much than too little: who reads has other fonts."""
STYLES = {CHORUS: "own", "socketio-redis": "second", "ws": "third"}
"""Who is drawn where there is no place for all."""
LATENCY = "ms"


@dataclass(frozen=True, slots=True)
class Panel:
    """One titled part of the picture, `height` high with its title."""

    height: float
    parts: list[str]


def picture(results: Results) -> str:
    """SVG, readable in light and dark. Leaves out what was not measured."""
    parts, y = [], MARGIN
    for draw in (_rates, _latencies, _curves, _growth):
        panel = draw(results, y)
        if panel is not None:
            parts += panel.parts
            y += panel.height + GAP
    if not parts:
        parts, y = [svg.text(MARGIN, y + 20, "Nothing was measured.", "title")], y + 30 + GAP
    machine = results.machine
    foot = f"{results.began[:10]} · {machine.cpu} · one core for the server, one for the load · {machine.kernel}"
    parts.append(svg.text(MARGIN, y - 12, foot, "soft small"))
    description = "Deliveries a second, latencies and growth of Chorus beside other servers; the page has the numbers."
    return svg.document(WIDTH, y + 8, "Chorus measured beside other servers", description, parts)


def _rates(results: Results, y: float) -> Panel | None:
    case = CASES["room-rate"]
    medians = results.medians_of(case.name)
    rows = [_rate_bar(name, values) for name, values in medians.items()]
    rows.sort(key=lambda row: row.value, reverse=True)
    if not rows:
        return None
    goal = next((target.at_least, f"target {target.at_least:,.0f}") for target in case.targets if target.at_least)
    parts = [
        svg.text(MARGIN, y + 12, "One room of 500: deliveries a second sustained with p99 ≤ 50 ms", "title"),
        *bars(Frame(MARGIN, y + 48, WIDTH - 2 * MARGIN, 0), rows, goal),
    ]
    return Panel(48 + ROW * len(rows) + 20, [svg.group(parts, case.title)])


def _rate_bar(name: str, values: Mapping[str, float]) -> Bar:
    """Where p99 was never within the bound, the rate that was kept up with, and what p99 was then."""
    own = name.startswith(CHORUS)
    if "rate" in values:
        return Bar(system_title(name), values["rate"], f"{values['rate']:,.0f}", own)
    words = f"{values['kept']:,.0f}, at p99 {values['kept_p99_ms']:,.0f} ms"
    return Bar(system_title(name), values["kept"], words, own)


def _latencies(results: Results, y: float) -> Panel | None:
    rows = [row for case in CASES.values() if (row := _latency_row(case, results)) is not None]
    if not rows:
        return None
    parts = [
        svg.text(MARGIN, y + 12, "Latency: p99 of deliveries and of replies; the last of 10,000", "title"),
        *_legend(y + 38, results),
        svg.text(WIDTH - MARGIN, y + 38, "Chorus", "small strong", "end"),
        *dots(Frame(MARGIN, y + 52, WIDTH - 2 * MARGIN, 0), rows, LATENCY),
    ]
    return Panel(52 + ROW * len(rows) + 20, [svg.group(parts, "Latencies")])


def _latency_row(case: Case, results: Results) -> Row | None:
    """A case that has a target for a time, with those who were measured."""
    target = next((each for each in case.targets if each.at_most and case.figure(each.figure).unit == LATENCY), None)
    if target is None or target.against:
        return None
    figure, medians = case.figure(target.figure), results.medians_of(case.name)
    found = tuple(
        Dot(medians[name][figure.key], style, value_words(figure, medians[name][figure.key]))
        for name, style in STYLES.items()
        if medians.get(name, {}).get(figure.key)
    )
    return Row(case.title, found, target.at_most) if found else None


def _legend(y: float, results: Results) -> list[str]:
    """Who is which colour, of those who were measured."""
    parts, x = [], MARGIN + 6
    for name, style in STYLES.items():
        if any(sample.system == name for sample in results.samples):
            parts.append((svg.circle if style == "own" else svg.square)(x, y - 4, style))
            parts.append(svg.text(x + 10, y, system_title(name), "small soft"))
            x += 10 + LETTER * len(system_title(name)) + 18
    return [*parts, svg.line(x, y - 11, x, y + 3, "goal"), svg.text(x + 10, y, "target", "small soft")]


def _curves(results: Results, y: float) -> Panel | None:
    curves = []
    for name, style in STYLES.items():
        found = [sample.finding.series for sample in results.of("room-rate") if sample.system == name]
        points = [point for series in found[:1] for points in series.values() for point in points]
        if points:
            curves.append(Curve(system_title(name), points, style))
    if not curves:
        return None
    parts = [
        svg.text(MARGIN, y + 12, "One room of 500: p99 as the rate grows", "title"),
        *_legend(y + 38, results),
        *lines(
            Frame(MARGIN, y + 76, WIDTH - 2 * MARGIN, PLOT),
            curves,
            ("deliveries/s", "p99, ms"),
            goal=(50.0, "p99 ≤ 50 ms"),
        ),
    ]
    return Panel(76 + PLOT + 34, [svg.group(parts, "p99 as the rate grows")])


def _growth(results: Results, y: float) -> Panel | None:
    found = [sample.finding.series for sample in results.of("growth") if sample.system == CHORUS and sample.valid]
    if not found:
        return None
    parts = [svg.text(MARGIN, y + 12, "Growth: the server's CPU on logarithmic scales", "title")]
    width = (WIDTH - 3 * MARGIN) / 2
    for at, (name, points) in enumerate(found[-1].items()):
        frame = Frame(MARGIN + at * (width + MARGIN), y + 52, width, PLOT)
        parts += lines(frame, [Curve(name, points, "own")], (name, "% of a core"), guide=_straight(points))
        words = f"slope {slope(points):.2f}; dotted: 1, in proportion"
        parts.append(svg.text(frame.right, frame.y - 8, words, "small", "end"))
    return Panel(52 + PLOT + 34, [svg.group(parts, "Growth")])


def _straight(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What exact proportion would be, from the last point back: at many steps, so that it can be cut anywhere."""
    x_end, y_end = points[-1]
    x_begin = points[0][0]
    steps = 60
    xs = [x_begin * (x_end / x_begin) ** (step / steps) for step in range(steps + 1)]
    return [(x, y_end * x / x_end) for x in xs]
