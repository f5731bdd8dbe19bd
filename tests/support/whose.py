"""A site whose mapping imports some records of the client and leaves others: one test says which."""

from __future__ import annotations

import json
from typing import Any

from etl import load_mapping
from tests.support.command_line import etl
from tests.support.site import Site

FIELDS = {"id": "integer", "name": "string", "note": "string", "kind": ["integer", "null"], "template": "boolean"}
INSIDE = {"number": "integer", "title": "string", "remark": "string", "status": "string", "isSynced": "boolean"}


FILES = '{inbound: "*.json", outbound: "workorder_{id}.json"}'


class Selected(Site):
    """Work orders of a client, number 7 among them, under a mapping that says which records are imported."""

    def maps(
        self,
        outside: str = "",
        inside: str = "",
        *rules: str,
        files: str = FILES,
        mongodb: str = "",
        inner: dict[str, Any] | None = None,
        **names: Any,
    ) -> None:
        """Load a mapping with this said of either side. names: fields of the client's records, with other schemas.

        inner: the same of ours.
        """
        key = ", as: integer_text" if names.get("id") == "string" else ""
        self._write_schema("client.json", "id", {**FIELDS, **names})
        self._write_schema("tracos.json", "number", {**INSIDE, **(inner or {})})
        file = self.folder / "m.yaml"
        file.write_text(
            f"""mapping: m
language: 1
outside:
  name: client
  schema: client.json
{outside}
  files: {files}
inside:
  name: tracos
  schema: tracos.json
{inside}
  mongodb:
    collection: workorders
{mongodb}    on_import: {{isSynced: false}}
    export_when: {{isSynced: {{$ne: true}}}}
    on_export: {{isSynced: true}}
rules:
  - {{client: id, tracos: number, key: true{key}}}
  - {{client: name, tracos: title}}
"""
            + "".join(f"  - {rule}\n" for rule in rules)
        )
        self.mapping = load_mapping(file)

    def _write_schema(self, name: str, key: str, fields: dict[str, Any]) -> None:
        properties = {name: {"type": kind} if isinstance(kind, str | list) else kind for name, kind in fields.items()}
        schema = {"type": "object", "required": [key], "properties": properties, "additionalProperties": False}
        (self.folder / name).write_text(json.dumps(schema))

    def says(self, file: str = "7.json", **fields: Any) -> None:
        """Put a file of the client's into the inbound folder, by default of record 7."""
        (self.inbound / file).write_text(json.dumps({"id": 7} | fields))

    def etl(self, *arguments: str) -> Any:
        """Call a command with the mapping."""
        named = [] if arguments[0] in ("check", "docs", "fmt", "test") else ["--mapping"]
        return etl(*arguments, *named, str(self.mapping.file), site=self)

    @property
    def sent(self) -> list[str]:
        """The names of what the client was sent."""
        return sorted(file.name for file in self.outbound.iterdir()) if self.outbound.is_dir() else []

    def state(self, number: int = 7) -> dict[str, Any] | None:
        """Return what is remembered of a work order."""
        return self.database["etl_state"].find_one({"_id": f'["m","workorders",{number}]'})
