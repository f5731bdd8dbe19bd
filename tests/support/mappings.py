"""Small mappings, between two systems whose schemas allow everything."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Mapping, RecordError, load_mapping, translator
from etl.errors import Finding
from etl.mapping.load import examine

KEY_PARTS = {"id": {"type": "integer"}, "number": {"type": "integer"}, "plant": {"type": "string"}}


@cache
def examined(file: Path) -> tuple[Mapping, list[Finding]]:
    """Load and check a mapping that no test changes: once for all of them."""
    return examine(file)


def loaded(file: Path) -> Mapping:
    """Return such a mapping, in which nothing is wrong."""
    mapping, findings = examined(file)
    assert not any(finding.is_error for finding in findings), findings
    return mapping


def open_schema(*required: str) -> str:
    """Return a schema that requires the key and allows everything else."""
    properties = {name: KEY_PARTS[name] for name in required}
    return json.dumps({"type": "object", "required": required, "properties": properties, "additionalProperties": True})


KEY = "  - {client: id, tracos: number, key: true}\n"


def make(
    folder: Path, rules: str, *, outside: str = "", inside: str = "", key: str = KEY, name: str = "{id}"
) -> Mapping:
    """Load a mapping with these rules, between two systems whose schemas allow everything."""
    parts = ("plant",) if "plant" in key else ()
    (folder / "client.json").write_text(open_schema("id", *parts))
    (folder / "tracos.json").write_text(open_schema("number", *parts))
    file = folder / "mapping.yaml"
    file.write_text(
        f"""mapping: test
language: 1
outside:
  name: client
  schema: client.json
  files: {{inbound: "*.json", outbound: "{name}.json"}}
{outside}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {{collection: orders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
{inside}
rules:
{key}{rules}
"""
    )
    return load_mapping(file)


def inward(mapping: Mapping, **record: Any) -> dict[str, Any]:
    """Return what the inside gets of a record of key 1, without its key."""
    made = translator(mapping, Direction.INBOUND)({"id": 1} | record)
    assert made.pop("number") == 1
    return made


def outward(mapping: Mapping, **record: Any) -> dict[str, Any]:
    """Return what the outside gets of a document of key 1, without its key."""
    made = translator(mapping, Direction.OUTBOUND)({"number": 1} | record)
    assert made.pop("id") == 1
    return made


def reasons(mapping: Mapping, direction: Direction, **record: Any) -> list[str]:
    """Return why a record of key 1 is refused."""
    with pytest.raises(RecordError) as caught:
        translator(mapping, direction)({"id": 1, "number": 1} | record)
    return [str(violation) for violation in caught.value.violations]
