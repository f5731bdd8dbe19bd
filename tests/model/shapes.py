"""The mappings of the model: some rules of the catalog, between two systems, in files of some format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.model.catalog import CATALOG
from tests.model.exact import Doc, canonical, exact_doc
from tests.model.files import PAGED
from tests.model.kinds import Kind, as_date
from tests.model.words import Said

KEYS = (1, 2, 10)
_COMPOSITE = {1: ("a", 1), 2: ("b", 1), 10: ("a", 10)}
_ENDINGS = {"json": "json", "json_lines": "jsonl", "json_array": "json", "csv": "csv", PAGED: "json"}
FORMATS = (
    ("json", "json"),
    ("json_lines", "json_lines"),
    ("json_array", "json"),
    ("json", "json_array"),
    ("csv", "csv"),
    (PAGED, "json"),
)
STAMPED = "{isSynced: false, updatedAt: $now, syncedAt: $absent}"
CHANGED, EDITED = "changedOn", "editedAt"
"""The dates by which `newest` decides."""


@dataclass(frozen=True)
class Shape:
    """A mapping but for its policies. absent: what the client's system writes for an absent value."""

    rules: tuple[str, ...]
    formats: tuple[str, str] = ("json", "json")
    composite: bool = False
    echo: bool = True
    absent: str = "omit"
    keep: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        found = tuple(kind for rule in self.rules for kind in CATALOG[rule])
        return tuple(kind for kind in found if kind.text_only) if "csv" in self.formats else found

    @property
    def collection(self) -> str:
        return "by_plant" if self.composite else "workorders"

    @property
    def parts(self) -> bool:
        """Whether what goes out is written into files of many records."""
        return self.formats[1] != "json"

    def inside_key(self, key: int) -> Doc:
        plant, number = _COMPOSITE[key]
        return {"plant": plant, "number": number} if self.composite else {"number": key}

    def outside_key(self, key: int) -> Doc:
        parts = self.inside_key(key)
        number = str(parts.pop("number")) if "csv" in self.formats else parts.pop("number")
        return {**parts, "id": number}

    def key_of(self, parts: Mapping[str, Any]) -> int:
        """Return the key of a record of either side."""
        number = int(parts.get("id", parts.get("number", 0)))
        if not self.composite:
            return number
        return next(key for key, pair in _COMPOSITE.items() if pair == (parts["plant"], number))

    def key_parts(self, key: int) -> list[Any]:
        return list(self.inside_key(key).values())

    def made(self, key: int) -> Doc:
        """Return a work order as it is made inside."""
        return self.inside_key(key) | {name: value for kind in self.kinds for name, value in kind.made}

    def understood(self, record: Doc) -> Said:
        """Return what a record of the client says."""
        found = exact_doc(record)
        key = exact_doc(self.inside_key(self.key_of(record)))
        values = {kind.name: kind.means(found) for kind in self.kinds if kind.is_compared}
        created = key
        for kind in self.kinds:
            if kind.way != "out":
                created = kind.write(created, kind.means(found))
        lying = {kind.name: kind.lying(found) for kind in self.kinds if kind.is_kept}
        return Said(canonical(record), values, as_date(record.get(CHANGED)), created, lying)

    def text(self, wins: Mapping[str, str]) -> str:
        """Return the mapping as YAML. wins: by rule, "" for all others."""
        newest = f", newest: {{client: {CHANGED}, tracos: {EDITED}, tolerance: 5}}" if "newest" in wins.values() else ""
        rules = [*self._key_rules(), *(_with_winner(kind, wins) for kind in self.kinds)]
        return f"""mapping: model
language: 1
outside:
  name: client
  schema: client.json
  when_absent: {self.absent}
  echo: {json.dumps(self.echo)}
  keep: {json.dumps(self.keep)}
  files: {self._files()}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: {self.collection}
    on_import: {STAMPED}
    export_when: {{isSynced: {{$ne: true}}}}
    on_export: {{isSynced: true, syncedAt: $now}}
conflicts: {{wins: {wins[""]}{newest}}}
rules:
""" + "".join(f"  - {rule}\n" for rule in rules)

    def _key_rules(self) -> list[str]:
        codec = ", as: integer_text" if "csv" in self.formats else ""
        plant = ["{client: plant, tracos: plant, key: true}"] if self.composite else []
        return [*plant, f"{{client: id, tracos: number, key: true{codec}}}"]

    def _files(self) -> str:
        inbound, outbound = self.formats
        plant = "{plant}_" if self.composite else ""
        name = "out_{run}_{part}" if self.parts else f"workorder_{plant}{{id}}"
        read, write = f"*.{_ENDINGS[inbound]}", f"{name}.{_ENDINGS[outbound]}"
        if inbound == PAGED:
            return f'{{inbound: "{read}", outbound: "{write}", records: [items, d.results, d]}}'
        formats = f"{{inbound: {inbound}, outbound: {outbound}}}"
        return f'{{inbound: "{read}", outbound: "{write}", format: {formats}}}'

    def told_name(self, key: int) -> str:
        """Return the name of the file in which a work order goes out, where each has its own."""
        plant = f"{self.inside_key(key)['plant']}_" if self.composite else ""
        return f"workorder_{plant}{self.inside_key(key)['number']}.json"

    def schemas(self) -> dict[str, str]:
        """Return the two schemas, by the name of the file; what both sides know, of any type."""
        key: Doc = {"id": {"type": "string" if "csv" in self.formats else "integer"}, "plant": {"type": "string"}}
        outside = ("changedOn", *(field for kind in self.kinds for field in kind.fields))
        paths = (path.partition(".")[0] for kind in self.kinds for path in kind.paths)
        stamps = ("isSynced", "updatedAt", "syncedAt", EDITED, "mode", "doneAt", "tag")
        needed = ["plant"] if self.composite else []
        return {
            "client.json": _schema(key, outside, [*needed, "id"]),
            "tracos.json": _schema(
                {"number": {"type": "integer"}, "plant": {"type": "string"}}, (*paths, *stamps), [*needed, "number"]
            ),
        }


