"""Both sides of one work order, under a mapping of a test's own."""

from __future__ import annotations

import json
from typing import Any

from etl import load_mapping
from tests.support.command_line import etl
from tests.support.site import Site


class Sides(Site):
    """Both sides of one work order, number 7, under a mapping of the test's own."""

    def maps(self, *rules: str, more: str = "", echo: bool = True, on_import: str = "{}", name: str = "m") -> None:
        """Load a mapping with these rules, between systems whose schemas allow everything."""
        for system, key in {"client": "id", "tracos": "number"}.items():
            allowed = {"properties": {key: {"type": "integer"}}, "additionalProperties": True}
            schema = {"type": "object", "required": [key], **allowed}
            (self.folder / f"{system}.json").write_text(json.dumps(schema))
        file = self.folder / f"{name}.yaml"
        file.write_text(
            f"""mapping: {name}
language: 1
outside:
  name: client
  schema: client.json
  echo: {json.dumps(echo)}
  files: {{inbound: "*.json", outbound: "workorder_{{id}}.json"}}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: workorders
    on_import: {on_import}
    export_when: {{isSynced: {{$ne: true}}}}
    on_export: {{isSynced: true}}
{more}
rules:
  - {{client: id, tracos: number, key: true}}
"""
            + "".join(f"  - {rule}\n" for rule in rules)
        )
        self.mapping = load_mapping(file)

    def client_says(self, file: str = "7.json", **fields: Any) -> None:
        (self.inbound / file).write_text(json.dumps({"id": 7} | fields))

    def has(self, **fields: Any) -> bool:
        """Return whether the work order has these values, strictly on type; None: has no such field."""
        order = self.work_order(7)
        return all(repr(order.get(name)) == repr(value) for name, value in fields.items())

    def told(self) -> dict[str, Any]:
        return self.client_gets(7)

    def etl(self, *arguments: str) -> Any:
        return etl(*arguments, "--mapping", str(self.mapping.file), site=self)

    def conflicts(self) -> list[dict[str, Any]]:
        return list(self.database["etl_conflicts"].find())
