"""What a run came to, for people: lines on the terminal, a page in Markdown, a picture in SVG.

Reads results and cases; measures nothing.

    words      numbers with their units, as all three write them
    terminal   a line for each measurement, and the table at the end
    page       the Markdown page
    published  figures of servers that are not measured here, with their sources
    svg        elements of SVG, and colours for light and dark
    axis       scales and their ticks
    charts     bars, dots and lines, each in a rectangle
    picture    which charts there are and where
"""

from benchmarks.report.page import page
from benchmarks.report.picture import picture
from benchmarks.report.terminal import line, table

__all__ = ["line", "page", "picture", "table"]
