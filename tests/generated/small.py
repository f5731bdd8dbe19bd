"""Small cases, written by hand."""

from __future__ import annotations

from typing import Any

from tests.generated.case import SENT, Case

TEXT = {"type": "string"}
FILES = {"inbound": "*.json", "outbound": "wo_{o1}.json"}
ROWS = {"inbound": "*.csv", "outbound": "wo_{run}_{part}.csv", "format": "csv", "csv": {"spreadsheet": True}}
MONGODB = {"collection": "w", "export_when": {"isSynced": {"$ne": True}}, "on_export": {"isSynced": True}}


def case_of(rules: list[dict[str, Any]], outside: dict[str, Any], inside: dict[str, Any], **system: Any) -> Case:
    """Return a case with a key before some rules."""
    mapping = {
        "mapping": "generated",
        "language": 1,
        "outside": {"name": "client", "schema": "outside.schema.json", "files": FILES, **system},
        "inside": {"name": "tracos", "schema": "inside.schema.json", "mongodb": MONGODB},
        "rules": [{"client": "o1", "tracos": "i1", "key": True}, *rules],
    }
    key = {"type": "string", "minLength": 1}
    schemas = [
        {"type": "object", "required": [name], "properties": {name: key, **more}}
        for name, more in (("o1", outside), ("i1", {**inside, "isSynced": {"type": "boolean"}}))
    ]
    return Case(schemas[0], schemas[1], mapping)


def requiring(names: str, case: Case) -> Case:
    """Return a case of which the schemas require fields, each of the side that has it."""
    for name in names.split():
        next(one for one in (case.outside, case.inside) if name in one["properties"])["required"].append(name)
    return case


def sending(schema: dict[str, Any], case: Case) -> Case:
    """Return a case of which the schema of what is sent is another one."""
    case.sent = schema
    case.system("outside")["schema"] = {"inbound": "outside.schema.json", "outbound": SENT}
    return case
