"""Reads the rooms' scripts: what was said, by whom, when, and what became of it. Pure: text and a clock come in.

    day 2                                   two days ago; "today" counts minutes back from now
    10:20 demo #sheet: Where is the sheet?  a post, named so that others can speak of it
    ~ 10:21 edit #sheet: Where is the list? it was edited,
    ~ 10:25 delete #sheet                   deleted,
    10:22 ines >sheet: Next to the helmet.  replied to
    | A second line.                        more of the text above
    ~ 10:26 report ines #sheet spam: Again. reported, with a note
    ~ 10:30 read demo guest                 they have read everything up to here

Times are those of the machine that runs it, so that the talk falls into its day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = ["Deletion", "Edition", "Line", "Reading", "Reporting", "Step", "Timed", "read_script", "timed"]

_DAY = re.compile(r"day (\d+)|today")
_WHEN = r"(?P<when>\d\d:\d\d|-\d+)"
_LINE = re.compile(rf"{_WHEN} (?P<author>\w+)(?: #(?P<name>\w+))?(?: >(?P<reply>\w+))?: (?P<text>.+)")
_EDIT = re.compile(rf"~ {_WHEN} edit #(?P<name>\w+): (?P<text>.+)")
_DELETE = re.compile(rf"~ {_WHEN} delete #(?P<name>\w+)")
_REPORT = re.compile(rf"~ {_WHEN} report (?P<author>\w+) #(?P<name>\w+) (?P<reason>\w+): (?P<text>.+)")
_READ = re.compile(rf"~ {_WHEN} read (?P<users>\w+(?: \w+)*)")

# Within a minute people do not speak all at its beginning, and never two at once.
_APART_S = 7
_SPREAD_S = 40


@dataclass(frozen=True, slots=True)
class When:
    """A time of day so many days ago, or (days 0) so many minutes ago."""

    days: int
    minutes: int

    def on(self, now: datetime) -> datetime:
        """The moment it means at `now`, whose zone counts."""
        if self.days == 0:
            return now.replace(second=0, microsecond=0) - timedelta(minutes=self.minutes + 1)
        day = now - timedelta(days=self.days)
        return day.replace(hour=self.minutes // 60, minute=self.minutes % 60, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Line:
    """A post. name: what later steps call it. reply_to: the name of another."""

    when: When
    author: str
    text: str
    name: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The post of that name got another text."""

    when: When
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """The post of that name was deleted."""

    when: When
    name: str


@dataclass(frozen=True, slots=True)
class Reporting:
    """Somebody reported the post of that name."""

    when: When
    author: str
    name: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Reading:
    """These users have read everything above."""

    when: When
    users: tuple[str, ...]


Step = Line | Edition | Deletion | Reporting | Reading
Timed = tuple[datetime, Step]


def read_script(text: str) -> list[Step]:
    """The steps of a script, in order. Raises ValueError with the number of the line that is none."""
    steps: list[Step] = []
    days: int | None = None
    for number, row in enumerate(text.splitlines(), start=1):
        if not row:
            continue
        if (day := _DAY.fullmatch(row)) is not None:
            days = int(day[1] or 0)
        elif row.startswith("|") and steps and isinstance(last := steps[-1], Line | Edition):
            steps[-1] = replace(last, text=f"{last.text}\n{row[2:]}")
        elif days is not None and (step := _step(row, days)) is not None:
            steps.append(step)
        else:
            raise ValueError(f"Line {number} of the script is not understood: {row!r}")
    return steps


def timed(steps: Sequence[Step], now: datetime) -> Iterator[Timed]:
    """Each step with its moment, ever later, none in the future of an aware `now`. The same each time."""
    last: datetime | None = None
    for number, step in enumerate(steps):
        moment = step.when.on(now) + timedelta(seconds=number * _APART_S % _SPREAD_S)
        if last is not None:
            moment = max(moment, last + timedelta(seconds=_APART_S))
        last = moment
        yield moment, step


def _step(row: str, days: int) -> Step | None:
    if (found := _LINE.fullmatch(row)) is not None:
        return Line(_when(found, days), found["author"], found["text"], found["name"], found["reply"])
    if (found := _EDIT.fullmatch(row)) is not None:
        return Edition(_when(found, days), found["name"], found["text"])
    if (found := _DELETE.fullmatch(row)) is not None:
        return Deletion(_when(found, days), found["name"])
    if (found := _REPORT.fullmatch(row)) is not None:
        return Reporting(_when(found, days), found["author"], found["name"], found["reason"], found["text"])
    if (found := _READ.fullmatch(row)) is not None:
        return Reading(_when(found, days), tuple(found["users"].split()))
    return None


def _when(found: re.Match[str], days: int) -> When:
    text = found["when"]
    if text.startswith("-") != (days == 0):
        raise ValueError(f"{text!r} is no time of this day: minutes back belong to today, hours to the days before")
    if days == 0:
        return When(0, int(text[1:]))
    hours, minutes = map(int, text.split(":"))
    return When(days, hours * 60 + minutes)
