"""A case times one thing and then another, and is repeated so that the two alternate."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.handwritten import Record
from benchmarks.lab import Lab
from etl.mapping.load import load_mapping

ROOT = Path(__file__).parents[1]
MAPPING = load_mapping(ROOT / "mappings" / "tracos_client.yaml")

Seconds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison. measure: returns the seconds of `one` and of `other`, for the number of records in `records`."""

    name: str
    one: str
    other: str
    measure: Callable[[Lab], Seconds]
    records: Callable[[Lab], int] = lambda lab: lab.files


def timed(work: Callable[[], Any]) -> float:
    gc.collect()
    start = perf_counter()
    work()
    return perf_counter() - start


def timed_on(records: Sequence[Record], function: Callable[[Record], Any]) -> float:
    """Return the seconds that a function takes for all records."""

    def work() -> None:
        for record in records:
            function(record)

    return timed(work)
