"""Everything that was counted, as text in one of Prometheus's formats.

One process counts in its own memory. Workers of `serve` count into files that lie together (directory.py), so
that whichever of them is asked answers for all. Page: docs/reference/metrics.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Metric, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["FOLDER_VARIABLE", "exposition", "registry"]

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own: read when the first metric is made, so it has to be there before this is imported."""

# When each counter began is a second series for every first one, and workers' files do not hold it anyway.
disable_created_metrics()

# Not prometheus_client's own, where every library puts what it counts: this is what docs/reference/metrics.md lists.
registry = CollectorRegistry()


class _Both:
    """Ours, and what libraries count (django-prometheus), as one. Workers' files hold both anyway."""

    def collect(self) -> Iterator[Metric]:
        yield from registry.collect()
        yield from REGISTRY.collect()


def exposition(accept: str) -> tuple[bytes, str]:
    """All metrics and their content type, in the format that an `Accept` header asks for.

    Reads the files of all workers where there are several: not for the event loop.
    """
    encode, content_type = choose_encoder(accept)
    return encode(_everything()), content_type


def _everything() -> CollectorRegistry:
    together = CollectorRegistry()
    if folder := os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(together, path=folder)
    else:
        together.register(_Both())
    return together
