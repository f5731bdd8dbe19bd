"""A campaign: many mappings, in several processes; what was judged, and the smallest case of each kind."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from tests.generated.case import SENT, Case
from tests.generated.judge import judge
from tests.generated.judgement import Disagreement, Judgement
from tests.generated.mappings import make
from tests.generated.shrink import shrink
from tests.generated.written import text

STRIDE: Final = 10_000_000
_SELDOM: Final = (100_000, 50, 50)
"""When memory is collected: nearly all that is made here goes by itself."""

_SHARE: Final = 50
"""How many mappings a process judges at a time."""


@dataclass
class Tally:
    """What was judged. kinds: by kind of disagreement, the size, seed and text of the smallest case."""

    mappings: int = 0
    clean: int = 0
    mended: int = 0
    records: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.mappings += other.mappings
        self.clean += other.clean
        self.mended += other.mended
        self.records += other.records
        self.codes.update(other.codes)
        self.counts.update(other.counts)
        for kind, found in other.kinds.items():
            self.kinds[kind] = min(self.kinds.get(kind, found), found)


def judge_seeds(seeds: Iterable[int]) -> Tally:
    """Judge the mappings of some seeds."""
    tally = Tally()
    gc.set_threshold(*_SELDOM)
    with tempfile.TemporaryDirectory(prefix="etl-generated-", dir=_memory()) as folder:
        for seed in seeds:
            case = make(seed)
            try:
                judgement = judge(case, Path(folder))
            except Exception as error:  # noqa: BLE001 - a fault of this package is told like one of the engine
                judgement = Judgement([Disagreement(f"the judge fails {type(error).__name__}", repr(error))])
            tally.mappings += 1
            tally.clean += judgement.clean
            tally.mended += judgement.mended
            tally.records += judgement.records
            tally.codes.update(set(judgement.codes))
            for found in judgement.disagreements:
                tally.counts[found.kind] += 1
                entry = (case.size(), seed, found.text)
                tally.kinds[found.kind] = min(tally.kinds.get(found.kind, entry), entry)
    return tally


def campaign(mappings: int, seed: int, workers: int | None) -> tuple[Tally, float]:
    """Judge so many mappings; return what they came to, and the seconds that it took."""
    workers = workers or os.cpu_count() or 1
    begun = time.monotonic()
    first = seed * STRIDE
    shares = [range(start, min(start + _SHARE, first + mappings)) for start in range(first, first + mappings, _SHARE)]
    total = Tally()
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for part in pool.map(judge_seeds, shares):
            for kind in part.kinds.keys() - total.kinds.keys():
                print(f"{kind}: number {part.kinds[kind][1]}", file=sys.stderr, flush=True)
            total.add(part)
            if total.mappings % 1000 < _SHARE:
                print(f"{total.mappings} mappings, {len(total.counts)} kinds", file=sys.stderr, flush=True)
    return total, time.monotonic() - begun


def smallest(kind: str, seed: int, seconds: float) -> str:
    """Return the smallest case of a kind, made from that of a seed, as text to read."""
    with tempfile.TemporaryDirectory(prefix="etl-generated-", dir=_memory()) as folder:
        try:
            case, found = shrink(make(seed), kind, Path(folder), seconds)
        except ValueError as error:
            return str(error)
    return f"{shown(case)}\n{found.text}"


def shrink_all(tally: Tally, workers: int | None, seconds: float) -> dict[str, str]:
    """Return the smallest case of every kind."""
    kinds = sorted(tally.kinds)
    seeds = [tally.kinds[kind][1] for kind in kinds]
    with ProcessPoolExecutor(workers or os.cpu_count() or 1, get_context("spawn")) as pool:
        return dict(zip(kinds, pool.map(smallest, kinds, seeds, [seconds] * len(kinds)), strict=True))


def shown(case: Case) -> str:
    """Return the files of a case as text."""
    schemas = "".join(f"# {side}.schema.json: {json.dumps(case.schema(side))}\n" for side in ("outside", "inside"))
    sent = "" if case.sent is None else f"# {SENT}: {json.dumps(case.sent)}\n"
    return text(case) + schemas + sent


def figures(tally: Tally, seed: int, seconds: float) -> dict[str, Any]:
    """Return what a campaign came to, as plain values."""
    return {
        "mappings": tally.mappings,
        "seed": seed,
        "seconds": round(seconds, 1),
        "clean": tally.clean,
        "of them with their warnings answered": tally.mended,
        "records": tally.records,
        "findings": dict(sorted(tally.codes.items())),
        "disagreements": {
            kind: f"{count}, such as number {tally.kinds[kind][1]}" for kind, count in tally.counts.most_common()
        },
    }


def _memory() -> Path | None:
    """Return the folder of a memory file system, None where there is none."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else None
