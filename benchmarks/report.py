"""Results: their statistics, as JSON for a machine and as a Markdown table for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.case import Case, Seconds
from benchmarks.lab import Lab, memory

PACKAGES = (
    *("tracos-etl", "click", "glom", "jmespath", "jsonata-python", "jsonschema", "jsonschema-rs", "orjson", "pydantic"),
    "pymongo",
)


@dataclass(frozen=True, slots=True)
class Result:
    """The rounds of one case."""

    case: Case
    records: int
    rounds: Sequence[Seconds]

    @property
    def medians(self) -> Seconds:
        return median(one for one, _ in self.rounds), median(other for _, other in self.rounds)

    @property
    def ratio(self) -> float:
        """The ratio of medians; below 1 the first is faster."""
        one, other = self.medians
        return one / other

    @property
    def ratios(self) -> list[float]:
        """The ratio of every round."""
        return [one / other for one, other in self.rounds]

    def as_dict(self) -> dict[str, Any]:
        one, other = self.medians
        return {
            "name": self.case.name,
            "one": self.case.one,
            "other": self.case.other,
            "records": self.records,
            "one_median_seconds": one,
            "other_median_seconds": other,
            "one_us_per_record": one / self.records * 1e6,
            "other_us_per_record": other / self.records * 1e6,
            "ratio_of_medians": self.ratio,
            "pairwise_ratio_median": median(self.ratios),
            "pairwise_ratio_min": min(self.ratios),
            "pairwise_ratio_max": max(self.ratios),
            "rounds_seconds": [list(pair) for pair in self.rounds],
        }

    def as_row(self) -> str:
        one, other = (seconds / self.records * 1e6 for seconds in self.medians)
        spread = f"{_shown(median(self.ratios))} ({_shown(min(self.ratios))} to {_shown(max(self.ratios))})"
        cells = [self.case.name, self.case.one, f"{one:,.1f}", self.case.other, f"{other:,.1f}", _shown(self.ratio)]
        return f"| {' | '.join([*cells, spread])} |"


def _shown(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}"  # noqa: PLR2004 - two digits that say something


def surroundings(lab: Lab, rounds: int) -> dict[str, Any]:
    """Return where and how it was measured."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "mongod": lab.server_version(),
        "memory_file_system": memory() is not None,
        "files": lab.files,
        "rounds": rounds,
        "packages": {name: version(name) for name in PACKAGES},
    }


def markdown(where: dict[str, Any], results: Sequence[Result]) -> str:
    disk = "in memory" if where["memory_file_system"] else "on disk"
    return f"""\
{where["date"]}: Python {where["python"]}, {where["cpu_count"]} CPUs, mongod {where["mongod"]}, data {disk}.
{where["files"]:,} files, {where["rounds"]} alternating rounds; µs are per record (or start), of the median round.

| case | A | µs | B | µs | A/B of medians | A/B by round: median (min to max) |
|---|---|--:|---|--:|--:|--:|
{chr(10).join(result.as_row() for result in results)}

A first load goes there and back: every file becomes a document, and every document a file. The hand-written script
checks required fields and types inbound only, and keeps no record of what both sides last agreed on.
"""
