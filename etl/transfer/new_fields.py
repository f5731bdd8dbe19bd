"""New fields: what a delivery has, and neither the mapping nor its schema knows, nor any delivery before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Side
from etl.record import Record

MOST: Final = 1000
"""Where records have more unknown fields than this, their names are data, and none is new."""

_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the objects at a place. names: of their fields; None where any may be there."""

    names: frozenset[str] | None
    below: tuple[tuple[str, Known], ...] = ()

    def unknown(self, value: Any, at: Path = ()) -> Iterable[Path]:
        """Yield the paths of a value that are not known, without places in lists."""
        if isinstance(value, list):
            for element in value:
                yield from self.unknown(element, at)
        elif isinstance(value, dict):
            if self.names is not None and not value.keys() <= self.names:
                yield from ((*at, name) for name in value if name not in self.names)
            for name, known in self.below:
                if name in value:
                    yield from known.unknown(value[name], (*at, name))


def known_fields(mapping: Mapping) -> Known:
    """Return what a mapping and its outside schema know of the records of the outside."""
    found = _known(Schema(mapping.outside.schema), (), ())
    if found.names is None:
        return found
    named = {*mapping.read_names(Side.OUTSIDE), *(str(one.path[0]) for one in mapping.outside.ignore)}
    return Known(found.names | named, found.below)


def _known(schema: Schema, path: Path, at: Path) -> Known:
    names = schema.properties(path)
    ways = schema.alternatives(path)
    is_open = not names or any(way.said("additionalProperties") or way.said("patternProperties") for way in ways)
    below: list[tuple[str, Known]] = []
    for name, shape in names.items() if len(at) < _LEVELS else ():
        inner: Path = (*path, name)
        while "array" in schema.shape(inner).types and len(inner) < len(path) + _LEVELS:
            inner = (*inner, 0)
        if "object" in shape.types or inner != (*path, name):
            found = _known(schema, inner, (*at, name))
            below += [(name, found)] if found.names is not None or found.below else []
    return Known(None if is_open else frozenset(names), tuple(below))


@dataclass(frozen=True, slots=True)
class NewFields:
    """The unknown fields of one delivery, as it is read.

    earlier: those of deliveries before it, None where there was none. found: those of this one.
    """

    earlier: frozenset[str] | None = None
    found: set[str] = field(default_factory=set)

    def look(self, known: Known, record: Record) -> None:
        """Look at a record that is taken."""
        if len(self.found) <= MOST:
            self.found.update(map(format_path, known.unknown(record)))

    @property
    def new(self) -> list[str]:
        """Those that no delivery before it had."""
        if self.earlier is None or len(self.found | self.earlier) > MOST:
            return []
        return sorted(self.found - self.earlier)

    @property
    def all(self) -> list[str]:
        """Those of this one and of all before it."""
        return sorted(self.found | (self.earlier or frozenset()))[: MOST + 1]
