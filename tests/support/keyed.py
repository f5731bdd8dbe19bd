"""Mappings whose keys are of any types."""

from __future__ import annotations

import json
from pathlib import Path

from etl import Mapping, load_mapping

KEYED = """\
mapping: keyed
language: 1
outside:
  name: client
  schema: client.json
  files: {inbound: "*.json", outbound: "{id}.json"}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {collection: workorders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
KEYS
  - {client: summary, tracos: title}
"""


def keyed(folder: Path, **types: str) -> Mapping:
    """Return a mapping whose key has these parts, each of a type."""
    folder.mkdir()
    extra = {"client": {"summary": {"type": "string"}}, "tracos": {"title": {"type": "string"}}}
    extra["tracos"]["isSynced"] = {"type": "boolean"}
    for name, more in extra.items():
        properties = {part: {"type": kind} for part, kind in types.items()} | more
        schema = {"type": "object", "required": list(types), "properties": properties}
        (folder / f"{name}.json").write_text(json.dumps(schema))
    rules = "\n".join(f"  - {{client: {name}, tracos: {name}, key: true}}" for name in types)
    file = folder / "m.yaml"
    file.write_text(KEYED.replace("KEYS", rules).replace("{id}", "{" + "}_{".join(types) + "}"))
    return load_mapping(file)
