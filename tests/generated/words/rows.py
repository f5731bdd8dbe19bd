"""What is sent in CSV files after docs/language.md: a column for each single value that the schema lists, and cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.generated.case import Case
from tests.generated.schemas import Schema, at, types
from tests.generated.values import MISSING, Path, Record, get, path_text
from tests.generated.words.entries import Entries

_FORMULA = re.compile(r"[=+\-@\t](?![0-9]+([.,][0-9]+)?$)")


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet takes text for a formula."""
    return bool(_FORMULA.match(text))


def is_cell(value: Any) -> bool:
    """Return whether a value has a place in a row: it is a single one."""
    return not isinstance(value, dict | list)


def columns(schema: Schema, below: Path = ()) -> Iterator[Path]:
    """Yield the single values that a schema lists, in its order."""
    for name in dict.fromkeys(name for node in at(schema, below) for name in node.get("properties", ())):
        path = (*below, name)
        nodes = at(schema, path)
        if any(node.get("properties") for node in nodes):
            yield from columns(schema, path)
        elif not {kind for node in nodes for kind in types(node)} or any(
            not types(node) <= {"object", "array"} for node in nodes if types(node)
        ):
            yield path


def cells(record: Record, paths: Iterable[Path], *, guarded: bool) -> list[str]:
    """Return the row of a record. guarded: no spreadsheet runs what stands there."""
    found = (get(record, path) for path in paths)
    return ["" if item in (None, MISSING) else _cell(item, guarded=guarded) for item in found]


def _cell(item: Any, *, guarded: bool) -> str:
    text = item if isinstance(item, str) else json.dumps(item)
    return f"'{text}" if guarded and isinstance(item, str) and is_formula(text) else text


def add_columns(case: Case, paths: Iterable[Path]) -> None:
    """Let the schema list the columns in which fields are sent, where it has none; no rule reads them."""
    written = Entries.of(case.system("outside")["written"])
    for place in (written.place(path) for path in paths):
        if place is None or at(case.outside, place) or not all(isinstance(step, str) for step in place):
            continue
        node = case.outside
        for step in place[:-1]:
            node = node["properties"].setdefault(step, {"type": "object", "properties": {}})
            if "properties" not in node:
                break
        else:
            node["properties"][place[-1]] = {"type": "string"}
            case.system("outside").setdefault("ignore", []).append(path_text(place))
