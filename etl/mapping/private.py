"""Private fields: what a schema marks with `x-private: true`, and what becomes of it wherever people may read it.

One mark is enough: what a rule makes of a private field, or it of that, is private on the other side as well. Keys are
not: by them records are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from etl.mapping import model
from etl.mapping.paths import Path, PathError, parse_path
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.references import Node
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Place, Side
from etl.record import ABSENT, Record, Violation

MASK: Final = "[private]"
_WORD: Final = "x-private"
_MAX_LEVELS: Final = 8
_VALUELESS: Final = frozenset({"conflict"})
"""The codes of violations whose messages name who changed or wins, and no value."""

_SHORTEST: Final = 3
"""A shorter text is in many a message by chance."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What of a mapping's records is private, by side."""

    places: Mapping[Side, tuple[Place, ...]]

    def __bool__(self) -> bool:
        return any(self.places.values())

    def record(self, record: Any, side: Side) -> Any:
        """Return a record in which what is private is masked."""
        return self.value((), record, side)

    def value(self, path: Path, value: Any, side: Side) -> Any:
        """Return the value at a path, masked as far as it is private."""
        return _masked(_place(path), value, self.places[side]) if self.places[side] else value

    def named(self, path: str, value: Any, side: Side) -> Any:
        """Return the value at a path that is written as text."""
        if not self.places[side]:
            return value
        try:
            return self.value(parse_path(path), value, side)
        except PathError:
            return value

    def touches(self, path: str, side: Side) -> bool:
        """Return whether anything at a path that is written as text is private, or below it."""
        try:
            place = _place(parse_path(path))
        except PathError:
            return False
        return any(_meet(one, place) for one in self.places[side])

    def violations(
        self, violations: Sequence[Violation], records: Sequence[tuple[Record | None, Side]]
    ) -> tuple[Violation, ...]:
        """Return violations that say nothing of what is private in the records that they are about."""
        texts = sorted({text for record, side in records for text in self._texts(record, side)}, key=len, reverse=True)
        return tuple(self._violation(one, texts) for one in violations)

    def _violation(self, violation: Violation, texts: Sequence[str]) -> Violation:
        if violation.code not in _VALUELESS and any(self._is_private(violation.path, side) for side in Side):
            return replace(violation, message="its value is private, and breaks what the schema or a rule says")
        message = violation.message
        for text in texts:
            message = message.replace(text, MASK)
        return violation if message == violation.message else replace(violation, message=message)

    def _is_private(self, path: str, side: Side) -> bool:
        return bool(self.named(path, MASK[1:], side) == MASK)

    def _texts(self, record: Record | None, side: Side) -> Iterator[str]:
        """Yield the private texts and numbers of a record, as a message may show them."""
        for place in self.places[side] if record else ():
            for value in _at(record, place):
                if len(text := str(value)) >= _SHORTEST:
                    yield text


def privacy(mapping: model.Mapping) -> Privacy:
    """Return what is private in the records of a mapping."""
    found = {side: set(_marked(mapping.system(side).schema)) for side in Side}
    if not any(found.values()):
        return Privacy(dict.fromkeys(Side, ()))
    for _ in range(2):  # what is private on one side by the other may be so on that again
        for side, other in ((Side.OUTSIDE, Side.INSIDE), (Side.INSIDE, Side.OUTSIDE)):
            for rule in mapping.rules:
                found[other] |= set(_carried(rule, side, other, found[side]))
    return Privacy({side: tuple(sorted(places, key=repr)) for side, places in found.items()})


def _carried(rule: Rule, side: Side, other: Side, private: set[Place]) -> Iterator[Place]:
    """Yield what is private on the other side, since a rule makes it of what is private on one, or that of it."""
    if isinstance(rule, Copy) and rule.key:
        return
    read = {_place(path) for path in (*rule.reads(side), *rule.paths(side))}
    for one, place in ((one, place) for one in read for place in private if _meet(one, place)):
        below = place[len(one) :] if isinstance(rule, Copy) else ()
        for path in rule.paths(other):
            yield (*_place(path), *below)


def _marked(schema: Node) -> Iterator[Place]:
    """Yield the places that a schema marks."""
    return _below(Schema(schema), (), ()) if _says(schema) else iter(())


def _says(node: Any) -> bool:
    if isinstance(node, Mapping):
        return node.get(_WORD) is True or any(map(_says, node.values()))
    return isinstance(node, list) and any(map(_says, node))


def _below(schema: Schema, path: Path, place: Place) -> Iterator[Place]:
    names: list[tuple[str | int, str | None]] = [(name, name) for name in schema.properties(path)]
    if any("array" in one.types for one in schema.alternatives(path)):
        names.append((0, None))
    for step, name in names if len(path) < _MAX_LEVELS else ():
        below = (*path, step)
        if any(True in one.said(_WORD) for one in schema.alternatives(below)):
            yield (*place, name)
        else:
            yield from _below(schema, below, (*place, name))


def _place(path: Path) -> Place:
    """Return where a path leads: whatever element of a list it is."""
    return tuple(step if isinstance(step, str) else None for step in path)


def _meet(one: Place, other: Place) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _masked(place: Place, value: Any, private: Sequence[Place]) -> Any:
    """Return the value at a place, masked if it is private, or as far as it is."""
    if value is ABSENT or value is None:
        return value
    if any(len(one) <= len(place) and _meet(one, place) for one in private):
        return MASK
    inner = [one for one in private if _meet(one, place)]
    if not inner:
        return value
    if isinstance(value, Mapping):
        return {name: _masked((*place, name), item, inner) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked((*place, None), item, inner) for item in value]
    return value


def _at(value: Any, place: Place) -> Iterator[Any]:
    """Yield what stands at a place, down to texts, numbers and dates."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, place[1:] if place and place[0] is None else place)
    elif place:
        if isinstance(value, Mapping):
            yield from _at(value.get(place[0]), place[1:])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _at(item, ())
    elif isinstance(value, (str, int, float, datetime, date)) and not isinstance(value, bool):
        yield value
