"""Elements of SVG as text, with colours that follow the reader's light or dark. Knows nothing of charts."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

__all__ = ["circle", "document", "group", "line", "polyline", "rect", "square", "text"]

NAMESPACE = "http://www.w3.org/2000/svg"
STYLE = """
svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d7dce1; --own: #0a62c2; --other: #6e7781;
  --second: #a34c00; --third: #5b3fa8; --goal: #1a7f37;
  font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9aa4af; --grid: #2f363d; --own: #58a6ff; --other: #8b949e;
    --second: #f0883e; --third: #b79cff; --goal: #56d364; }
}
text { fill: var(--ink); }
.title { font-size: 16px; font-weight: 600; }
.soft { fill: var(--soft); }
.small { font-size: 12px; }
.strong { font-weight: 600; }
.goal-text { fill: var(--goal); }
.paper { fill: var(--paper); }
.grid { stroke: var(--grid); stroke-width: 1; }
.goal { stroke: var(--goal); stroke-width: 2; stroke-dasharray: 5 3; }
.guide { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; fill: none; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.own { fill: var(--own); } .own-line { stroke: var(--own); }
.other { fill: var(--other); } .other-line { stroke: var(--other); }
.second { fill: var(--second); } .second-line { stroke: var(--second); }
.third { fill: var(--third); } .third-line { stroke: var(--third); }
"""


def document(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """A whole picture. title, description: for who cannot see it."""
    return "\n".join(
        [
            f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"',
            ' role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f"<style>{STYLE}</style>",
            rect(0, 0, width, height, "paper"),
            *parts,
            "</svg>",
            "",
        ]
    )


def group(parts: list[str], label: str) -> str:
    """Parts that belong together, with a name for who cannot see them."""
    return "\n".join([f'<g role="group" aria-label={quoteattr(label)}>', *parts, "</g>"])


def text(x: float, y: float, words: str, names: str = "", anchor: str = "start") -> str:
    """anchor: start, middle or end: which part of the words stands at `x`."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{names}" text-anchor="{anchor}">{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, names: str, radius: float = 0) -> str:
    """x, y: its upper left corner. radius: of all four."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" class="{names}"/>'


def line(x1: float, y1: float, x2: float, y2: float, names: str) -> str:
    """Straight, from one point to the other."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{names}"/>'


def polyline(points: list[tuple[float, float]], names: str) -> str:
    """Straight from point to point."""
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" class="{names}"/>'


def circle(x: float, y: float, names: str, radius: float = 4.5) -> str:
    """A round dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{names}"/>'


def square(x: float, y: float, names: str, half: float = 4.0) -> str:
    """A dot with corners."""
    return rect(x - half, y - half, 2 * half, 2 * half, names)
