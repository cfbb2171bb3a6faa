"""`Source`: what developers extend to have a live dashboard, and the list of all of them.

    @register
    class OrdersSource(Source[Orders]):
        name = "orders"
        title = "Orders"
        interval_s = 5.0

        def compute(self) -> Orders: ...

It stands in an app's `dashboards.py`, which is found by itself like `admin.py`. A registered source is a topic
(`dashboard/orders`), an address (`/api/dashboard/orders/`) and a page. Page: docs/how-to/add-a-dashboard.md.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Coroutine, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, get_args

import msgspec
from django.core.exceptions import ImproperlyConfigured

from dashboard.fields import Field, Kind, fields_of
from realtime.identity import Identity

__all__ = ["Source", "all_sources", "find_source", "register", "unregister"]

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T", bound="type[Source[Any]]")

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
INTERVAL_MIN_S = 0.2
PATIENCE_MIN_S = 5.0


class Source(Generic[S]):
    """One dashboard. The class says which; there is one instance a process.

    name: in addresses. interval_s: how often `compute` is asked, in the whole cluster; None: it is told by
    `publish_state` alone. patience_s: a `compute` that takes longer shows the state as stale, and counts once it is
    done. always: compute also while nobody looks, so that there is a past and alerts. charts: labels of charts, where
    the label of their first field does not say enough.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    about: ClassVar[str] = ""
    interval_s: ClassVar[float | None] = None
    patience_s: ClassVar[float | None] = None
    always: ClassVar[bool] = True
    charts: ClassVar[Mapping[str, str]] = {}
    state: ClassVar[type[msgspec.Struct]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, msgspec.Struct):
                    cls.state = argument

    # --- hooks ------------------------------------------------------------------------------------

    def compute(self) -> S | Coroutine[Any, Any, S]:
        """The state now. A plain function runs in a thread of its own and may use the database; a coroutine runs on
        the event loop and may not wait in any other way than by `await`. What it raises shows the state as stale.
        """
        raise NotImplementedError  # a hook: `check` refuses an interval without a compute(), and no other is asked

    def past(self, since: datetime) -> Iterable[tuple[datetime, Mapping[str, float | None]]]:
        """Numbers by field since then, oldest first, for a source that can know them: what charts begin with where
        nothing was kept. Asked before the first `compute`, in the same thread. None by default.
        """
        return ()

    def may_see(self, identity: Identity) -> bool:
        """Whether somebody may see it; may use the database. Staff alone, unless it is overridden."""
        return identity.staff

    # --- what is said about it --------------------------------------------------------------------

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What its state consists of."""
        return fields_of(self.state)

    @cached_property
    def numbers(self) -> tuple[Field, ...]:
        """Those with a past and limits."""
        return tuple(field for field in self.fields if field.kind is Kind.NUMBER)

    @property
    def topic(self) -> str:
        """The topic, and the hub's stream."""
        return f"dashboard/{self.name}"

    @property
    def wait_s(self) -> float:
        """How long `compute` may take before the state counts as stale."""
        return self.patience_s or max(PATIENCE_MIN_S, 2 * (self.interval_s or 0))

    @cached_property
    def description(self) -> dict[str, Any]:
        """What clients are told once: its fields and charts."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "interval_s": self.interval_s,
            "fields": [field.data() for field in self.fields],
            "charts": self._charts(),
        }

    def _charts(self) -> list[dict[str, Any]]:
        drawn: dict[str, list[Field]] = {}
        for field in self.numbers:
            if field.chart:
                drawn.setdefault(field.chart, []).append(field)
        return [
            {
                "name": name,
                "label": self.charts.get(name, fields[0].label),
                "unit": fields[0].unit,
                "fields": [field.name for field in fields],
            }
            for name, fields in drawn.items()
        ]

    def check(self) -> None:
        """Raise ImproperlyConfigured, with a sentence that names the class, for what cannot work."""
        who = type(self).__name__
        if not NAME.fullmatch(self.name):
            raise ImproperlyConfigured(f"{who}.name is {self.name!r}: give lower case letters, digits, - and _.")
        if not self.title:
            raise ImproperlyConfigured(f"{who} has no title.")
        if not hasattr(self, "state"):
            raise ImproperlyConfigured(f"{who} does not say what its state is: write class {who}(Source[YourStruct]).")
        if inspect.iscoroutinefunction(self.may_see):
            # What it returns would be true for everybody.
            raise ImproperlyConfigured(f"{who}.may_see is a coroutine: make it a plain function.")
        if self.interval_s is not None and not INTERVAL_MIN_S <= self.interval_s < math.inf:
            raise ImproperlyConfigured(f"{who}.interval_s is {self.interval_s}: at least {INTERVAL_MIN_S}.")
        if self.interval_s is not None and type(self).compute is Source.compute:
            raise ImproperlyConfigured(f"{who} has an interval and no compute().")
        if any(field.kind is Kind.HIDDEN for field in self.fields):
            raise ImproperlyConfigured(f"{who}: hidden() is for rows of a table.")
        for name in self.charts:
            if name not in {field.chart for field in self.numbers}:
                raise ImproperlyConfigured(f"{who}.charts names {name!r}, and no field is drawn there.")


_sources: dict[str, Source[Any]] = {}


def register(cls: T) -> T:
    """Make a source known. Raises ImproperlyConfigured for one that cannot work, and for a name that is taken."""
    source = cls()
    source.check()
    taken = _sources.get(source.name)
    if taken is not None and type(taken).__qualname__ != cls.__qualname__:
        both = f"{type(taken).__name__}, {cls.__name__}"
        raise ImproperlyConfigured(f"There are two sources named {source.name!r}: {both}.")
    _sources[source.name] = source
    return cls


def unregister(name: str) -> None:
    """Take a source away: a built-in one that a site does not want. Harmless if it is not there."""
    _sources.pop(name, None)


def all_sources() -> list[Source[Any]]:
    """Every source, in the order they were registered."""
    return list(_sources.values())


def find_source(name: str) -> Source[Any] | None:
    """The source of that name."""
    return _sources.get(name)
