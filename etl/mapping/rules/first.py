"""First: one value that lies outside in one of several fields, of which the first that is there counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.access import Step, means_absent, reader, writer
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.schemas.shapes import Schema, Shape, UnknownFieldError
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, Record, Violation

_Reader: TypeAlias = tuple[Field, Callable[[Record], Any]]
"""A field, and what reads it."""

Takes: TypeAlias = Callable[[Field, Any], bool]
"""Whether a value may be in a field."""


@dataclass(frozen=True, slots=True)
class First(Copy):
    """One value of both systems, outside in one of several fields.

    It is written where it was last if it may be there, else in the first field in which it may; the others become
    absent. takes: whether a value may be in a field, and is one there.
    """

    takes: Takes = field(default=lambda _field, _value: True, compare=False, repr=False, kw_only=True)

    @property
    def together(self) -> str:
        """What becomes of its outside fields, in words."""
        return "the first that is there is read, and written where it was, or where it may be"

    @property
    def groups(self) -> tuple[tuple[Field, ...], ...]:
        """Its outside fields, each by itself."""
        return tuple((field,) for field in self.outside)

    def looks_back(self, direction: Direction) -> tuple[Path, ...]:
        """Return its outside fields as well: what is written lies where it lay."""
        own = self.paths(Side.OUTSIDE) if direction is Direction.OUTBOUND else ()
        return tuple(dict.fromkeys((*Copy.looks_back(self, direction), *own)))

    def there(self, record: Record) -> Field | None:
        """Return the field of an outside record that counts, None where no value is there."""
        return _there(_readers(self.outside), record)

    def did(self, direction: Direction, record: Record) -> str:
        """Return of which field it took the value, or that it wrote one of them."""
        said = Copy.did(self, direction, record)
        found = self.there(record) if direction is Direction.INBOUND else None
        return said if found is None else f"{said} from {format_path(found.path)}, the first that is there"

    def compiled(self, direction: Direction) -> Step | None:
        """Return what takes the first value that is there, or writes one of the fields."""
        if not self.goes(direction):
            return None
        return self._inward() if direction is Direction.INBOUND else self._outward()

    def _inward(self) -> Step:
        reads = [(format_path(field.path), read) for field, read in _readers(self.outside)]
        write, convert = writer(self.inside), converter(self.codec, Side.INSIDE)

        def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
            for path, read in reads:
                if (value := read(record)) is not ABSENT:
                    try:
                        return write(into, value if convert is None else convert(value))
                    except CodecError as error:
                        return violations.append(Violation(path, "form", str(error)))
            return write(into, ABSENT)

        return step

    def _outward(self) -> Step:
        read, path = reader(self.inside), format_path(self.inside.path)
        reads = _readers(self.outside)
        writes = [(field, writer(field)) for field in self.outside]
        convert = converter(self.codec, Side.OUTSIDE)

        def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
            value = read(record)
            try:
                made = value if value is ABSENT or convert is None else convert(value)
            except CodecError as error:
                return violations.append(Violation(path, "form", str(error)))
            chosen = self._place(made, _there(reads, last))
            for one, write in writes:
                write(into, made if one is chosen else ABSENT)
            return None

        return step

    def _place(self, made: Any, last: Field | None) -> Field:
        """Return in which field a value is written. last: where one was; where none takes it, its schema says why."""
        fields = self.outside if last is None else (last, *self.outside)
        return next((one for one in fields if made is not ABSENT and self.takes(one, made)), fields[0])


def taking(schema: Schema | None) -> Takes:
    """Return what knows whether a value may be in a field, by what a schema says of it, and is not absent there."""
    shapes: dict[Path, Shape | None] = {}

    def takes(field: Field, value: Any) -> bool:
        if field.path not in shapes:
            shapes[field.path] = _shape(schema, field.path)
        shape = shapes[field.path]
        try:
            lying = field.form.lay(value) if field.form is not None and field.has_form else value
        except CodecError:
            return False
        return not means_absent(field, lying) and (shape is None or shape.accepts(lying))

    return takes


def _shape(schema: Schema | None, path: Path) -> Shape | None:
    """Return what a schema says of a path; None where it says nothing."""
    try:
        return None if schema is None else schema.shape(path)
    except UnknownFieldError:
        return None


def _readers(fields: Sequence[Field]) -> list[_Reader]:
    return [(field, reader(field)) for field in fields]


def _there(readers: Sequence[_Reader], record: Record) -> Field | None:
    return next((field for field, read in readers if read(record) is not ABSENT), None)
