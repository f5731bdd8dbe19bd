"""Private fields: what a schema marks with `x-private: true`, and what becomes of it wherever people may read it.

One mark is enough: what a rule makes of a private field, or it of that, is private on the other side as well, and so is
what is sent of it in another place. Keys are not: by them records are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from etl.mapping import model
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.privacy.conditional import marked_under
from etl.mapping.privacy.quotes import MASK, Quotes
from etl.mapping.privacy.spots import Spot, Unlisted, is_met, meets, place_of
from etl.mapping.privacy.spreading import spread
from etl.mapping.schemas.references import Document, Node
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Place, Side
from etl.record import ABSENT, Record, Violation

_WORD: Final = "x-private"
_UNLISTED: Final = ("additionalProperties", "unevaluatedProperties", "patternProperties")
"""What a schema says of the members that it does not list."""

_MAX_LEVELS: Final = 8
_VALUELESS: Final = frozenset({"conflict", "required", "additionalProperties", "unevaluatedProperties"})
"""The codes of violations whose messages name who changed or wins, or a field, and no value."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What of a mapping's records is private.

    places: where that stands, by side. together: the inside paths that one rule writes, by the first of them.
    """

    places: Mapping[Side, tuple[Spot, ...]]
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.places.values())

    def record(self, record: Any, side: Side) -> Any:
        """Return a record in which what is private is masked."""
        return self.value((), record, side)

    def value(self, path: Path, value: Any, side: Side) -> Any:
        """Return the value at a path, masked as far as it is private."""
        return _masked(place_of(path), value, self.places[side]) if self.places[side] else value

    def named(self, path: str, value: Any, side: Side) -> Any:
        """Return the value at a path that is written as text."""
        if not self.places[side]:
            return value
        try:
            return self.value(parse_path(path), value, side)
        except PathError:
            return value

    def hides(self, path: Path, side: Side) -> bool:
        """Return whether all that stands at a path is private."""
        return bool(self.value(path, "", side) == MASK)

    def touches(self, path: str, side: Side) -> bool:
        """Return whether anything at a path that is written as text is private, or below it."""
        try:
            place = place_of(parse_path(path))
        except PathError:
            return False
        return bool(place) and any(meets(one, place) for one in self.places[side])

    def violations(
        self, violations: Sequence[Violation], records: Sequence[tuple[Record | None, Side]]
    ) -> tuple[Violation, ...]:
        """Return violations that say nothing of what is private in the records that they are about."""
        quotes = Quotes(value for record, side in records for value in self._values(record, side))
        return tuple(self._violation(one, quotes) for one in violations)

    def _violation(self, violation: Violation, quotes: Quotes) -> Violation:
        paths = self.together.get(violation.path, (violation.path,))
        if violation.code not in _VALUELESS and any(self.touches(path, side) for path in paths for side in Side):
            return replace(violation, message="its value is private, and breaks what the schema or a rule says")
        message = quotes.masked(violation.message)
        return violation if message == violation.message else replace(violation, message=message)

    def _values(self, record: Record | None, side: Side) -> Iterator[Any]:
        """Yield the private texts, numbers and dates of a record."""
        for place in self.places[side] if record else ():
            yield from _at(record, place)


def privacy(mapping: model.Mapping) -> Privacy:
    """Return what is private in the records of a mapping."""
    marked = {side: set(_marked(mapping.system(side).schema)) for side in Side}
    sent = set(_marked(mapping.outside.sent or {}))
    if not sent and not any(marked.values()):
        return Privacy(dict.fromkeys(Side, ()))
    found = spread(mapping, marked, sent)
    several = [tuple(map(format_path, rule.paths(Side.INSIDE))) for rule in mapping.rules]
    together = {paths[0]: paths for paths in several if len(paths) > 1}
    return Privacy({side: tuple(sorted(places, key=repr)) for side, places in found.items()}, together)


def _marked(schema: Node) -> Iterator[Spot]:
    """Yield what a schema marks."""
    document = Document(schema)
    if _says(schema, document, set()):
        yield from _below(Schema(schema), (), ())
        yield from marked_under(document, _WORD, document.root)


def _says(node: Any, document: Document, met: set[str]) -> bool:
    """Return whether a schema, or what it refers to, marks anything."""
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in met:
            met.add(reference)
            target = document.resolve(reference)
            if target is not None and _says(target.node, document, met):
                return True
        return node.get(_WORD) is True or any(_says(one, document, met) for one in node.values())
    return isinstance(node, list) and any(_says(one, document, met) for one in node)


def _below(schema: Schema, path: Path, spot: Spot) -> Iterator[Spot]:
    listed = frozenset(schema.properties(path))
    if _marks_others(schema, path):
        yield (*spot, Unlisted(frozenset() if not path and _is_marked(schema, path) else listed))
    names: list[tuple[str | int, str | None]] = [(name, name) for name in schema.properties(path)]
    if any("array" in one.types for one in schema.alternatives(path)):
        names.append((0, None))
    for step, name in names if len(path) < _MAX_LEVELS else ():
        below = (*path, step)
        if _is_marked(schema, below):
            yield (*spot, name)
        else:
            yield from _below(schema, below, (*spot, name))


def _is_marked(schema: Schema, path: Path) -> bool:
    return any(True in one.said(_WORD) for one in schema.alternatives(path))


def _marks_others(schema: Schema, path: Path) -> bool:
    """Return whether members of an object are private that are not listed: all of a record where that is marked."""
    said = [node for one in schema.alternatives(path) for word in _UNLISTED for node in one.said(word)]
    return (not path and _is_marked(schema, path)) or any(_says(node, schema.document, set()) for node in said)


def _masked(place: Place, value: Any, private: Sequence[Spot]) -> Any:
    """Return the value at a place, masked if it is private, or as far as it is."""
    if value is ABSENT or value is None:
        return value
    if any(len(one) <= len(place) and meets(one, place) for one in private):
        return MASK
    inner = [one for one in private if meets(one, place)]
    if not inner:
        return value
    named = [one for one in inner if one[len(place)] is not None]
    if isinstance(value, Mapping) and named:
        return {name: _masked((*place, name), item, named) for name, item in value.items()}
    if isinstance(value, list) and len(named) < len(inner):
        return [_masked((*place, None), item, inner) for item in value]
    return MASK  # where an object or a list belongs with what is private in it, something else stands


def _at(value: Any, spot: Spot) -> Iterator[Any]:
    """Yield what stands at a spot, or in the place of what leads there, down to texts, numbers and dates."""
    step, further = (spot[0], spot[1:]) if spot else (None, ())
    if isinstance(value, Mapping):
        leads = step is not None
        for item in [item for name, item in value.items() if is_met(step, name)] if leads else value.values():
            yield from _at(item, further)
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, further if step is None else ())
    elif isinstance(value, (str, int, float, datetime, date)) and not isinstance(value, bool):
        yield value
