"""A site whose client gives the work orders that are born in TracOS their numbers, and finds them by a code."""

from __future__ import annotations

import json
from typing import Any

from etl import load_mapping
from tests.support.whose import Selected

ENTRIES = '[{file: "new_{$id}.json", for: create}, {file: "workorder_{id}.json", for: update}]'
CLIENT = {"id": "integer", "ref": "string", "name": "string", "site": "string"}
TRACOS = {"number": "integer", "code": "string", "title": "string", "site": "string", "isSynced": "boolean"}


class Born(Selected):
    """Work orders of which those that are born inside get their key from the client."""

    def gives(self, outside: str = "", *rules: str, files: str = ENTRIES, required: str = "[]") -> None:
        """Load a mapping with this said of the client. required: of the inside schema."""
        for name, needed, fields in (("client.json", ["id"], CLIENT), ("tracos.json", json.loads(required), TRACOS)):
            properties = {field: {"type": kind} for field, kind in fields.items()}
            schema = {"type": "object", "required": needed, "properties": properties, "additionalProperties": False}
            (self.folder / name).write_text(json.dumps(schema))
        file = self.folder / "m.yaml"
        file.write_text(
            f"""mapping: m
language: 1
outside:
  name: client
  schema: client.json
{outside}
  files: {{inbound: "*.json", outbound: {files}}}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: workorders
    on_import: {{isSynced: true}}
    export_when: {{isSynced: {{$ne: true}}}}
    on_export: {{isSynced: true}}
rules:
  - {{client: id, tracos: number, key: assigned}}
  - {{client: ref, tracos: code, key: match}}
  - {{client: name, tracos: title}}
"""
            + "".join(f"  - {rule}\n" for rule in rules)
        )
        self.mapping = load_mapping(file)

    def bears(self, code: str = "A1", **fields: Any) -> Any:
        """Make a work order in TracOS, and return its `_id`."""
        return self.work_orders.insert_one({"code": code, "title": "Pump", "isSynced": False, **fields}).inserted_id

    def edits(self, id_: Any, **fields: Any) -> None:
        """Edit a work order as TracOS does."""
        self.work_orders.update_one({"_id": id_}, {"$set": {"isSynced": False, **fields}})

    def order(self, id_: Any) -> dict[str, Any]:
        """Return a work order without its `_id`."""
        found = self.work_orders.find_one({"_id": id_}, {"_id": False})
        assert found is not None
        return found

    def gets(self, id_: Any) -> dict[str, Any]:
        """Return what the client was sent of the creation of a work order."""
        record: dict[str, Any] = json.loads((self.outbound / f"new_{id_}.json").read_text())
        return record

    def answers(self, number: int = 7, ref: str = "A1", name: str = "Pump", **fields: Any) -> None:
        """Have the client say a record of its own, with its number."""
        (self.inbound / f"{number}.json").write_text(json.dumps({"id": number, "ref": ref, "name": name, **fields}))
