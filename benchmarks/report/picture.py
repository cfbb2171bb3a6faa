"""The picture of a run: which charts there are, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
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
    figure = case.figures[0]
    found = sorted(((values[figure.key], name) for name, values in medians.items()), reverse=True)
    if not found:
        return None
    rows = [
        Bar(system_title(name), rate, value_words(figure, rate, unit=False), own=name.startswith(CHORUS))
        for rate, name in found
    ]
    goal = next((target.at_least, f"target {target.at_least:,.0f}") for target in case.targets if target.at_least)
    parts = [
        svg.text(MARGIN, y + 12, "One room of 500: deliveries a second sustained with p99 ≤ 50 ms", "title"),
        *bars(Frame(MARGIN, y + 48, WIDTH - 2 * MARGIN, 0), rows, goal),
    ]
    return Panel(48 + ROW * len(rows) + 20, [svg.group(parts, case.title)])


def _latencies(results: Results, y: float) -> Panel | None:
    rows = [row for case in CASES.values() if (row := _latency_row(case, results)) is not None]
    if not rows:
        return None
    parts = [
        svg.text(MARGIN, y + 12, "Latency, the slowest of a hundred (p99)", "title"),
        *_legend(y + 12, results),
        *dots(Frame(MARGIN, y + 32, WIDTH - 2 * MARGIN, 0), rows, LATENCY),
    ]
    return Panel(32 + ROW * len(rows) + 20, [svg.group(parts, "Latencies")])


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
    parts, x = [], WIDTH - MARGIN
    for name, style in [*reversed(STYLES.items()), ("target", "goal")]:
        words = "target" if name == "target" else system_title(name)
        if name != "target" and not any(sample.system == name for sample in results.samples):
            continue
        parts.append(svg.text(x, y, words, "small soft", "end"))
        x -= 6.2 * len(words) + 12
        if name == "target":
            parts.append(svg.line(x, y - 10, x, y + 2, "goal"))
        else:
            parts.append((svg.circle if style == "own" else svg.square)(x, y - 4, style))
        x -= 16
    return parts


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
        *_legend(y + 12, results),
        *lines(
            Frame(MARGIN, y + 50, WIDTH - 2 * MARGIN, PLOT),
            curves,
            ("deliveries/s", "p99, ms"),
            goal=(50.0, "p99 ≤ 50 ms"),
        ),
    ]
    return Panel(50 + PLOT + 34, [svg.group(parts, "p99 as the rate grows")])


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
