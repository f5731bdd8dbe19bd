"""Play a campaign of random histories, and print its figures as JSON.

Those of a campaign of 200,000 steps or more go to benchmarks/model.json as well.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime

from tests.model.campaign import campaign
from tests.support.site import ROOT

RESULTS = ROOT / "benchmarks" / "model.json"
FULL = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="how many steps in all (default: 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the same one plays the same histories")
    parser.add_argument("--processes", type=int, help="how many at once (default: one per core)")
    parser.add_argument("--shrink", action="store_true", help="find the shortest history that fails, too")
    options = parser.parse_args()
    figures = campaign(options.steps, options.seed, options.processes, shrink=options.shrink)
    where = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    text = json.dumps({**where, **figures}, indent=2)
    print(text)
    if options.steps >= FULL:
        RESULTS.write_text(f"{text}\n", "utf-8")
    sys.exit(bool(figures["failures"]))


if __name__ == "__main__":
    main()
