"""The registry of this process as a test reads it."""

from __future__ import annotations

from realtime.metrics.registry import registry

__all__ = ["Moved", "reading"]


def reading(name: str, **labels: str) -> float:
    value = registry.get_sample_value(name, labels)
    assert value is not None, (name, labels)
    return value


class Moved:
    """By how much a metric has moved since this was made: others count in the same process."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = name, labels
        self._before = reading(name, **labels)

    def __call__(self) -> float:
        return reading(self._name, **self._labels) - self._before
