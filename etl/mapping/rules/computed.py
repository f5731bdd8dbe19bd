"""Computed: a value of one side that is made of the other side's record; it goes one way only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from etl.mapping.codecs import Codec, CodecError
from etl.mapping.equality import distinct
from etl.mapping.expressions.expression import (
    ExpressionError,
    compile_expression,
    is_constant,
    names_read,
    plain_path,
    reads,
)
from etl.mapping.expressions.used import Used, uses
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.access import Step, means_absent, reader, writer
from etl.mapping.rules.copy import converter
from etl.mapping.rules.moves import Move
from etl.mapping.rules.rule import BaseRule, Expected, Loss, Naming, Types
from etl.mapping.terms import Direction, Field, Position, Side, TextForm
from etl.record import ABSENT, Record, Scalar, Violation

NO_FORMS: Final[Mapping[Path, TextForm]] = {}

_FormAt: TypeAlias = Callable[[Path], TextForm | None]
"""The form of what lies at a path."""


@dataclass(frozen=True, slots=True)
class Source:
    """The expression of a `from`, parsed once.

    text: as written. where: its place. path: where it is no more than a path. compute: of a record. looks_at: the paths
    that it reads from a record, where they can be told. names: every name that it looks up anywhere. nulls: which
    results mean absent. blank: whether text of nothing but blanks does. form: the one in which text stands in the
    record; by_codec: where it is a path, the rule's own codec reads that.
    """

    text: str
    where: Position
    path: Path | None
    compute: Callable[[Record], Any]
    looks_at: tuple[Path, ...]
    names: tuple[str, ...]
    nulls: tuple[Scalar, ...] = ()
    blank: bool = False
    form: TextForm | None = None
    by_codec: bool = False

    def field(self, path: Path) -> Field:
        """Return a path that is read as what it means."""
        return Field(path, self.nulls, where=self.where, blank=self.blank, form=self.form, by_codec=self.by_codec)


def parse_source(text: str, where: Position, means: Field, forms: Mapping[Path, TextForm] = NO_FORMS) -> Source:
    """Parse an expression, once for all who ask of it. means: what of its result is absent, and its text's form.

    forms: those of the single fields that it reads, where each has its own.

    Raises:
        ExpressionError: when it is no expression, or asks for more than one may.

    """
    path, compute = plain_path(text), compile_expression(text)
    if means.form is not None:
        compute = reader(replace(means, path=path)) if path is not None else _reading(means.form, compute, text)
    elif forms and path is None:
        compute = _reading(forms, compute, text)
    compute = _without(replace(means, form=None), compute)
    said = (means.nulls, means.blank, means.form, means.by_codec)
    return Source(text, where, path, compute, reads(text), names_read(text), *said)


def _reading(
    form: TextForm | Mapping[Path, TextForm], compute: Callable[[Record], Any], text: str
) -> Callable[[Record], Any]:
    """Return a computation of a record of which every text that it uses is read in its form: one, or that of a path."""
    used = uses(text)
    form_at: _FormAt = (lambda _: form) if isinstance(form, TextForm) else form.get
    return lambda record: compute(_read_used(form_at, record, used, ()))


def _read_used(form_at: _FormAt, value: Any, used: Sequence[Used], at: Path) -> Any:
    """Return a value with the texts that are used of it as rules have them. at: where it lies, any element at 0."""
    here = [use for use in used if not use.path]
    if any(use.is_whole for use in here) or (here and isinstance(value, str)):
        form = form_at(at)
        return value if form is None else form.read(value)
    if isinstance(value, dict):
        return {name: _read_used(form_at, item, _below(used, name), (*at, name)) for name, item in value.items()}
    if isinstance(value, list):
        below, length = (*at, 0), len(value)
        each = ((item, _below(used, place, place - length)) for place, item in enumerate(value))
        return [_read_used(form_at, item, those, below) for item, those in each]
    return value


def _below(used: Sequence[Used], *steps: str | int) -> list[Used]:
    """Return what is used of a value that is below one, at a step, or at the same one as counted from the end."""
    below = (use for use in used if use.path and (use.path[0] is None or use.path[0] in steps))
    return [replace(use, path=use.path[1:]) for use in below]


def _without(result: Field, compute: Callable[[Record], Any]) -> Callable[[Record], Any]:
    """Return a computation whose results are absent where they mean that."""
    absent = {distinct(null) for null in result.nulls}
    if result.blank:
        return lambda record: ABSENT if means_absent(result, value := compute(record)) else value
    if not absent:
        return compute

    def computed(record: Record) -> Any:
        value = compute(record)
        return ABSENT if distinct(value) in absent else value

    return computed


@dataclass(frozen=True, slots=True)
class Computed(BaseRule):
    """A value of `side` that is computed from the other side's record.

    said: the words beside its expression that change something, as they stand there.
    """

    side: Side
    target: Field
    source: Source
    codec: Codec | None = None
    said: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def word(self) -> str:
        """The language's word for this kind."""
        return "from"

    @property
    def only(self) -> Direction:
        """The direction towards its side."""
        return Direction.INBOUND if self.side is Side.INSIDE else Direction.OUTBOUND

    @property
    def is_constant(self) -> bool:
        """Whether its expression reads nothing."""
        return is_constant(self.source.text)

    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return its target, on its side; what its expression reads are paths."""
        return (self.target,) if self.side is side else ()

    def written(self, side: Side) -> tuple[Field, ...]:
        """Return its target, on its side."""
        return self.fields(side)

    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return what its expression may look at: every name in it, as of the whole record."""
        return () if self.side is side else tuple((name,) for name in self.source.names)

    def passes(self, direction: Direction) -> tuple[Field, ...]:
        """Return its path, where it is one; JMESPath itself says what other expressions make of any value."""
        path = self.source.path
        return () if path is None or direction is not self.only else (self.source.field(path),)

    def looks_at(self, direction: Direction) -> tuple[Path, ...]:
        """Return the paths that its expression reads from a record."""
        return self.source.looks_at if direction is self.only else ()

    def evidence(self, direction: Direction, record: Record) -> tuple[Path, ...]:
        """Return its path; of the names in an expression those that the record has, or all if it has none."""
        del direction
        if self.source.path is not None:
            return (self.source.path,)
        there = tuple((name,) for name in self.source.names if name in record)
        return there or tuple((name,) for name in self.source.names)

    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield its target, where it is computed of one path only."""
        if direction is self.only and self.source.path is not None:
            yield self.target, (self.source.field(self.source.path),)

    def expects(self) -> Iterator[Expected]:
        """Yield nothing: what an expression makes is not known before a record is."""
        yield from ()

    def losses(self, name: Naming, types: Types) -> list[Loss]:
        """Return that imports overwrite it, where they do."""
        del types
        if self.side is Side.OUTSIDE or self.once:
            return []
        return [("W167", f"{name(Side.INSIDE, self.target)} is overwritten by every import that changes it", None)]

    def samples(self, side: Side) -> list[dict[Path, tuple[Any, ...]]]:
        """Return nothing: what an expression understands is not known."""
        del side
        return []

    def is_absent(self, direction: Direction, record: Record) -> bool:
        """Return whether it computes nothing."""
        del direction
        return self.source.compute(record) is ABSENT

    def did(self, direction: Direction, record: Record) -> str:
        """Return the expression, and the codec if there is one."""
        del direction, record
        computed = f"computed: {' '.join(self.source.text.split())}"
        return computed if self.codec is None else f"{computed}, converted by {self.codec.name}"

    def compiled(self, direction: Direction) -> Move | Step | None:
        """Return a move where the expression is a path, else what computes it; None in the other direction."""
        if direction is not self.only:
            return None
        convert = converter(self.codec, self.side)
        if self.source.path is not None:
            return Move(self.source.field(self.source.path), self.target, convert)
        return _compute(self, convert)


def _compute(rule: Computed, convert: Callable[[Any], Any] | None) -> Step:
    compute, write, names = rule.source.compute, writer(rule.target), rule.source.names
    to_blame = format_path((names[0],) if len(names) == 1 else rule.target.path)

    def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
        try:
            value = compute(record)
            write(into, value if value is ABSENT or convert is None else convert(value))
        except ExpressionError as error:
            violations.append(Violation(to_blame, "expression", str(error)))
        except CodecError as error:
            violations.append(Violation(to_blame, "form", str(error)))

    return step
