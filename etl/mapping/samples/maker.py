"""The maker of sample records: walks a schema and the rules of a mapping once, and asks a source of choices."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Final

from etl.mapping.codecs import DATE, Codec, CodecError
from etl.mapping.imported import imported_schemas
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, StepOf, assign, get, holder, written
from etl.mapping.places import in_schema
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.choices import Choices, Room
from etl.mapping.samples.fitting import is_refused
from etl.mapping.samples.known import Known, read_below
from etl.mapping.samples.rooms import free_text, room_of
from etl.mapping.samples.scene import Scene
from etl.mapping.samples.selected import Selected, put_selected
from etl.mapping.schemas.alternatives import Alternative, Silence
from etl.mapping.schemas.shapes import TYPES, Schema
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record

_KINDS: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
_ANY: Final = ("string", "integer", "boolean", "null")
"""What is made where a schema says nothing of the type."""

_MOST: Final = 1_000
"""So many more elements than it must have, a list may have where nothing is said."""

_DEEPEST: Final = 12
_OFFSETS: Final = tuple(timezone(timedelta(minutes=minutes)) for minutes in (0, -180, 330))


class Maker:
    """Makes records of one side of a mapping, in native form: inside, dates are dates."""

    def __init__(self, mapping: Mapping, side: Side, schemas: dict[Side, Schema] | None = None) -> None:
        self._side = side
        self._scene = Scene(mapping.rules, schemas or imported_schemas(mapping))
        self._keys = {path for rule in mapping.keys for path in rule.paths(side)}
        self._above = {path[:length] for path in self._keys for length in range(1, len(path) + 1)}
        self._read = read_below(mapping.rules, side)
        self._names = [(rule, {path[0] for path in (*rule.paths(side), *rule.reads(side))}) for rule in mapping.rules]
        self._rooms: dict[tuple[Alternative, str, bool], Room] = {}
        self.known = Known(side)

    def record(self, choose: Choices, base: Record | None = None, names: frozenset[StepOf] = frozenset()) -> Record:
        """Return a record, with what the rules know put into it; not every one that is made is right by its schema.

        base: a record of which a copy is made, but for what stands under some names.
        """
        made = _Making(self, choose, self._side, self._scene)
        return made.record() if base is None else made.again(base, names)

    def room(self, alternative: Alternative, kind: str, at: Path) -> Room:
        """Return the room of a single value at a place, made once."""
        is_key = at in self._keys
        key = (alternative, kind, is_key)
        if key not in self._rooms:
            self._rooms[key] = room_of(alternative, kind, is_key=is_key)
        return self._rooms[key]

    def read_at(self, at: Path) -> Iterable[str]:
        """Return the names of an object's members that rules read, listed by its schema or not."""
        return self._read.get(tuple(0 if isinstance(step, int) else step for step in at), ())

    def touching(self, names: frozenset[StepOf]) -> list[Rule]:
        """Return the rules that have to do with what stands under some names."""
        return [rule for rule, theirs in self._names if not names.isdisjoint(theirs)]

    def has_key(self, at: Path) -> bool:
        """Return whether a place is part of what identifies a record, or leads to it."""
        return at in self._above


