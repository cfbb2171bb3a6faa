"""Three kinds of chart, each drawn into the rectangle it is given. They know numbers and words, not benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report import svg
from benchmarks.report.axis import Linear, Log, Scale, short

__all__ = ["Bar", "Curve", "Dot", "Frame", "Row", "bars", "dots", "lines"]

ROW = 24.0
BAR = 14.0
LABELS = 370.0
"""Room for the longest, in the widest of the fonts."""
VALUES = 80.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart stands."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Bar:
    """own: whether it is the one that the picture is about. words: the value, as it is written beside the bar."""

    label: str
    value: float
    words: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """words: the value, as it is written at the end of the line."""

    value: float
    style: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """goal: the value that is not to be passed."""

    label: str
    dots: tuple[Dot, ...]
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart, with a dot at each point."""

    label: str
    points: Sequence[tuple[float, float]]
    style: str


def bars(frame: Frame, rows: Sequence[Bar], goal: tuple[float, str] | None = None) -> list[str]:
    """One bar below the other, from zero. The height is `ROW` for each."""
    left, right = frame.x + LABELS, frame.right - VALUES
    high = max([row.value for row in rows] + ([goal[0]] if goal else []))
    scale = Linear(high, left, right)
    parts = _vertical_grid(scale, frame.y, frame.y + ROW * len(rows))
    for at, row in enumerate(rows):
        middle = frame.y + ROW * (at + 0.5)
        style = "own" if row.own else "other"
        parts += [
            svg.text(left - 10, middle + 4.5, row.label, "strong" if row.own else "", "end"),
            svg.rect(left, middle - BAR / 2, max(1.5, scale.at(row.value) - left), BAR, style, 2),
            svg.text(scale.at(row.value) + 8, middle + 4.5, row.words, "strong" if row.own else "soft"),
        ]
    if goal:
        x = scale.at(goal[0])
        parts += [
            svg.line(x, frame.y - 4, x, frame.y + ROW * len(rows), "goal"),
            svg.text(x, frame.y - 9, goal[1], "goal-text small", "middle"),
        ]
    return parts


def dots(frame: Frame, rows: Sequence[Row], unit: str) -> list[str]:
    """One line of dots below the other, on a shared logarithmic scale. The height is `ROW` for each."""
    values = [dot.value for row in rows for dot in row.dots] + [row.goal for row in rows if row.goal is not None]
    scale = Log.around(values, frame.x + LABELS, frame.right - VALUES)
    parts = _vertical_grid(scale, frame.y, frame.y + ROW * len(rows), unit)
    for at, row in enumerate(rows):
        middle = frame.y + ROW * (at + 0.5)
        parts.append(svg.text(frame.x + LABELS - 10, middle + 4.5, row.label, "", "end"))
        if row.goal is not None:
            x = scale.at(row.goal)
            parts.append(svg.line(x, middle - ROW / 2 + 3, x, middle + ROW / 2 - 3, "goal"))
        # The own dot lies on top of the others.
        for dot in sorted(row.dots, key=lambda dot: dot.style == "own"):
            draw = svg.circle if dot.style == "own" else svg.square
            parts.append(draw(scale.at(dot.value), middle, dot.style))
        own = [dot for dot in row.dots if dot.style == "own"]
        parts += [svg.text(frame.right, middle + 4.5, dot.words, "strong", "end") for dot in own]
    return parts


def lines(
    frame: Frame,
    curves: Sequence[Curve],
    units: tuple[str, str],
    *,
    goal: tuple[float, str] | None = None,
    guide: Sequence[tuple[float, float]] = (),
) -> list[str]:
    """Curves on two logarithmic scales. units: what the axes are. guide: a line to compare with."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points] + ([goal[0]] if goal else [])
    across, up = Log.around(xs, frame.x + 46, frame.right), Log.around(ys, frame.bottom, frame.y)
    parts = _vertical_grid(across, frame.y, frame.bottom)
    for value in up.ticks():
        parts += [
            svg.line(frame.x + 46, up.at(value), frame.right, up.at(value), "grid"),
            svg.text(frame.x + 40, up.at(value) + 4, short(value), "soft small", "end"),
        ]
    parts += [
        svg.text(frame.right, frame.bottom + 32, units[0], "soft small", "end"),
        svg.text(frame.x, frame.y - 8, units[1], "soft small"),
    ]
    if goal:
        parts += [
            svg.line(frame.x + 46, up.at(goal[0]), frame.right, up.at(goal[0]), "goal"),
            svg.text(frame.x + 52, up.at(goal[0]) - 6, goal[1], "goal-text small"),
        ]
    if guide:
        inside = [(x, y) for x, y in guide if up.low <= y <= up.high]
        parts.append(svg.polyline([(across.at(x), up.at(y)) for x, y in inside], "guide"))
    for curve in curves:
        spots = [(across.at(x), up.at(y)) for x, y in curve.points]
        parts.append(svg.polyline(spots, f"curve {curve.style}-line"))
        parts += [svg.circle(x, y, curve.style, 3) for x, y in spots]
    return parts


def _vertical_grid(scale: Scale, top: float, bottom: float, unit: str = "") -> list[str]:
    parts = []
    for value in scale.ticks():
        x = scale.at(value)
        parts += [
            svg.line(x, top, x, bottom, "grid"),
            svg.text(x, bottom + 16, f"{short(value)} {unit}".rstrip(), "soft small", "middle"),
        ]
    return parts
