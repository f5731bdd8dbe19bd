"""Measure everything in one run, on one mongod, and print a table.

Results go to benchmarks/results.json as well, unless --only asks for a part. --check measures a small form instead, and
fails where a ratio is 1.5 times what benchmarks/small.json has; --small writes that file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.case import Case
from benchmarks.cases import ALL, CASES
from benchmarks.lab import Lab, open_lab
from benchmarks.report import Result, markdown, surroundings
from benchmarks.sanity import check_same_work
from benchmarks.translations import check_same_translation

RESULTS = Path(__file__).with_name("results.json")
SMALL = Path(__file__).with_name("small.json")
SMALL_FILES, SMALL_LINES, SMALL_ROUNDS = 500, 10_000, 5
SMALL_CASES = (
    *("there_and_back", "rerun", "naive_indexed", "json_lines"),
    *("translate_inbound", "translate_outbound", "validate_outside", "startup_help"),
)
WORSE = 1.5
"""How many times the committed ratio is too much. The best round counts, since machines are noisy."""


def main() -> None:
    options = _options()
    if options.check or options.small:
        sys.exit(_small(write=options.small))
    cases = [case for case in ALL if options.only is None or f"{case.name}_".startswith(f"{options.only}_")]
    if not cases:
        sys.exit(f"there is no case {options.only}; the cases are {', '.join(case.name for case in ALL)}")
    with open_lab(options.files) as lab:
        _say("checking that engine, script and peers do the same")
        check_same_work(lab)
        check_same_translation()
        results = [_measure(case, lab, options.rounds if case in CASES else 1) for case in cases]
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
    parser.add_argument("--check", action="store_true", help="a small form, against the committed ratios")
    parser.add_argument("--small", action="store_true", help="write the ratios that --check compares with")
    return parser.parse_args()


def _small(*, write: bool) -> int:
    """Measure the small form; return 1 if a ratio got too much worse."""
    with open_lab(SMALL_FILES, SMALL_LINES) as lab:
        results = [_measure(case, lab, SMALL_ROUNDS) for case in CASES if case.name in SMALL_CASES]
    if write:
        ratios = {result.case.name: round(result.ratio, 3) for result in results}
        SMALL.write_text(json.dumps(ratios, indent=2) + "\n", "utf-8")
        return 0
    committed = json.loads(SMALL.read_text("utf-8"))
    worse = [result for result in results if min(result.ratios) > committed[result.case.name] * WORSE]
    for result in worse:
        was, now = committed[result.case.name], min(result.ratios)
        _say(
            f"{result.case.name}: {now:.2f}, and {was:.2f} is committed; look why, or run python -m benchmarks --small"
        )
    return 1 if worse else 0


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
