"""What a merge would leave is judged before it is written: each side may be right, and both together not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl import load_mapping
from etl.app import past_runs
from etl.app.opening import quiet_log
from tests.support.client_files import kept
from tests.support.command_line import Done, etl
from tests.support.site import INBOUND, Site

RULES = """mapping: m
language: 1
outside:
  name: client
  schema: client.json
  files: {inbound: "*.json", outbound: "workorder_{number}.json"}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: workorders
    on_import: {isSynced: false}
    export_when: {isSynced: {$ne: true}}
    on_export: {isSynced: true}
rules:
  - {client: number, tracos: number, key: true}
  - {client: name, tracos: name, wins: review}
  - {client: status, tracos: status}
  - {client: reason, tracos: reason}
  - client: ops
    tracos: work.steps
    each:
      - {client: "no", tracos: nr, key: true}
"""


class Narrow(Site):
    """A site whose schemas allow a reason only beside a status, and a list only of one or two elements."""

    def begin(self) -> None:
        ops, steps = (
            {"type": "array", "minItems": 1, "maxItems": 2, "items": {"properties": {key: {"type": "integer"}}}}
            for key in ("no", "nr")
        )
        work = {"type": "object", "properties": {"steps": steps}, "minProperties": 1}
        for system, own in {"client": {"ops": ops}, "tracos": {"work": work, "isSynced": {}, "note": {}}}.items():
            texts = {name: {"type": "string"} for name in ("name", "status", "reason")}
            fields = {"number": {"type": "integer"}, **texts, **own}
            more = {"required": ["number"], "dependentRequired": {"reason": ["status"]}, "additionalProperties": False}
            (self.folder / f"{system}.json").write_text(json.dumps({"type": "object", "properties": fields, **more}))
        (self.folder / "m.yaml").write_text(RULES)
        self.mapping = load_mapping(self.folder / "m.yaml")

    def says(self, number: int, *ops: int, **fields: Any) -> None:
        said = {"ops": [{"no": op} for op in ops]} if ops else {}
        (self.inbound / f"{number}.json").write_text(json.dumps({"number": number, **said, **fields}))

    def edits(self, number: int, *steps: int, **fields: Any) -> None:
        work = {"work": {"steps": [{"nr": step} for step in steps]}} if steps else {}
        self.technician_edits(number, **work, **fields)

    def has(self, number: int) -> dict[str, Any]:
        return {name: value for name, value in self.work_order(number).items() if name not in ("_id", "isSynced")}

    def types(self, *arguments: str) -> Done:
        return etl(*arguments, "--mapping", str(self.mapping.file), site=self)


@pytest.fixture
def narrow(site: Site) -> Narrow:
    site.__class__ = Narrow
    assert isinstance(site, Narrow)
    site.begin()
    return site


def test_what_neither_side_did_wrong_alone_is_named_and_waits_until_it_fits(narrow: Narrow) -> None:
    for number in (1, 2, 3):
        narrow.says(number, 1, 2)
    narrow.says(4, 1)
    narrow.says(5, status="open")
    narrow.says(6, status="open", name="a")
    narrow.run()
    narrow.says(1)
    narrow.says(2)
    narrow.edits(2, 1, 2, 3)
    narrow.says(3, 2)
    narrow.edits(3, 1)
    narrow.says(4, 1, 2)
    narrow.edits(4, 1, 3)
    narrow.says(5)
    narrow.edits(5, reason="broken")
    narrow.says(6, name="b", status="open")
    narrow.edits(6, status=7, note="a wrong status is what somebody has entered here")
    planned = json.loads(narrow.types("plan", "--json").stdout)["records"]
    ran = narrow.run(directions=INBOUND)["inbound"]
    assert ran == {"read": 6, "updated": 3, "rejected": 3}
    left = "in what would be left: client has changed"
    both = f"{left} work.steps, tracos has changed work.steps"
    told = {
        "3.json": [f"work.steps: [] should be non-empty, {both}"],
        "4.json": [f"work.steps: [{{'nr': 1}}, {{'nr': 3}}, {{'nr': 2}}] is too long, {both}"],
        "5.json": [f"status: is required beside reason, {left} status, tracos has changed reason"],
    }
    assert {letter.origin: list(map(str, letter.violations)) for letter in kept(narrow)} == told
    assert {one["origin"]: one["reasons"] for one in planned if one["origin"] in told} == told
    assert narrow.has(1) == {"number": 1}  # as if it had been made so
    assert narrow.has(2)["work"] == {"steps": [{"nr": 3}]}
    assert narrow.has(3)["work"] == {"steps": [{"nr": 1}]}
    assert narrow.has(4)["work"] == {"steps": [{"nr": 1}, {"nr": 3}]}
    assert narrow.has(5) == {"number": 5, "status": "open", "reason": "broken"}
    assert narrow.has(6)["name"] == "b"  # what was wrong before keeps nothing out
    assert narrow.types("dead-letters", "replay", "--all").returncode == 1
    narrow.work_orders.update_one({"number": 5}, {"$unset": {"reason": ""}})
    assert narrow.run(directions=INBOUND)["inbound"] == {"read": 6, "unchanged": 3, "rejected": 2, "updated": 1}
    assert narrow.has(5) == {"number": 5}
    assert len(kept(narrow)) == 2


def test_neither_a_decision_nor_an_undo_writes_what_does_not_fit(narrow: Narrow) -> None:
    narrow.says(1, name="a", status="open")
    narrow.says(2)
    narrow.run()
    narrow.says(1, name="b")
    narrow.edits(1, name="c", reason="broken")
    narrow.says(2, status="open")
    narrow.run()
    last = past_runs(narrow.mapping, narrow.settings, quiet_log())[0].id
    narrow.edits(2, reason="broken")
    resolved = narrow.types("conflicts", "resolve", "1", "--take", "client")
    assert resolved.returncode == 1
    assert "status: is required beside reason" in resolved.stdout + resolved.stderr
    assert narrow.has(1) == {"number": 1, "name": "c", "status": "open", "reason": "broken"}
    assert json.loads(narrow.types("conflicts", "list", "--json").stdout)
    undone = narrow.types("undo", last, "--yes")
    assert "status: is required beside reason" in undone.stdout + undone.stderr
    assert narrow.has(2) == {"number": 2, "status": "open", "reason": "broken"}
