"""Leaves: the single values of a system's records, as samples show them or a schema describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.equality import distinct
from etl.mapping.paths import Path, get
from etl.mapping.schemas.shapes import Schema, type_of
from etl.record import ABSENT, Record

MANY: Final = frozenset({"array", "object"})
_PAIR: Final = 2
_VALUE: Final = "value"
_DISPLAYED: Final = "display_value"
_MAX_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value of records.

    types: JSON's words for what it may be, but null. nullable: null was seen, or is allowed. always: it is there in
    every record. values: of each record in their order, ABSENT where there is none. enum: the only values, where a
    schema lists them. date_time: it is one by the schema. nulls: what stands there for nothing, beside null. labels:
    what people call its values, by record. of: of which other leaf it is the label.
    """

    path: Path
    types: frozenset[str]
    nullable: bool = False
    always: bool = False
    values: tuple[Any, ...] = ()
    enum: tuple[Any, ...] | None = None
    date_time: bool = False
    read_only: bool = False
    nulls: tuple[Any, ...] = ()
    labels: tuple[Any, ...] = ()
    of: Path | None = None

    @property
    def texts(self) -> list[str]:
        """The texts among its values, each once, in order."""
        return list(dict.fromkeys(value for value in self.values if isinstance(value, str) and value))

    @property
    def distinct(self) -> list[Any]:
        """Its values that are something, each once, in order; those of its enum where no record was seen."""
        there = [value for value in self.values if not self.is_nothing(value)]
        once = {distinct(value): value for value in there if not isinstance(value, list | dict)}
        return list(once.values()) or [value for value in self.enum or () if value is not None]

    @property
    def filled(self) -> int:
        """In how many records there is something."""
        return sum(not self.is_nothing(value) for value in self.values)

    def is_nothing(self, value: Any) -> bool:
        """Return whether a value stands for none."""
        return (
            value is ABSENT or value is None or value == "" or any(distinct(value) == distinct(n) for n in self.nulls)
        )


def leaves_of_records(records: Sequence[Record]) -> list[Leaf]:
    """Return the leaves that records have, in the order in which they come up."""
    paths: dict[Path, None] = {}
    for record in records:
        paths.update(dict.fromkeys(_paths(record, ())))
    above = {path[:length] for path in paths for length in range(1, len(path))}
    found = {path: _leaf(path, records) for path in paths if path not in above}
    for path, leaf in list(found.items()):
        label = found.get(_label(path)) if path[-1] in (_VALUE, 0) else None
        if label is not None:
            found[path] = replace(leaf, labels=label.values)
            found[label.path] = replace(label, of=path)
    return list(found.values())


def leaves_of_schema(schema: dict[str, Any], records: Sequence[Record] = ()) -> list[Leaf]:
    """Return the leaves that a schema lists, with the values that records have there."""
    known = Schema(schema)
    found = []
    for path in known.leaves():
        shape = known.shape(path)
        only = {True in one.said("readOnly") for one in shape.alternatives}
        found.append(
            Leaf(
                path,
                shape.types - {"null"},
                nullable=shape.nullable,
                always=shape.always,
                values=tuple(get(record, path) for record in records),
                enum=shape.enum,
                date_time=shape.date_time,
                read_only=only == {True},
            )
        )
    return found


def _paths(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value and len(at) < _MAX_LEVELS:
        for name, inner in value.items():
            yield from _paths(inner, (*at, name))
    elif is_labelled(value):
        yield from ((*at, 0), (*at, 1))
    elif at:
        yield at


def is_labelled(value: Any) -> bool:
    """Return whether a value is a pair of an identifier and what people call it, such as `[7, "Pump"]`."""
    return (
        isinstance(value, list)
        and len(value) == _PAIR
        and type(value[0]) in (int, str)
        and isinstance(value[1], str)
        and type(value[0]) is not type(value[1])
    )


def _label(path: Path) -> Path:
    """Return where people's word for the value at a path stands, if it has one."""
    return (*path[:-1], 1 if path[-1] == 0 else _DISPLAYED)


def _leaf(path: Path, records: Iterable[Record]) -> Leaf:
    values = tuple(get(record, path) for record in records)
    types = frozenset(type_of(value) for value in values if value is not ABSENT)
    types = types - {"integer"} if "number" in types else types
    always = all(value is not ABSENT and value is not None for value in values)
    leaf = Leaf(path, types - {"null"}, "null" in types, always, values)
    return _without_false(leaf)


def _without_false(leaf: Leaf) -> Leaf:
    """Return a leaf of which `false` is no value where it stands beside values of another type."""
    truths = {value for value in leaf.values if isinstance(value, bool)}
    if "boolean" in leaf.types and len(leaf.types) > 1 and truths == {False}:
        return replace(leaf, types=leaf.types - {"boolean"}, nulls=(False,), always=False)
    return leaf
