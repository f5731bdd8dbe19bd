"""Deliveries that are replaced or torn while a run reads them, in every format, and runs that die over them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.fault.boundaries import Plan
from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.workload import Saved
from tests.fault.world import Verdict, unsettled
from tests.support.client_files import as_array, as_lines, as_rows, using
from tests.support.site import client_record

WRITERS: Final[dict[str, tuple[str, Callable[..., bytes]]]] = {
    "json_lines": ("a.jsonl", as_lines),
    "json_array": ("a.json", as_array),
    "csv": ("a.csv", as_rows),
}
NUMBERS: Final = range(1, 8)
CHANGED: Final = (2, 5, 7)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What comes in one format: an older and a newer file of the same name."""

    place: Place
    kind: str

    @property
    def file(self) -> Path:
        return self.place.inbound / WRITERS[self.kind][0]

    def content(self, changed: Sequence[int] = (), numbers: Sequence[int] = NUMBERS) -> bytes:
        records = [client_record(n, **({"summary": f"Newer {n}"} if n in changed else {})) for n in numbers]
        return WRITERS[self.kind][1](*records)

    def replace(self, content: bytes) -> None:
        """Let another file take its place at once, as a client should."""
        other = self.file.with_name(".coming")
        other.write_bytes(content)
        other.replace(self.file)

    def begin(self) -> Saved:
        """Let the older file lie there, unread; return that."""
        self.file.write_bytes(self.content())
        return Saved.of(self.place)

    def check_known(self, verdict: Verdict) -> None:
        """Say which work orders have what no file ever said."""
        for order in self.place.work_orders.find():
            if order["title"] not in {f"Pump {order['number']}", f"Newer {order['number']}"}:
                verdict.tear(f"{order['number']} is {order['title']}")

    def judge(self, tally: Tally, what: str, changed: Sequence[int] = CHANGED) -> None:
        """Let a run follow: both sides have all records, as the last file says."""
        verdict, rerun = Verdict(), self.place.etl()
        if rerun.code:
            verdict.lose(f"the rerun ended with {rerun.code}: {rerun.err[-300:]}")
        expected = {number: f"{'Newer' if number in changed else 'Pump'} {number}" for number in NUMBERS}
        orders = [(order["number"], order["title"]) for order in self.place.work_orders.find()]
        if sorted(orders) != sorted(expected.items()):
            verdict.lose(f"there is {sorted(orders)}")
        if (sent := self._sent(verdict)) != expected:
            verdict.lose(f"was sent: {sent}")
        if again := unsettled(self.place.etl().out):
            verdict.double(f"after the rerun there was still something to do: {', '.join(again)}")
        tally.add(what, len(expected), verdict)

    def _sent(self, verdict: Verdict) -> dict[int, str]:
        """Return what the client was told last, by number."""
        sent: dict[int, str] = {}
        for file in sorted(self.place.outbound.iterdir()):
            try:
                sent.update((int(record["orderNo"]), record["summary"]) for record in _records(file))
            except (ValueError, csv.Error) as error:
                verdict.tear(f"{file.name}: {error}")
        return sent

    def tear(self, content: bytes) -> None:
        """Write half of it, in place, as a client should not."""
        self.file.write_bytes(content[: len(content) * 2 // 3])


def killed(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill a run over a delivery: the next one completes it, and no file that was written is torn."""
    for deliveries in _formats(lab):
        place, start = deliveries.place, deliveries.begin()
        for at in count(1 + scale.every // 2, scale.every):
            start.restore(place)
            if not place.etl(Plan("kill", at)).killed:
                break
            deliveries.judge(tally, f"{deliveries.kind} killed at boundary {at}", changed=())


def replaced(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Replace a delivery by a newer one while a run is at work: in the end all is as the newer one says."""
    for deliveries in _formats(lab):
        for at in _stopped(deliveries, scale, lambda each: each.replace(each.content(CHANGED))):
            deliveries.judge(tally, f"{deliveries.kind} replaced at boundary {at}")


def torn(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a delivery be written in place, in pieces, while runs read it: nothing is made of half a record."""
    for deliveries in _formats(lab):
        for at in _stopped(deliveries, scale, lambda each: each.tear(each.content(CHANGED))):
            what, verdict = f"{deliveries.kind} torn at boundary {at}", Verdict()
            deliveries.place.etl()
            deliveries.check_known(verdict)
            tally.add(f"{what}, at once", 0, verdict, faults=0)
            deliveries.file.write_bytes(deliveries.content(CHANGED))
            deliveries.judge(tally, what)


def _formats(lab: Lab) -> Iterator[Deliveries]:
    for kind in WRITERS:
        with lab.place("", "--batch-size", "3") as place:
            using(place, kind)
            yield Deliveries(place, kind)


def _stopped(deliveries: Deliveries, scale: Scale, meanwhile: Callable[[Deliveries], None]) -> Iterator[int]:
    """Yield each boundary of a run during which something happens there, when that run has ended."""
    place, start = deliveries.place, deliveries.begin()
    for at in count(1 + scale.every // 2, scale.every):
        start.restore(place)
        pid = place.start(Plan("stop", at))
        if not place.worker.done(pid).stopped:
            return
        meanwhile(deliveries)
        place.worker.resume(pid)
        place.worker.done(pid)
        yield at


def _records(file: Path) -> list[dict[str, Any]]:
    """Return the records of a file that was written.

    Raises:
        ValueError: when it is torn.

    """
    text = file.read_text("utf-8-sig")
    if file.suffix == ".csv":
        return list(csv.DictReader(text.splitlines(), delimiter=";", strict=True))
    return [json.loads(line) for line in text.splitlines()] if file.suffix == ".jsonl" else json.loads(text)
