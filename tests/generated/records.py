"""Records that a schema accepts: at random, and small ones at the edges of what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from tests.generated.schemas import PATTERNS, Schema, branches, types
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, Record, among

Hints = Mapping[Path, Sequence[Any]]
"""By path, values that the mapping is made for: texts that a codec understands, values that a table has."""

TEXTS: Final = (
    "",
    "a",
    "N/A",
    "0",
    "true",
    "hello world",
    "2025-01-02T03:04:05Z",
    "é",
    "x" * 40,
    "Pump P-17",
    "=1+1",
    "+a",
)
DATES: Final = (
    datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    datetime(2025, 1, 2, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 123000, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC),
    datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
)
NUMBERS: Final = (0, 1, -1, 2, 7, 10, 2**31, 2**53 + 1)


def edges(root: Schema, node: Any, side: str, depth: int = 0) -> list[Any]:
    """Return small values at the edges of a node; not each of them fits it."""
    found: list[Any] = []
    for branch in branches(root, node):
        found += [*branch.get("enum", ()), *([branch["const"]] if "const" in branch else [])]
        if not branch and "anyOf" in (node if isinstance(node, dict) else {}):
            continue
        for name in sorted(types(branch)) or ["string", "integer", "null"]:
            found += _of_type(name, root, branch, side, depth)
    unique: list[Any] = []
    for item in found:
        if not among(item, unique):
            unique.append(item)
    return unique


def _of_type(name: str, root: Schema, node: Schema, side: str, depth: int) -> list[Any]:
    match name:
        case "null":
            return [None]
        case "boolean":
            return [True, False]
        case "integer" | "number":
            return _numbers(name, node)
        case "string":
            return list(DATES) if side == "inside" and node.get("format") == "date-time" else _texts(node)
        case "array":
            below = _fitting(root, node.get("items", {}), side, depth + 1)[:16] if depth < 3 else []
            count = max(node.get("minItems", 1), 1)
            many = [below[:1] * (node["maxItems"] + step) for step in (0, 1)] if "maxItems" in node else []
            return [[], *([item] * count for item in below), below[: node.get("maxItems", 3)], *many]
        case "object":
            return _objects(root, node, side, depth) if depth < 3 else [{}]
    return []


def _numbers(name: str, node: Schema) -> list[Any]:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    near = [bound + step for bound in (low, high) if bound is not None for step in (-1, 0, 1)]
    between = [bound + step for bound in (low, high) if bound is not None for step in (-0.5, 0.5)]
    whole = [*near, *NUMBERS, *(node.get("multipleOf", 1) * factor for factor in (1, 3))]
    return [*near, 0, 1.5, *whole, *map(float, near), *between, 1.0, 0.0] if name == "number" else whole


def _texts(node: Schema) -> list[Any]:
    matching = PATTERNS.get(node.get("pattern", ""), ())
    found: list[Any] = [*matching]
    for bound in (node.get("minLength"), node.get("maxLength")):
        for length in () if bound is None else (bound, bound + 1):
            found += ["y" * length, *(text.ljust(length, text[-1]) for text in matching)]
    return [*found, *TEXTS]


def _objects(root: Schema, node: Schema, side: str, depth: int) -> list[Any]:
    properties = node.get("properties", {})
    below = {name: _fitting(root, schema, side, depth + 1)[:8] for name, schema in properties.items()}
    least = {name: below[name][0] for name in node.get("required", ()) if below.get(name)}
    whole = {name: values[0] for name, values in below.items() if values}
    changed = [{**whole, name: item} for name, values in below.items() for item in values[1:]]
    more = (
        [{**whole, "more": item} for item in ("more", 1)] if node.get("additionalProperties", True) is not False else []
    )
    return [least, whole, *more, *changed]


def _fitting(root: Schema, node: Any, side: str, depth: int) -> list[Any]:
    """Return the values at the edges of a node, with one that fits it first."""
    judge = Validator({**node, "$defs": root.get("$defs", {})} if isinstance(node, dict) else {}, side)
    found = edges(root, node, side, depth)
    first = next((index for index, item in enumerate(found) if judge.accepts(item)), 0)
    return [*found[first : first + 1], *found[:first], *found[first + 1 :]]


class Maker:
    """Makes records of one system, as its schema describes them."""

    def __init__(self, schema: Schema, side: str, hints: Hints, rng: Random) -> None:
        self.schema, self.side, self.hints, self.rng = schema, side, hints, rng
        self._prepared: dict[Path, list[tuple[Schema, list[Any] | None]]] = {}

    def endless(self) -> Iterator[Record]:
        """Yield records; not each of them fits, where the schema is hard to fit."""
        while True:
            yield self._object(self.schema, ())

    def _value(self, node: Any, path: Path) -> Any:
        hints = self.hints.get(path, ())
        if hints and self.rng.random() < 0.93:
            return self.rng.choice(hints)
        if path not in self._prepared:
            self._prepared[path] = [(branch, self._values(branch)) for branch in branches(self.schema, node) if branch]
        branch, values = self.rng.choice(self._prepared[path] or [({}, [None, 1, "a"])])
        kinds = types(branch)
        if "null" in kinds and self.rng.random() < 0.2:
            return None
        if values is not None:
            return self.rng.choice(values or [None])
        if "array" in kinds:
            count = self.rng.randint(branch.get("minItems", 0), branch.get("maxItems", 3))
            return [self._value(branch.get("items", {}), (*path, "*")) for _ in range(count)]
        return self._object(branch, path)

    def _values(self, branch: Schema) -> list[Any] | None:
        """Return values that fit a plain node; None for an object or a list, which is made piece by piece."""
        if "enum" not in branch and "const" not in branch and types(branch) & {"object", "array"}:
            return None
        judge = Validator(branch, self.side)
        return [item for item in edges(self.schema, branch, self.side) if judge.accepts(item)]

    def _object(self, node: Schema, path: Path) -> Record:
        made: Record = {}
        for name, schema in node.get("properties", {}).items():
            if name in node.get("required", ()) or self.rng.random() < 0.75:
                made[name] = self._value(schema, (*path, name))
        if node.get("additionalProperties", True) is True and self.rng.random() < 0.1:
            made["more"] = self.rng.choice([1, "more", None])
        return made


def with_value(record: Record, path: Path, item: Any) -> Record | None:
    """Return a record with another value at a path, MISSING for none; None where the path does not lead there."""
    made = dict(record)
    place: Any = made
    for step in path[:-1]:
        below = place[step] if isinstance(place, dict) and step in place else None
        if isinstance(place, list) and isinstance(step, int) and step < len(place):
            below = place[step]
        if not isinstance(below, dict | list):
            return None
        below = dict(below) if isinstance(below, dict) else list(below)
        place[step] = below
        place = below
    last = path[-1]
    if isinstance(place, dict):
        if item is MISSING:
            place.pop(last, None)
        else:
            place[last] = item
    elif isinstance(last, int) and last < len(place) and item is not MISSING:
        place[last] = item
    else:
        return None
    return made
