"""Measure everything in one run, on one mongod, and print a table.

Results go to benchmarks/results.json as well, unless --only asks for a part.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.lab import Lab, open_lab
from benchmarks.report import Result, markdown, surroundings
from benchmarks.sanity import check_same_work
from benchmarks.translations import check_same_translation

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    options = _options()
    cases = [case for case in CASES if options.only is None or f"{case.name}_".startswith(f"{options.only}_")]
    if not cases:
        sys.exit(f"there is no case {options.only}; the cases are {', '.join(case.name for case in CASES)}")
    with open_lab(options.files) as lab:
        _say("checking that engine, script and peers do the same")
        check_same_work(lab)
        check_same_translation()
        results = [_measure(case, lab, options.rounds) for case in cases]
        where = surroundings(lab, options.rounds)
    print(markdown(where, results), end="")
    if options.only is None:
        document = {**where, "results": [result.as_dict() for result in results]}
        RESULTS.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--files", type=_positive, default=5000, help="client files of each run (default: 5000)")
    parser.add_argument("--rounds", type=_positive, default=5, help="rounds of each case (default: 5)")
    parser.add_argument("--only", metavar="NAME", help="one case, or all whose names begin with it, such as rerun")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _measure(case: Case, lab: Lab, rounds: int) -> Result:
    measured = []
    for number in range(1, rounds + 1):
        one, other = case.measure(lab)
        measured.append((one, other))
        _say(f"{case.name} {number}/{rounds}: {case.one} {one:.3f} s, {case.other} {other:.3f} s")
    return Result(case, case.records(lab), measured)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
