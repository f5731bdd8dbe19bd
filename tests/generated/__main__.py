"""Judge generated mappings, and print the kinds of disagreement as JSON; each kind with its smallest case to a file.

The figures of a campaign of 20,000 mappings or more go to benchmarks/generated.json as well.

With --replay, judge the mapping of one number, and print the smallest case of each disagreement.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.generated.campaign import Tally, campaign, figures, judge_seeds, shown, shrink_all
from tests.generated.mappings import make
from tests.support.site import ROOT

RESULTS: Final = ROOT / "benchmarks" / "generated.json"
FULL: Final = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=__doc__)
    parser.add_argument("--mappings", type=int, default=2_000, help="how many mappings (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes other mappings")
    parser.add_argument("--workers", type=int, help="how many processes (default: one per core)")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="judge the one mapping that has this number")
    parser.add_argument("--report", type=Path, help="a file for the smallest case of each kind")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to make one case smaller (default: 20)")
    options = parser.parse_args()
    if options.replay is not None:
        print(shown(make(options.replay)))
        tally = judge_seeds([options.replay])
        print(_report(tally, options.workers, options.seconds))
        sys.exit(bool(tally.counts))
    tally, seconds = campaign(options.mappings, options.seed, options.workers)
    where = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    text = json.dumps({**where, **figures(tally, options.seed, seconds)}, indent=2)
    print(text)
    if options.mappings >= FULL:
        RESULTS.write_text(f"{text}\n", "utf-8")
    if options.report:
        options.report.write_text(_report(tally, options.workers, options.seconds), "utf-8")
    sys.exit(bool(tally.counts))


def _report(tally: Tally, workers: int | None, seconds: float) -> str:
    cases = shrink_all(tally, workers, seconds)
    return "\n".join(
        f"## {kind}\n\n{tally.counts[kind]} of {tally.mappings} mappings, such as number {tally.kinds[kind][1]}\n\n"
        f"```\n{cases[kind]}\n```\n"
        for kind in sorted(cases, key=lambda kind: -tally.counts[kind])
    )


if __name__ == "__main__":
    main()
