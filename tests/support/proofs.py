"""Small mappings of system c on system t, and what check says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from etl.mapping.load import examine

MAPPING = """\
mapping: m
language: 1
outside: {name: c, schema: c.json, files: {inbound: "*.json", outbound: "o_{id}.json"}}
inside:
  name: t
  schema: t.json
  mongodb: {collection: w, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {c: id, t: number, key: true}
"""
TEXT: dict[str, Any] = {"type": "string"}
SOME = {"type": "string", "minLength": 1}
DATE = {"type": "string", "format": "date-time"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}


def few(first: int, last: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": first, "maximum": last}


def of(**fields: Any) -> dict[str, Any]:
    """Return an object with fields; those that end with `_` are required, and have the name without it."""
    required = [name.rstrip("_") for name in fields if name.endswith("_")]
    return {"type": "object", "required": required, "properties": {name.rstrip("_"): f for name, f in fields.items()}}


def lists(**fields: Any) -> dict[str, Any]:
    return {"type": "array", "items": of(**fields)}


def mapping(folder: Path, rules: str, c: dict[str, Any], t: dict[str, Any]) -> Path:
    for name, key, schema in (("c", "id", c), ("t", "number", t)):
        properties = {key: WHOLE, "isSynced": {"type": "boolean"}, **schema["properties"]}
        if name == "c":
            del properties["isSynced"]
        required = [key, *schema["required"]]
        (folder / f"{name}.json").write_text(json.dumps({**schema, "required": required, "properties": properties}))
    file = folder / "m.yaml"
    file.write_text(MAPPING + "".join(f"  - {rule}\n" for rule in rules.strip().splitlines()))
    return file


def found(folder: Path, rules: str, c: dict[str, Any], t: dict[str, Any]) -> list[str]:
    """Return the findings, each as its code and message."""
    return [f"{one.code} {one.message}" for one in examine(mapping(folder, rules, c, t))[1]]
