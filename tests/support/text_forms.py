"""Small mappings of system c on system t, of which the outside says something of its texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from etl.mapping.load import examine
from etl.mapping.model import Mapping
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction
from etl.record import Record
from tests.support.proofs import WHOLE, of


def write(folder: Path, said: str, rules: str, c: dict[str, Any], t: dict[str, Any], more: str = "") -> Path:
    """Write a mapping whose outside says something of its texts. The key is number inside, and id outside."""
    for name, schema in (("c", c), ("t", t)):
        (folder / f"{name}.json").write_text(json.dumps(schema))
    key = "" if "key: true" in rules.split("each:", maxsplit=1)[0] else "  - {c: id, t: number, key: true}\n"
    file = folder / "m.yaml"
    file.write_text(
        f"""mapping: m
language: 1
outside: {{name: c, schema: c.json, {said}, files: {{inbound: "*.json", outbound: "o_{{id}}.json"}}}}
inside:
  name: t
  schema: t.json
  deleted_when: {{gone: true}}
  mongodb: {{collection: w, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
{more}rules:
"""
        + key
        + "".join(f"  - {rule}\n" for rule in rules.strip().splitlines())
    )
    return file


def outside(**fields: Any) -> dict[str, Any]:
    return of(id_=WHOLE, **fields)


def inside(number: Any = WHOLE, **fields: Any) -> dict[str, Any]:
    return of(number_=number, isSynced={"type": "boolean"}, gone={"type": "boolean"}, **fields)


def findings(file: Path) -> list[str]:
    return [f"{one.code} {one.message}" for one in examine(file)[1] if "gone" not in one.message]


def mapping(file: Path) -> Mapping:
    made, found = examine(file)
    assert made is not None, found
    return made


def there(made: Mapping, record: Record) -> Record:
    target, _, wrong = compile_mapping(made, Direction.INBOUND)(record)
    assert not wrong
    return target


def back(made: Mapping, record: Record, last: Record | None = None) -> Record:
    target, _, wrong = compile_mapping(made, Direction.OUTBOUND)(record, last or {})
    assert not wrong
    return target


def refused(made: Mapping, record: Record, direction: Direction = Direction.INBOUND) -> list[tuple[str, str]]:
    return [(one.path, one.message) for one in compile_mapping(made, direction)(record)[2]]
