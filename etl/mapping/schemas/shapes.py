"""Shapes: what a JSON Schema says of the value at a path, as far as a mapping needs to know it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from etl.mapping.equality import distinct, each_once
from etl.mapping.paths import Path
from etl.mapping.schemas.alternatives import (
    TYPES,
    Accepts,
    Alternative,
    Silence,
    alternatives,
    is_date_time,
    judge,
    type_of,
)
from etl.mapping.schemas.patterns import all_matching
from etl.mapping.schemas.references import Document, Node
from etl.mapping.selectors import Selector
from etl.record import Scalar

__all__ = ["TYPES", "Node", "Schema", "Shape", "UnknownFieldError", "type_of"]

_MANY: Final = frozenset({"object", "array", "null"})
_SINGLE: Final = TYPES - _MANY
_MAX_LEVELS: Final = 6
_MAX_LISTED: Final = 16
"""So many whole numbers between two bounds, or texts of a pattern, are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at a path.

    types: JSON's type words, of which "number" includes "integer". enum: the only values, if the schema lists them.
    date_time: text that is a date-time, which MongoDB holds as a date. required: what holds it always has it.
    known: the schema has the path at all. below_null: something on the way may be null, or of another type. aside: the
    single values that may stand on the way: they are refused there, unless they mean absent.
    alternatives: the ways in which the value may be, each by itself. formed: of text that is read in a form of its
    system, all values that are read, where the schema lists those that stand there.
    """

    types: frozenset[str]
    enum: tuple[Any, ...] | None = None
    date_time: bool = False
    required: bool = False
    known: bool = True
    below_null: bool = False
    alternatives: tuple[Alternative, ...] = field(default=(), compare=False, repr=False)
    judge: Accepts | None = field(default=None, compare=False, repr=False)
    formed: tuple[Any, ...] | None = field(default=None, compare=False, repr=False)
    aside: tuple[Alternative, ...] = field(default=(), compare=False, repr=False)

    @property
    def nullable(self) -> bool:
        """Whether null may stand there."""
        return "null" in self.types and self.accepts(None)

    @property
    def always(self) -> bool:
        """Whether there is always a value that is not null."""
        return self.required and not self.below_null and not self.nullable

    @property
    def listed(self) -> tuple[Any, ...] | None:
        """All values but null that may stand there, where the schema tells them one by one; None where it does not."""
        if self.formed is not None:
            return tuple(value for value in self.formed if value is not None and self.accepts(value))
        found: list[Any] = []
        for alternative in self.alternatives:
            values = _all_values(alternative)
            if values is None:
                return None
            found += [value for value in values if value is not None]
        return tuple(each_once(value for value in found if self.accepts(value))) if self.alternatives else None

    def accepts(self, value: Any) -> bool:
        """Return whether a JSON value may stand there, as the schema's own validation judges it."""
        return self.judge is None or self.judge(value)

    def may_be_absent(self, nulls: Sequence[Scalar]) -> bool:
        """Return whether there may be no value: none, null, or one of those that mean absent."""
        return not self.always or any(
            self.accepts(null) or any(one.accepts(null) for one in self.aside) for null in nulls
        )

    def without(self, nulls: Sequence[Scalar]) -> Shape:
        """Return what else may stand there than null, and than values that mean absent."""
        absent = {distinct(value) for value in (None, *nulls)}

        def accepts(value: Any) -> bool:
            return distinct(value) not in absent and self.accepts(value)

        kept, types = [], frozenset[str]()
        for alternative in self.alternatives:
            values = _all_values(alternative)
            left = None if values is None else [value for value in values if accepts(value)]
            if left is None or left:
                kept.append(alternative)
                types |= alternative.types - {"null"} if left is None else frozenset(map(type_of, left))
        enum = None if self.enum is None else tuple(value for value in self.enum if distinct(value) not in absent)
        types = types & self.types if self.alternatives else self.types
        return replace(self, types=types, enum=enum, alternatives=tuple(kept), judge=accepts)


def any_of(shapes: Sequence[Shape]) -> Shape:
    """Return the shape of what may stand at one of several paths."""
    first, *others = shapes
    if not others or not all(shape.alternatives for shape in shapes):
        return first if not others else next(shape for shape in shapes if not shape.alternatives)
    types = frozenset[str]().union(*(shape.types for shape in shapes))
    every = tuple(one for shape in shapes for one in shape.alternatives)
    judge: Accepts = lambda value: any(shape.accepts(value) for shape in shapes)  # noqa: E731 - as the field is typed
    return Shape(types, alternatives=every, judge=judge)


def _all_values(alternative: Alternative) -> Sequence[Any] | None:
    """Return all values of an alternative; None where they are without end, or too many to look at."""
    if alternative.enum is not None:
        return alternative.enum
    if alternative.types <= {"boolean", "null"}:
        return [value for kind, values in _FEW.items() if kind in alternative.types for value in values]
    if alternative.types <= {"integer", "null"}:
        low, high = alternative.whole_numbers()
        few = range(low, high + 1) if high - low < _MAX_LISTED else None
        return None if few is None else [*few, *([None] if "null" in alternative.types else [])]
    if alternative.types <= {"string", "null"} and len(patterns := alternative.said("pattern")) == 1:
        texts = all_matching(patterns[0], _MAX_LISTED)
        return None if texts is None else [*texts, *([None] if "null" in alternative.types else [])]
    return None


