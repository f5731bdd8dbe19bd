"""Deliveries that are cleared away once they have arrived, by runs that die, and while others take their place."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from typing import Final

from tests.fault.boundaries import Plan
from tests.fault.formats import CHANGED, Deliveries
from tests.fault.lab import Lab
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.world import Verdict
from tests.support.client_files import with_files

_WAYS: Final = ("archive", "delete")
_FILES: Final = "os."
"""In the name of every boundary at which a file is moved, removed or looked for."""


def killed(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill a run at each of its moves of files, and at some commands: what was read arrives, and is cleared away."""
    for deliveries, after in _cleared(lab):
        place, start = deliveries.place, deliveries.begin()
        for only, every in ((_FILES, 1), ("", scale.every)):
            for at in count(1 + every // 2, every):
                start.restore(place)
                if not place.etl(Plan("kill", at, only)).killed:
                    break
                deliveries.judge(tally, f"{after}: killed at boundary {at} {only}", changed=())
                _is_cleared(deliveries, after, tally, deliveries.content())


def replaced(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a newer file take the place of one that is being cleared away, and kill that run: nothing goes unread."""
    del scale
    for deliveries, after in _cleared(lab):
        place, start = deliveries.place, deliveries.begin()
        for ends in (False, True):
            for at in count(1):
                start.restore(place)
                pid = place.start(Plan("stop", at, _FILES))
                if not place.worker.done(pid).stopped:
                    break
                deliveries.replace(deliveries.content(CHANGED))
                if ends:
                    os.kill(pid, signal.SIGKILL)
                else:
                    place.worker.resume(pid)
                place.worker.done(pid)
                deliveries.judge(tally, f"{after}: replaced at boundary {at}, {'killed' if ends else 'going on'}")
                _is_cleared(deliveries, after, tally, deliveries.content(CHANGED))


def _cleared(lab: Lab) -> Iterator[tuple[Deliveries, str]]:
    for after in _WAYS:
        with lab.place("", "--batch-size", "3") as place:
            outbound = "workorders_{run}_{part}.jsonl"
            with_files(
                place,
                f'{{inbound: {{match: "*.jsonl", after: {after}}}, outbound: "{outbound}", format: json_lines}}',
            )
            yield Deliveries(place, "json_lines"), after


def _is_cleared(deliveries: Deliveries, after: str, tally: Tally, content: bytes) -> None:
    """Say what still lies there, and what is missing in the archive."""
    verdict, inbound = Verdict(), deliveries.place.inbound
    if left := sorted(file.name for file in inbound.iterdir() if file.is_file()):
        verdict.double(f"{', '.join(left)} was not cleared away")
    archived = [file.read_bytes() for file in inbound.glob("archive/*")]
    if after == "archive" and content not in archived:
        verdict.lose(f"the last file is not among the {len(archived)} that are archived")
    tally.add("what lies there", 0, verdict, faults=0)
