"""Records of which mapped fields carry the bulk: planned, applied, run, verified, undone, and agreed on anew."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Final

from tests.fault.hostile import MOST_MB, measured
from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.world import Verdict

_MAPPING: Final = """\
mapping: bulk
language: 1
outside:
  name: client
  schema: client.json
  files: {inbound: "*.json", outbound: "bulk_{id}.json"}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: workorders
    export_when: {isSynced: {$ne: true}}
    on_export: {isSynced: true}
rules:
  - {client: id, tracos: number, key: true}
  - {client: bulk, tracos: bulk}
"""

_OPEN: Final = {"additionalProperties": True}
_LOGGED: Final = ("--log-level", "error")
_BULKS: Final = {
    "lists of texts": b"[" + b'"%b",' % (b"x" * 37) * 98_000 + b'"%b"]',
    "lists of short texts": b"[" + b'"x",' * 99_000 + b'"%b"]',
    "objects": b"[" + b'{"a":[1]},' * 30_000 + b'"%b"]',
    "long texts": b'"' + b"y" * (4 * 1024 * 1024 - 100) + b'%b"',
}
"""What one mapped field carries, by its kind, with room for what tells one from another."""

_NEW: Final[Sequence[tuple[str, ...]]] = (("plan",), ("plan", "--out", "plan.json"), ("run",), ("plan",), ("verify",))
_UPDATED: Final[Sequence[tuple[str, ...]]] = (
    ("plan",),
    ("plan", "--json"),
    ("plan", "--out", "plan.json"),
    ("apply", "plan.json"),
)
_UPDATED_AGAIN: Final[Sequence[tuple[str, ...]]] = (("run",), ("run",), ("verify",))
_TAKEN_BACK: Final[Sequence[tuple[str, ...]]] = (
    ("undo", "RUN"),
    ("undo", "RUN", "--json"),
    ("undo", "RUN", "--yes"),
    ("state", "rebuild"),
)


def large_mapped_values(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let large values come, and others in their place: no command has more memory than it may, and each arrives."""
    times = 60 if scale.thorough else 16
    for name, bulk in _BULKS.items() if scale.thorough else list(_BULKS.items())[:1]:
        with lab.place() as place:
            large = _Large(place, bulk, times)
            for said, commands in (("a", _NEW), ("b", _UPDATED), ("c", _UPDATED_AGAIN)):
                large.client_sends(said)
                large.etl(commands, said)
            large.etl(_TAKEN_BACK, "b")
            tally.add(name, times, large.verdict, large.commands)
            tally.facts[f"large mapped values, {name}, MB"] = round(large.most)


class _Large:
    """A site with records of this bulk, so many of them."""

    def __init__(self, place: Place, bulk: bytes, times: int) -> None:
        self._place, self._bulk, self._times = place, bulk, times
        self.verdict, self.most, self.commands = Verdict(), 0.0, 0
        for name, key in (("client", "id"), ("tracos", "number")):
            fields = {key: {"type": "integer"}, "bulk": {}}
            schema = {"type": "object", "required": [key], "properties": fields, **_OPEN}
            (place.folder / f"{name}.json").write_text(json.dumps(schema))
        self._mapping = place.folder / "bulk.yaml"
        self._mapping.write_text(_MAPPING)

    def client_sends(self, said: str) -> None:
        for number in range(self._times):
            content = b'{"id": %d, "bulk": %b}' % (number, self._bulk.replace(b"%b", said.encode()))
            (self._place.inbound / f"{number}.json").write_bytes(content)

    def etl(self, commands: Sequence[tuple[str, ...]], end: str) -> None:
        """Run these; the work orders have this at their end then."""
        for command in commands:
            named = [self._last_run() if word == "RUN" else word for word in command]
            peak = measured(self._place, *named, *_LOGGED, "--mapping", str(self._mapping))
            self.commands, self.most = self.commands + 1, max(self.most, peak.megabytes)
            said = f"etl {' '.join(command)}"
            print(f"{said}: {peak.megabytes:.0f} MB", file=sys.stderr)
            if peak.megabytes > MOST_MB:
                self.verdict.lose(f"{said} takes {peak.megabytes:.0f} MB")
            if peak.code and not (commands is _UPDATED_AGAIN and command == ("verify",)):
                self.verdict.lose(f"{said} ends with {peak.code}: {peak.err[-300:]}")
        if not all(_has(self._place, number, end) for number in range(self._times)):
            self.verdict.lose(f"what has {end} at its end")

    def _last_run(self) -> str:
        """Return the last run that has replaced anything."""
        found = self._place.database["etl_replaced"].find_one({"run": {"$exists": True}}, sort=[("started", -1)])
        return str(found["run"]) if found else ""


def _has(place: Place, number: int, end: str) -> bool:
    """Return whether a work order has what was sent last."""
    found = place.work_orders.find_one({"number": number})
    value = found["bulk"] if found else ""
    return bool(value and value[-1] == end)