_FEW: Final[dict[str, tuple[Any, ...]]] = {"boolean": (True, False), "null": (None,)}


class UnknownFieldError(LookupError):
    """A path that a schema does not have. known: the names that it has at the step where the path leaves it."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known


class Schema:
    """A JSON Schema (or what it says of the elements of a list) to look up paths in.

    has_dates: whether what it calls a date-time is a date, as inside, and no text that only should be one.
    """

    def __init__(
        self, root: Node | Document, start: Sequence[Alternative] | None = None, *, has_dates: bool = False
    ) -> None:
        self._has_dates = has_dates
        self.document = root if isinstance(root, Document) else Document(root)
        whole = self.document.part()
        self.start = alternatives(self.document, [whole] if whole else []) if start is None else list(start)
        self._shapes: dict[Path, Shape] = {}
        self._parts: dict[Path, Schema | None] = {}

    def shape(self, path: Path) -> Shape:
        """Return the shape at a path; one of all types where the schema says nothing of it.

        Raises:
            UnknownFieldError: when the schema lists the fields there, and this is none of them.

        """
        if path not in self._shapes:
            self._shapes[path] = self._shape(path)
        return self._shapes[path]

    def _shape(self, path: Path) -> Shape:
        found, required, below_null, aside = self._walk(path)
        if found is None or (not path and not self.document.root):
            return Shape(TYPES)
        enums = [one.enum for one in found]
        enum = None if None in enums else tuple(value for values in enums for value in values or ())
        types = frozenset[str]().union(*(one.types for one in found))
        texts = [one for one in found if "string" in one.types]
        date_time = bool(texts) and all(one.is_date_time for one in texts)
        accepts = _later(self.document, tuple(found))
        if date_time and self._has_dates:
            accepts = _dates_only(accepts)
        return Shape(types, enum, date_time, required, True, below_null, tuple(found), accepts, aside=tuple(aside))

    def part(self, path: Path) -> Schema | None:
        """Return the schema of what stands at a path, None where nothing is said of it."""
        if path not in self._parts:
            found = self._walk(path)[0]
            part = None if found is None else Schema(self.document, found, has_dates=self._has_dates)
            self._parts[path] = part
        return self._parts[path]

    def alternatives(self, path: Path) -> list[Alternative]:
        """Return the ways in which the value at a path may be; none where it may be anything."""
        return self._walk(path)[0] or []

    def properties(self, below: Path = ()) -> dict[str, Shape]:
        """Return the shapes of the fields of an object, by default of the whole."""
        found = self._walk(below)[0]
        shapes: dict[str, Shape] = {}
        for name in dict.fromkeys(name for one in found or () for name in one.properties):
            with suppress(UnknownFieldError):  # a property of what is no object, or that may have no value at all
                shapes[name] = self.shape((*below, name))
        return shapes

    def required(self, below: Path = ()) -> tuple[str, ...]:
        """Return the names that an object always has where it is there at all, by default the whole."""
        found = self._walk(below)[0]
        objects = [one for one in found or () if "object" in one.types]
        return tuple(sorted(frozenset.intersection(*(one.required for one in objects)))) if objects else ()

    def is_required_of_objects(self, path: Path) -> bool:
        """Return whether a record always has a path, where nothing but objects may stand on the way."""
        return all(step in self.required(path[:depth]) for depth, step in enumerate(path))

    def leaves(self, below: Path = ()) -> tuple[Path, ...]:
        """Return the paths of all single values that the schema lists, in its order; nothing inside lists."""
        names = self.properties(below)
        if names:
            inner = [(*below, name) for name in names if len(below) < _MAX_LEVELS]
            return tuple(leaf for path in inner for leaf in self.leaves(path))
        return () if self.shape(below).types <= _MANY else (below,)

    def _walk(self, path: Path) -> tuple[list[Alternative] | None, bool, bool, list[Alternative]]:
        """Return the alternatives at a path, None for anything; whether it is required, and below null; see `aside`."""
        here, required, below_null = list(self.start), True, False
        aside: list[Alternative] = []
        for depth, step in enumerate(path):
            found: dict[frozenset[tuple[str, ...]], Alternative] = {}
            known: list[str] = []
            none = _SINGLE if depth else TYPES - {"object", "array"}  # a record, an element, a group is no null
            required = required and all(one.requires(step) for one in here if one.types - none)
            aside += [one for one in here if depth > 0 and not one.types - _SINGLE]
            element = 0 if isinstance(step, Selector) else step
            below_null = below_null or (depth > 0 and any(len(one.types) > 1 for one in here))  # a record is an object
            for one in here:
                child = one.child(element)
                if child is Silence.OPEN:
                    return None, False, True, aside
                if isinstance(child, Silence):
                    known.extend(one.properties)
                else:
                    found.update((alternative.identity, alternative) for alternative in child)
            if not found:
                raise UnknownFieldError(str(step), known)
            here = list(found.values())
        return here, required, below_null, aside


def _dates_only(accepts: Accepts) -> Accepts:
    """Return a judgement that takes no text but a date-time."""
    return lambda value: (not isinstance(value, str) or is_date_time(value)) and accepts(value)


def _later(document: Document, among: tuple[Alternative, ...]) -> Accepts:
    """Return the judgement of several alternatives, made when it is asked for: most are not."""
    made: list[Accepts] = []

    def accepts(value: Any) -> bool:
        if not made:
            made.append(among[0].accepts if len(among) == 1 else judge(document, among))
        return made[0](value)

    return accepts
