"""Rules between two systems, `c` and `t`, and what check says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from etl import MappingError
from etl.mapping.load import examine


class Tried:
    """What check says of rules between `c` and `t`, whose key is `id` and `number`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "m.yaml"
        self.outside: dict[str, Any] = {}
        self.inside: dict[str, Any] = {}
        self.required: tuple[str, ...] = ()
        self.key = "{c: id, t: number, key: true}"
        self.keys: dict[str, Any] = {"c": {"type": "integer", "minimum": 1}, "t": {"type": "integer", "minimum": 1}}

    def __call__(self, *rules: str) -> list[str]:
        for name, key, fields in (("c", "id", self.outside), ("t", "number", self.inside)):
            required = [key, *(field for field in self.required if field in fields)]
            properties = {key: self.keys[name], **fields, "isSynced": {"type": "boolean"}}
            schema = {"type": "object", "required": required, "properties": properties}
            (self.file.parent / f"{name}.json").write_text(json.dumps(schema))
        files = 'files: {inbound: "*.json", outbound: "{id}.json"}, ignore: [isSynced]'
        mongodb = "mongodb: {collection: x, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}"
        lines = [
            f"mapping: m\nlanguage: 1\noutside: {{name: c, schema: c.json, {files}}}",
            f"inside: {{name: t, schema: t.json, {mongodb}}}\nrules:",
            *(f"  - {rule}" for rule in (self.key, *rules)),
        ]
        self.file.write_text("\n".join(lines) + "\n")
        try:
            _, found = examine(self.file)
        except MappingError as error:
            found = list(error.findings)
        return [f"{finding.code} {finding.message}" for finding in found]
