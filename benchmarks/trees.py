"""Compare two working trees: how long each translates the shipped mapping, in alternating rounds of processes.

`python -m benchmarks.trees OTHER` names another tree, such as one of `git worktree add OTHER COMMIT`. Both read the
records of this one, each has its own engine and its own mapping.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.case import ROOT
from benchmarks.translations import MANY, records_of
from etl.mapping.terms import Direction

_TIMED: Final = """
import gc, pickle, sys
from pathlib import Path
from time import perf_counter
from etl.mapping.load import load_mapping
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction
translate = compile_mapping(load_mapping(Path("mappings/tracos_client.yaml")), Direction(sys.argv[1]))
records = pickle.loads(Path(sys.argv[2]).read_bytes())
best = []
for _ in range(3):
    gc.collect()
    start = perf_counter()
    for record in records:
        translate(record)
    best.append(perf_counter() - start)
print(min(best))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trees", description=__doc__)
    parser.add_argument("other", type=Path, help="another working tree")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each tree (default: 9)")
    options = parser.parse_args()
    for direction in Direction:
        here, there = measured(direction, options.other.resolve(), options.rounds)
        ratio = median(one / other for one, other in zip(here, there, strict=True))
        microseconds = [median(some) / MANY * 1e6 for some in (here, there)]
        sys.stdout.write(
            f"translate {direction.value}: {microseconds[0]:.2f} µs a record here, {microseconds[1]:.2f} µs there, "
            f"{ratio:.2f} times as long (median of {options.rounds} rounds)\n"
        )


def measured(direction: Direction, other: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of this tree and of another one, round by round; each begins every other round."""
    found: dict[Path, list[float]] = {ROOT: [], other: []}
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records"
        records.write_bytes(pickle.dumps(list(records_of(direction.source, MANY))))
        for number in range(rounds):
            for tree in (ROOT, other) if number % 2 else (other, ROOT):
                found[tree].append(seconds(tree, direction, records))
    return found[ROOT], found[other]


def seconds(tree: Path, direction: Direction, records: Path) -> float:
    """Return how long a tree translates all records in a process of its own."""
    command = [sys.executable, "-c", _TIMED, direction.value, str(records)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
