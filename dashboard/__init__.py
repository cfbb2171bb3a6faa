"""Live dashboards: a state that is computed once for everybody, and told as it changes.

Must not know who watches from where. Page: docs/how-to/add-a-dashboard.md.

    source.py     what developers extend, and the list of all sources
    fields.py     the words a state is described with
    limits.py     which thresholds a state has passed
    document.py   what is kept of a source, and what changed from one to the next
    past.py       the last hour, for charts
    history.py    that hour on its way to charts, and from sources that know theirs
    store/        where all that is kept: in memory for one process, in Redis for several
    ticker.py     one per event loop: has sources computed when they are due
    computing.py  runs one `compute` apart from everything else
    committer.py  the one door for what was computed, pushed, or failed
    pushes.py     states on their way from publish_state to it
    board.py      what is read, once for all who ask
    samples.py    what the processes of the cluster say of themselves
    exporting.py  numbers with limits, for Prometheus
    rules.py      the same limits as a rule file for Prometheus
    consumers.py, topics.py   the topic dashboard/<name>
    services.py   writes: publish_state, arrangements; selectors.py reads
    api/          the same over HTTP
    builtin/      the dashboards Chorus brings along; dashboards.py registers them
    views.py      the pages; page_data.py: what they show before any script, numbers.py: as it is written
    context.py    the way to them, on every page
    models.py, conf.py, apps.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fields import above, below, counts, hidden, number, table, text, time
from dashboard.source import Source, register, unregister

if TYPE_CHECKING:
    import msgspec

__all__ = [
    "Source",
    "above",
    "below",
    "counts",
    "hidden",
    "number",
    "publish_state",
    "register",
    "table",
    "text",
    "time",
    "unregister",
]


def publish_state(name: str, state: msgspec.Struct) -> None:
    """See `dashboard.services.publish_state`, which may be imported only once Django is set up."""
    from dashboard.services import publish_state as publish

    publish(name, state)