_TEXT: Doc = {"type": ["string", "null"]}
_LIST: Doc = {"type": ["array", "null"], "items": {"type": "object"}}
_DATE: Doc = {**_TEXT, "format": "date-time"}
_TYPED: Doc = {
    **dict.fromkeys(("made", "seenOn", "doneOn", "amount"), _TEXT),
    "sum": {"type": ["number", "null"]},
    "pin": {**_TEXT, "writeOnly": True},
    **dict.fromkeys(("lines", "tasks"), _LIST),
    **dict.fromkeys(("madeAt", "updatedAt", "syncedAt", "doneAt", EDITED), _DATE),
}
"""The fields that hold dates and lists, on either side: `check` wants to know them."""


def _schema(key: Doc, names: tuple[str, ...], needed: list[str]) -> str:
    properties = {name: key[name] for name in needed} | {
        name: _TYPED.get(name, {}) for name in names if name not in key
    }
    schema = {"type": "object", "required": needed, "properties": properties, "additionalProperties": True}
    return json.dumps(schema)


def _with_winner(kind: Kind, wins: Mapping[str, str]) -> str:
    named = kind.is_compared and kind.name in wins
    return f"{kind.text[:-1]}, wins: {wins[kind.name]}}}" if named else kind.text


def outward(kinds: tuple[Kind, ...], doc: Doc) -> Doc:
    """Return the record that is expected for a work order, without its key, exact and without absent values.

    Empty text is one of them: rows have no other way to say so.
    """
    fields = {field: value for kind in kinds if not kind.secret for field, value in kind.outward(doc).items()}
    return {field: value for field, value in fields.items() if value not in (None, "")}


def write_mapping(folder: Path, shape: Shape, wins: Mapping[str, str]) -> Path:
    """Write a mapping with its schemas into a folder; return its file."""
    folder.mkdir(exist_ok=True)
    for name, text in shape.schemas().items():
        (folder / name).write_text(text)
    file = folder / "mapping.yaml"
    file.write_text(shape.text(wins))
    return file
