"""Break everything that can break, again and again, and count what was lost, doubled or torn.

Prints a table. But for the small scale, and without --only, the figures go to benchmarks/reliability.json as well.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from typing import Any

from tests.fault.lab import open_lab
from tests.fault.scale import SCALES, SMALL
from tests.fault.sections import SECTIONS
from tests.fault.tally import Tally
from tests.support.site import ROOT

RESULTS = ROOT / "benchmarks" / "reliability.json"
COUNTS = ("faults", "records", "lost", "doubled", "torn")


def main() -> int:
    """Run the campaign; return 1 if anything was wrong."""
    options = _options()
    begun, tallies, rows = time.monotonic(), [], []
    chosen = {name: section for name, section in SECTIONS.items() if options.only in name}
    with open_lab() as lab:
        version = lab.server_version()
        for name, section in chosen.items():
            tally, since = Tally(name), time.monotonic()
            section(lab, SCALES[options.scale], tally)
            tallies.append(tally)
            rows.append({**tally.as_dict(), "seconds": round(time.monotonic() - since)})
            for fact, value in tally.facts.items():
                print(f"{fact}: {value:g}", file=sys.stderr)
            for problem in tally.problems:
                print(problem, file=sys.stderr)
            print(_line(rows[-1]), file=sys.stderr, flush=True)
    total = Tally("total")
    for tally in tallies:
        total.include(tally)
    rows.append({**total.as_dict(), "seconds": round(time.monotonic() - begun)})
    print(_table(rows))
    if options.scale != SMALL.name and not options.only:
        document = {**_surroundings(version, options.scale), "sections": rows[:-1], "total": rows[-1]}
        RESULTS.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return 0 if total.flawless else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description=__doc__)
    parser.add_argument("--scale", choices=sorted(SCALES), default="small", help="full: as often as makes sense")
    parser.add_argument("--only", metavar="WORDS", default="", help="the sections whose name contains this")
    return parser.parse_args()


def _surroundings(version: str, scale: str) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "mongod": version,
        "scale": scale,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    head = ("section", *COUNTS, "seconds")
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|", *map(_line, rows)]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    return f"| {' | '.join(str(row[name]) for name in ('name', *COUNTS, 'seconds'))} |"


if __name__ == "__main__":
    sys.exit(main())
