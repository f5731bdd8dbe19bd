"""Records of which mapped fields carry the bulk: planned, applied, run and verified, when they are new and updated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
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


def large_mapped_values(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let large values come, and others in their place: no command has more memory than it may, and each arrives."""
    times = 60 if scale.thorough else 16
    for name, bulk in _BULKS.items() if scale.thorough else list(_BULKS.items())[:1]:
        with lab.place() as place:
            mapping, verdict, most = _mapping(place), Verdict(), 0.0
            for said, commands in (("a", _NEW), ("b", _UPDATED), ("c", _UPDATED_AGAIN)):
                for number in range(times):
                    (place.inbound / f"{number}.json").write_bytes(
                        b'{"id": %d, "bulk": %b}' % (number, bulk.replace(b"%b", said.encode()))
                    )
                for command in commands:
                    peak = measured(place, *command, *_LOGGED, "--mapping", str(mapping))
                    most = max(most, peak.megabytes)
                    if peak.megabytes > MOST_MB:
                        verdict.lose(f"etl {' '.join(command)} takes {peak.megabytes:.0f} MB")
                    if peak.code and not (said == "c" and command == ("verify",)):
                        verdict.lose(f"etl {' '.join(command)} ends with {peak.code}: {peak.err[-300:]}")
                if not all(_has(place, number, said) for number in range(times)):
                    verdict.lose(f"what has {said} at its end")
            tally.add(name, times, verdict, len(_NEW) + len(_UPDATED) + len(_UPDATED_AGAIN))
            tally.facts[f"large mapped values, {name}, MB"] = round(most)


def _mapping(place: Place) -> Path:
    for name, key in (("client", "id"), ("tracos", "number")):
        schema = {"type": "object", "required": [key], "properties": {key: {"type": "integer"}, "bulk": {}}, **_OPEN}
        (place.folder / f"{name}.json").write_text(json.dumps(schema))
    file = place.folder / "bulk.yaml"
    file.write_text(_MAPPING)
    return file


def _has(place: Place, number: int, end: str) -> bool:
    """Return whether a work order has what was sent last."""
    found = place.work_orders.find_one({"number": number})
    value = found["bulk"] if found else ""
    return bool(value and value[-1] == end)
