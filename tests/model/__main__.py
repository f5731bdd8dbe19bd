"""Play a campaign of random histories, and print its figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys

from tests.model.campaign import campaign


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="how many steps in all (default: 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the same one plays the same histories")
    parser.add_argument("--processes", type=int, help="how many at once (default: one per core)")
    options = parser.parse_args()
    figures = campaign(options.steps, options.seed, options.processes)
    print(json.dumps(figures, indent=2))
    sys.exit(bool(figures["failures"]))


if __name__ == "__main__":
    main()
