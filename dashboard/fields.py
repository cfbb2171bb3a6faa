"""The words a source describes its state with: what each field is called, measured in, and drawn as.

    class Orders(msgspec.Struct):
        per_minute: Annotated[float, number("Orders per minute", unit="/min", chart="orders")] = 0.0

Pure. Page: docs/how-to/add-a-dashboard.md.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured

__all__ = [
    "Field",
    "Kind",
    "Limit",
    "Severity",
    "above",
    "below",
    "counts",
    "fields_of",
    "hidden",
    "number",
    "table",
    "text",
    "time",
]


class Kind(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    """`float`, `int`, or None where it is not known."""
    TEXT = "text"
    TIME = "time"
    """Milliseconds since the epoch, or None."""
    TABLE = "table"
    """A list of structs whose own fields are the columns."""
    HIDDEN = "hidden"
    """Of rows: sent with them, and not shown."""
    COUNTS = "counts"
    """A number for each of some words: errors by code."""


class Severity(StrEnum):
    """How much a limit that is passed matters."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold of a number. It fires once the number has been past it for `for_s` seconds."""

    value: float
    above: bool
    for_s: float
    severity: Severity

    @property
    def words(self) -> str:
        """The threshold with all its digits: limits that differ in the seventh are two."""
        return repr(self.value).removesuffix(".0")

    def passed_by(self, value: float | None) -> bool:
        """Whether `value` lies past the limit; what is not known does not."""
        if value is None:
            return False
        return value > self.value if self.above else value < self.value


def above(value: float, *, for_s: float = 0.0, severity: Literal["warning", "critical"] = "warning") -> Limit:
    """A limit that fires above `value`."""
    return Limit(float(value), True, for_s, Severity(severity))


def below(value: float, *, for_s: float = 0.0, severity: Literal["warning", "critical"] = "warning") -> Limit:
    """A limit that fires below `value`."""
    return Limit(float(value), False, for_s, Severity(severity))


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is shown. name, columns: known once it is found in a struct (`fields_of`)."""

    kind: Kind
    label: str
    help: str = ""
    unit: str = ""
    decimals: int = 0
    tile: bool = True
    chart: str = ""
    better: Literal["high", "low"] | None = None
    limits: tuple[Limit, ...] = ()
    keep: Literal["mean", "max"] = "mean"
    key: str = ""
    name: str = ""
    columns: tuple[Field, ...] = ()

    def data(self) -> dict[str, Any]:
        """As clients are told (docs/reference/protocol.md, "dashboard/<name>")."""
        told: dict[str, Any] = {"name": self.name, "kind": self.kind.value, "label": self.label, "help": self.help}
        if self.kind in {Kind.NUMBER, Kind.COUNTS}:
            told |= {"unit": self.unit, "decimals": self.decimals}
        if self.kind is Kind.NUMBER:
            told |= {"tile": self.tile, "chart": self.chart, "better": self.better}
            told["limits"] = [msgspec.to_builtins(limit) for limit in self.limits]
        if self.kind is Kind.TABLE:
            told |= {
                "key": self.key,
                "columns": [column.data() for column in self.columns if column.kind is not Kind.HIDDEN],
            }
        return told


def number(  # noqa: PLR0913 - keywords, and each says one thing
    label: str,
    *,
    unit: str = "",
    decimals: int = 0,
    help: str = "",
    tile: bool = True,
    chart: str = "",
    better: Literal["high", "low"] | None = None,
    limits: Iterable[Limit] = (),
    keep: Literal["mean", "max"] = "mean",
) -> Any:
    """A number. unit: shown behind it ("ms", "/s", "%"; "B" and "s" are scaled). tile: shown large at the top.

    chart: the chart it is a line of; "" for none. better: whether a rise is good news. keep: what stands for several
    values where history is drawn coarser than it was taken.
    """
    return Field(Kind.NUMBER, label, help, unit, decimals, tile, chart, better, limits=tuple(limits), keep=keep)


def text(label: str, *, help: str = "") -> Any:
    """A short text."""
    return Field(Kind.TEXT, label, help)


def time(label: str, *, help: str = "") -> Any:
    """A moment, in milliseconds since the epoch; shown in the viewer's zone."""
    return Field(Kind.TIME, label, help)


def counts(label: str, *, unit: str = "", decimals: int = 0, help: str = "") -> Any:
    """Numbers by word."""
    return Field(Kind.COUNTS, label, help, unit, decimals)


def table(label: str, *, key: str = "", help: str = "") -> Any:
    """Rows. key: the column that names a row, so that it keeps its place."""
    return Field(Kind.TABLE, label, help, key=key)


def hidden() -> Any:
    """What a row has without a column for it: a key that says nothing to people. Any plain type."""
    return Field(Kind.HIDDEN, "")


def fields_of(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a state, in order. Raises ImproperlyConfigured where one does not say what it is."""
    hints = typing.get_type_hints(struct, include_extras=True)
    return tuple(_found(struct, name, hints[name]) for name in struct.__struct_fields__)


def _found(struct: type[msgspec.Struct], name: str, hint: Any) -> Field:
    where = f"{struct.__name__}.{name}"
    said = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Field)]
    if not said:
        raise ImproperlyConfigured(
            f"{where} does not say what it is: write Annotated[…, number(…)], text, time, counts or table."
        )
    field, plain = said[0], get_args(hint)[0]
    columns: tuple[Field, ...] = ()
    if not _fits(field.kind, plain):
        raise ImproperlyConfigured(f"{where} is a {field.kind}, and {_WANTED[field.kind]}.")
    if field.kind is Kind.TABLE:
        columns = fields_of(get_args(plain)[0])
        if field.key and field.key not in {column.name for column in columns}:
            raise ImproperlyConfigured(f"{where} has no column {field.key!r} to be its key.")
    return replace(field, name=name, columns=columns)


_WANTED: Mapping[Kind, str] = {
    Kind.NUMBER: "its type has to be float, int, or one of them or None",
    Kind.TEXT: "its type has to be str",
    Kind.TIME: "its type has to be int, or int or None: milliseconds since the epoch",
    Kind.HIDDEN: "its type has to be str or int",
    Kind.COUNTS: "its type has to be a dict of str to float or int",
    Kind.TABLE: "its type has to be a list of a msgspec.Struct",
}


_PLAIN: Mapping[Kind, set[Any]] = {
    Kind.NUMBER: {float, int},
    Kind.TIME: {int},
    Kind.TEXT: {str},
    Kind.HIDDEN: {str, int},
}


def _fits(kind: Kind, plain: Any) -> bool:
    origin, arguments = get_origin(plain), get_args(plain)
    if kind is Kind.TABLE:
        row = arguments[0] if origin is list else None
        return isinstance(row, type) and issubclass(row, msgspec.Struct)
    if kind is Kind.COUNTS:
        return origin is dict and arguments[0] is str and arguments[1] in {float, int}
    allowed = _PLAIN[kind]
    options = set(arguments) - {NoneType} if origin in {UnionType, typing.Union} else {plain}
    return bool(options) and options <= allowed
