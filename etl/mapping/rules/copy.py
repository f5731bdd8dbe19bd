"""Copy: one value that both systems have, with a codec where its form differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from etl.mapping.codecs import Codec, CodecError
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.access import Step, reader, writer
from etl.mapping.rules.moves import Move
from etl.mapping.rules.rule import BaseRule, Expected, Loss, Naming, Types
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, Record, Violation


@dataclass(frozen=True, slots=True)
class Copy(BaseRule):
    """One value of both systems.

    outside: one field, or several that the codec joins and splits. assigned: a part of the key that the outside gives,
    so that a record that is born inside lacks it at first. match: it finds such a record while it has no key.
    """

    outside: tuple[Field, ...]
    inside: Field
    codec: Codec | None = None
    assigned: bool = field(default=False, kw_only=True)
    match: bool = field(default=False, kw_only=True)

    @property
    def word(self) -> str:
        """The language's word for this kind."""
        return "copy"

    @property
    def identifies(self) -> str:
        """What its value has to do with which record it is, in words; "" for nothing."""
        if self.match:
            return "finds the record while it has no key"
        return f"identifies the record{', and the outside gives it' if self.assigned else ''}" if self.key else ""

    @property
    def only(self) -> Direction | None:
        """It goes both ways, unless its outside fields are only read, or only written."""
        return self.way

    @property
    def together(self) -> str:
        """What becomes of several outside fields, in words."""
        return "joined on the way in, split on the way out"

    @property
    def groups(self) -> tuple[tuple[Field, ...], ...]:
        """Its outside fields, by which of them have one value together: all."""
        return (self.outside,)

    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return its fields of one side."""
        return self.outside if side is Side.OUTSIDE else (self.inside,)

    def written(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side that it writes: all."""
        return self.fields(side) if self.goes(Direction.towards(side)) else ()

    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return the paths of one side that it looks at: all."""
        return tuple(field.path for field in self.fields(side)) if self.goes(Direction.towards(side.other)) else ()

    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield each target with all sources; a record without a key is rejected."""
        if not self.key and self.goes(direction):
            for target in self.fields(direction.target):
                yield target, self.fields(direction.source)

    def expects(self) -> Iterator[Expected]:
        """Yield nothing: both sides are compared with each other."""
        yield from ()

    def losses(self, name: Naming, types: Types) -> list[Loss]:
        """Return what its codec does not keep of the values of each side; nothing comes back where it goes one way."""
        if self.only is not None:
            return []
        losses: list[Loss] = []
        known = frozenset[str]().union(*map(types, self.outside))
        for side in Side:
            if self.codec is not None and (lost := self.codec.lost(side, known)):
                verb = "comes" if len(self.fields(side)) == 1 else "come"
                names = " and ".join(name(side, field) for field in self.fields(side))
                losses.append(("W165", f"{names} {verb} back without {lost}", side))
        return losses

    def lost_forms(self, name: Naming, *, stays: bool = True) -> list[Loss]:
        """Return what texts of either side do not come back with by the `as` of the outside, beside its own codec."""
        forms = [one.form for one in self.outside if one.has_form and one.form is not None] if self.only is None else []
        lost = dict.fromkeys(form.lost_inside for form in forms if form.lost_inside)
        said = f"{name(Side.INSIDE, self.inside)} comes back without"
        return [
            *BaseRule.lost_forms(self, name, stays=stays),
            *(("W165", f"{said} {what}", Side.INSIDE) for what in lost),
        ]

    def samples(self, side: Side) -> list[dict[Path, tuple[Any, ...]]]:
        """Return nothing: any value of the schema will do, in its codec's form."""
        del side
        return []

    def is_absent(self, direction: Direction, record: Record) -> bool:
        """Return whether no field that it reads has a value."""
        return all(reader(field)(record) is ABSENT for field in self.fields(direction.source))

    def did(self, direction: Direction, record: Record) -> str:
        """Return whether it copied, converted, joined or split."""
        del record
        what = "copied" if self.codec is None else f"{_verb(self.codec, direction)} by {self.codec.name}"
        return f"{what} as key" if self.key else what

    def compiled(self, direction: Direction) -> Move | Step | None:
        """Return a move of one value; or what joins, or splits, several."""
        if not self.goes(direction):
            return None
        if len(self.outside) > 1 and self.codec is not None:
            return _join(self, self.codec) if direction is Direction.INBOUND else _split(self, self.codec)
        (source,), (target,) = self.fields(direction.source), self.fields(direction.target)
        return Move(source, target, converter(self.codec, direction.target))


def converter(codec: Codec | None, side: Side) -> Callable[[Any], Any] | None:
    """Return what gives a value the form that it has on one side; None where it needs nothing."""
    if codec is None:
        return None
    return codec.decode if side is Side.INSIDE else codec.encode


def _verb(codec: Codec, direction: Direction) -> str:
    if codec.parts == 1:
        return "converted"
    return "joined" if direction is Direction.INBOUND else "split"


def lacking_parts(codec: Codec, there: Sequence[bool]) -> list[int]:
    """Return the fields of a value in several that have to be there beside those that are: none, where none is."""
    meant = codec.missing or (None,) * len(there)
    return [index for index, one in enumerate(there) if not one and meant[index] is None] if any(there) else []


def _join(rule: Copy, codec: Codec) -> Step:
    reads = [(format_path(field.path), reader(field)) for field in rule.outside]
    write, meant = writer(rule.inside), codec.missing or (None,) * len(reads)

    def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
        values = [(path, read(record)) for path, read in reads]
        if all(value is ABSENT for _, value in values):
            return write(into, ABSENT)
        if lacking := lacking_parts(codec, [value is not ABSENT for _, value in values]):
            return violations.extend(
                Violation(values[index][0], "required", "is required beside its other half") for index in lacking
            )
        values = [
            (path, instead if value is ABSENT else value) for (path, value), instead in zip(values, meant, strict=True)
        ]
        try:
            return write(into, codec.decode([value for _, value in values]))
        except CodecError as error:
            return violations.append(Violation(values[0][0], "form", str(error)))

    return step


def _split(rule: Copy, codec: Codec) -> Step:
    read, path = reader(rule.inside), format_path(rule.inside.path)
    writes = [writer(field) for field in rule.outside]

    def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
        value = read(record)
        try:
            parts = [ABSENT] * len(writes) if value is ABSENT else codec.encode(value)
        except CodecError as error:
            return violations.append(Violation(path, "form", str(error)))
        for write, part in zip(writes, parts, strict=True):
            write(into, part)
        return None

    return step
