"""A run as a whole: what was measured, when, where and with which versions. Kept as JSON, so that nothing is measured
twice to be shown anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.sample import Sample, medians

__all__ = ["Results"]


@dataclass
class Results:
    """began: ISO 8601, in UTC. versions: of each system. ended: whether all that was planned has been measured."""

    began: str
    machine: Machine
    rounds: int
    quick: bool
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    ended: bool = False

    def of(self, case: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.case == case]

    def medians_of(self, case: str) -> dict[str, dict[str, float]]:
        return medians(self.of(case))

    def faulty(self) -> Sequence[Sample]:
        """The samples that count for nothing."""
        return [sample for sample in self.samples if not sample.valid]

    def save(self, path: Path) -> None:
        data = asdict(self)
        data["samples"] = [json.loads(sample.to_json()) for sample in self.samples]
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        data = json.loads(path.read_text(encoding="utf-8"))
        samples = [Sample.from_json(json.dumps(sample)) for sample in data["samples"]]
        return cls(**{**data, "machine": Machine(**data["machine"]), "samples": samples})
