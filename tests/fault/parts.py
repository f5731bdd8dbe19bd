"""Files of as many records as a mapping says, and their marker, by runs that are killed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import chain, count
from typing import Final

from tests.fault.boundaries import Plan
from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.workload import Saved
from tests.fault.world import Verdict, unsettled
from tests.support.client_files import with_files

_NUMBERS: Final = range(1, 8)
_EACH: Final = ("3", "all")


def killed(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill an export at every boundary: the next run completes it, and every file gets into one marker."""
    for per_file in _EACH:
        with lab.place("", "--batch-size", "2", "--direction", "outbound") as place:
            outbound = "outbound: 'orders_{run}_{part}.jsonl', marker: '{run}.done'"
            with_files(place, f"{{inbound: '*.in', {outbound}, format: json_lines, records_per_file: {per_file}}}")
            at = datetime(2025, 1, 2, tzinfo=UTC)
            place.work_orders.insert_many(
                [{"number": n, "title": f"Pump {n}", "status": "pending", "createdAt": at} for n in _NUMBERS]
            )
            start = Saved.of(place)
            for boundary in count(1 + scale.every // 2, scale.every):
                start.restore(place)
                if not place.etl(Plan("kill", boundary)).killed:
                    break
                _judge(place, tally, f"{per_file} a file: killed at boundary {boundary}")


def _judge(place: Place, tally: Tally, what: str) -> None:
    """Look at what is there, let a run follow, and look again."""
    verdict = Verdict()
    if missing := _listed(place) - _files(place).keys():
        verdict.lose(f"a marker was there before {', '.join(sorted(missing))}")
    if any(place.outbound.glob("*.done")) and _sent(place) != set(_NUMBERS):
        verdict.lose(f"a marker was there before all was: {sorted(_sent(place))}")
    rerun = place.etl()
    if rerun.code:
        verdict.lose(f"the rerun ended with {rerun.code}: {rerun.err[-300:]}")
    if _sent(place) != set(_NUMBERS):
        verdict.lose(f"was sent: {sorted(_sent(place))}")
    if _listed(place) != _files(place).keys():
        verdict.lose(f"in markers {sorted(_listed(place))}, as files {sorted(_files(place))}")
    if again := unsettled(place.etl().out):
        verdict.double(f"after the rerun there was still something to do: {', '.join(again)}")
    tally.add(what, len(_NUMBERS), verdict)


def _files(place: Place) -> dict[str, set[int]]:
    """Return which work orders each file has."""
    return {
        file.name: {json.loads(line)["orderNo"] for line in file.read_text().splitlines()}
        for file in place.outbound.glob("*.jsonl")
    }


def _sent(place: Place) -> set[int]:
    return set(chain(*_files(place).values()))


def _listed(place: Place) -> set[str]:
    """Return which files the markers list."""
    return set(chain(*(file.read_text().splitlines() for file in place.outbound.glob("*.done"))))