class _Making:
    """One record in the making."""

    def __init__(self, maker: Maker, choose: Choices, side: Side, scene: Scene) -> None:
        self._maker = maker
        self._choose = choose
        self._side = side
        self._scene = scene
        self._open: list[frozenset[tuple[str, ...]]] = []
        self._names: frozenset[StepOf] | None = None

    def record(self) -> Record:
        value = self._value(self._scene.schemas[self._side].start, (), only=("object",))
        record: Record = value if isinstance(value, dict) else {}
        self._select(self._scene, record)
        self._apply(self._scene, record, self._scene.rules)
        return record

    def again(self, base: Record, names: frozenset[StepOf]) -> Record:
        self._names = names
        value = self._value(self._scene.schemas[self._side].start, (), only=("object",))
        record = {name: _copied(item) for name, item in base.items() if name not in names}
        record |= value if isinstance(value, dict) else {}
        self._select(self._scene, record)
        self._apply(self._scene, record, self._maker.touching(names))
        return record

    # ---- what the schema says

    def _value(self, alternatives: Sequence[Alternative], at: Path, only: Sequence[str] = _KINDS) -> Any:
        """Return a value, ABSENT where none can be made. only: the types that it may have."""
        options = [(one, kind) for one in alternatives for kind in _kinds(one) if kind in only or kind == "enum"]
        if self._maker.has_key(at):
            options = [option for option in options if option[1] != "null"] or options
        options.sort(key=lambda option: option[1] == "null")
        if not options:
            return ABSENT
        chosen = self._choose.kind(options, at)
        for one, kind in (chosen, *options):
            value = self._of_kind(one, kind, at)
            if value is not ABSENT:
                return value
        return ABSENT

    def _of_kind(self, one: Alternative, kind: str, at: Path) -> Any:
        match kind:
            case "null":
                return None
            case "enum":
                return self._choose.one(_nulls_last(one.enum or ()), at) if one.enum else ABSENT
            case "boolean":
                return self._choose.one([value for value in (False, True) if one.accepts(value)] or [False], at)
            case "object" | "array":
                return self._composed(one, kind, at)
            case _:
                return self._dated(self._choose.value(self._maker.room(one, kind, at), at), at)

    def _dated(self, value: Any, at: Path) -> Any:
        """Return a date as its side writes it; any other value as it is."""
        if not isinstance(value, datetime) or self._side is Side.INSIDE:
            return value
        return value.astimezone(self._choose.kind(_OFFSETS, at)).isoformat()

    def _composed(self, one: Alternative, kind: str, at: Path) -> Any:
        """Return an object or a list; ABSENT for one that stands inside itself without an end."""
        if self._open.count(one.identity) > 1 or len(at) > _DEEPEST:
            return ABSENT
        self._open.append(one.identity)
        try:
            return self._object(one, at) if kind == "object" else self._list(one, at)
        finally:
            self._open.pop()

    def _object(self, one: Alternative, at: Path) -> Any:
        made: Record = {}
        described = [name for name in self._maker.read_at(at) if isinstance(one.child(name), list)]
        for name in dict.fromkeys([*one.properties, *sorted(one.required), *described]):
            path = (*at, name)
            if self._names is not None and not at and name not in self._names:
                continue
            if name in one.required or self._maker.has_key(path) or self._choose.is_present(path):
                value = self._child(one, name, path)
                if value is not ABSENT:
                    made[name] = value
                elif at and name in one.required:
                    return ABSENT
        return made

    def _list(self, one: Alternative, at: Path) -> list[Any]:
        fewest = int(one.at_least("minItems", 0))
        count = self._choose.count(fewest, int(one.at_most("maxItems", fewest + _MOST)), at)
        varied = count if self._choose.varied is None else min(count, fewest + self._choose.varied)
        made = [self._child(one, index, (*at, index)) for index in range(varied)]
        made += [_copied(made[-1]) for _ in range(count - varied)]
        return [value for value in made if value is not ABSENT]

    def _child(self, one: Alternative, step: str | int, path: Path) -> Any:
        below = one.child(step)
        if below is Silence.OPEN:
            return self._choose.value(free_text(), path)
        return ABSENT if isinstance(below, Silence) else self._value(below, path)

    def _select(self, scene: Scene, record: Record) -> None:
        """Have the elements that rules select in lists that are there."""

        def make(one: Selected) -> Record | None:
            at = (*scene.at, *in_schema(one.items), one.number)
            if not one.is_key and not self._choose.is_present(at):
                return None
            schema = scene.schemas[self._side].part((*one.items, 0))
            return (self._value(schema.start, at, only=("object",)) if schema else {}) or {}

        put_selected(record, self._maker.known.selected(scene.rules), make)

    def _apply(self, scene: Scene, record: Record, rules: Iterable[Rule]) -> None:
        for rule in rules:
            if isinstance(rule, Each):
                self._apply_each(scene, rule, record)
            elif isinstance(rule, Copy | Computed):
                if isinstance(rule, Copy):
                    self._encoded(scene, rule, record)
                self._special(scene, rule, record)  # what else an expression understands is not known
            else:
                self._told(scene, rule, record)

    def _apply_each(self, scene: Scene, rule: Each, record: Record) -> None:
        """Put what the rules of a list, or of a group, know into its elements."""
        items = get(record, rule.field(self._side).path)
        is_whole = any(not field.path for one in rule.rules for field in one.fields(self._side))
        nothing = rule.filler(self._side)
        for index, item in enumerate(items if isinstance(items, list) else [items] if rule.is_group else ()):
            at = (*scene.at, *rule.element(self._side, index))
            if isinstance(items, list) and nothing not in (ABSENT, None) and self._choose.is_present(at):
                items[index] = nothing  # it stands for no element
                continue
            below = scene.element(rule, self._side, index)
            if below is None or isinstance(item, dict) is is_whole or (isinstance(items, list) is rule.is_group):
                continue
            made = holder(item)
            self._select(below, made)
            self._apply(below, made, below.rules)
            if is_whole:
                items[index] = written(made, ())

    def _encoded(self, scene: Scene, rule: Copy, record: Record) -> None:
        """Put outside values in their codec's form in the place of those that are there."""
        codec = rule.codec if self._side is Side.OUTSIDE else None
        if codec is None:
            return
        for fields in rule.groups:
            self._encoded_at(scene, rule, codec, fields, record)

    def _encoded_at(self, scene: Scene, rule: Copy, codec: Codec, fields: Sequence[Field], record: Record) -> None:
        there = [written(record, field.path) not in (ABSENT, None) for field in fields]
        if not any(there):
            return
        shape = scene.shape(Side.INSIDE, rule.inside)
        said = shape.alternatives if shape.types != TYPES else _form(codec.makes)
        inside = _Making(self._maker, self._choose, Side.INSIDE, scene)
        kinds = _LIST if codec.makes == "array" else _SINGLE
        value = inside._value(said, (*scene.at, *fields[0].path), kinds)
        try:
            encoded = codec.encode(value) if codec.parts > 1 else [codec.encode(value)]
        except CodecError:
            return
        if all(scene.shape(self._side, field).accepts(one) for field, one in zip(fields, encoded, strict=True)):
            for field, one in zip(fields, encoded, strict=True):
                assign(record, field.path, one)

    def _special(self, scene: Scene, rule: Copy | Computed, record: Record) -> None:
        """Put a value there that means absent, on one side or the other; or one that the other side takes."""
        paths, is_deciding = self._maker.known.special(rule)
        wrong = is_deciding and is_refused(rule, self._side, record, scene.shape)
        for path in paths:
            values, fit = self._maker.known.meanings(rule, path, scene.shape)
            known = [*values, *fit] if wrong else values
            value = self._choose.special(known, (*scene.at, *path), usual=wrong and bool(fit)) if known else None
            if value is not None:
                assign(record, path, value)

    def _told(self, scene: Scene, rule: Rule, record: Record) -> None:
        """Put values there that a rule says it understands, as those of a line of a table."""
        shapes, groups = self._maker.known.samples(rule, scene.shape)
        at = (*scene.at, *next(iter(shapes))) if shapes else scene.at
        chosen = self._choose.special(groups, at, usual=True) if groups else None
        for path, values in (chosen or {}).items():
            value = self._choose.one(values, (*scene.at, *path))
            assign(record, path, ABSENT if value is None and not shapes[path].required else value)


@cache
def _form(made: str) -> list[Alternative]:
    """Return what a codec makes, where the schema does not say it."""
    return Schema({"type": "string", "format": "date-time"} if made == DATE else {"type": made}).start


_SINGLE: Final = ("string", "integer", "number", "boolean")
_LIST: Final = ("array",)


def _copied(value: Any) -> Any:
    """Return a value that shares no object and no list with another one."""
    return copy.deepcopy(value) if isinstance(value, dict | list) else value


def _kinds(one: Alternative) -> Sequence[str]:
    if one.enum is not None:
        return ("enum",)
    return _ANY if one.types == TYPES else [kind for kind in _KINDS if kind in one.types]


def _nulls_last(values: Sequence[Any]) -> list[Any]:
    return sorted(values, key=lambda value: value is None)
