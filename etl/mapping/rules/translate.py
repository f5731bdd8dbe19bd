"""The interpreter: a mapping's rules as functions from a record of one system to a record of the other.

Two laws hold for every mapping, with `inward` and `outward` the two directions and t an inside record:

    inward(outward(t)) = t                       on what two-way rules own and their codecs keep
    N(N(x)) = N(x), where N = outward ∘ inward   a round trip normalises once, then is stable

Rules are compiled once per direction into steps: closures that read the source record and write the target record, one
for a run of plain copies and one for every other rule. Values in, values out: no input or output, no clock, and the
source is never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from etl.mapping.codecs import Codec, CodecError
from etl.mapping.expressions.expression import ExpressionError, plain_path
from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Mapping, Rule, Values
from etl.mapping.paths import format_path
from etl.mapping.rules import steps
from etl.mapping.rules.moves import Move, fuse
from etl.mapping.rules.steps import Step, reader, source_name, writer
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, MAX_INT64, MIN_INT64, Key, KeyPart, Record, Violation, shown

KeyReader: TypeAlias = Callable[[Record, list[Violation]], Key]


@dataclass(frozen=True, slots=True)
class Translator:
    """One direction of one mapping. makes_inside: whether that is inbound, and the key is in what it makes."""

    steps: tuple[Step, ...]
    read_key: KeyReader
    makes_inside: bool

    def __call__(self, record: Record) -> tuple[Record, Key, list[Violation]]:
        """Return the translated record, its key, and every violation; with violations the record is not whole.

        The key has the inside values of the key rules in either direction.
        """
        violations: list[Violation] = []
        target: Record = {}
        for step in self.steps:
            step(record, target, violations)
        return target, self.read_key(target if self.makes_inside else record, violations), violations


def compile_mapping(mapping: Mapping, direction: Direction) -> Translator:
    """Compile the rules of a mapping for one direction."""
    return Translator(
        _compile_rules(mapping.rules, direction),
        _key_reader(mapping, direction),
        makes_inside=direction is Direction.INBOUND,
    )


def _compile_rules(rules: tuple[Rule, ...], direction: Direction) -> tuple[Step, ...]:
    parts = (_compile_rule(rule, direction) for rule in rules)
    return tuple(fuse(part for part in parts if part is not None))


def _compile_rule(rule: Rule, direction: Direction) -> Move | Step | None:
    match rule:
        case Copy():
            if len(rule.outside) == 1:
                return _copy(rule, direction)
            return _join(rule) if direction is Direction.INBOUND else _split(rule)
        case Derive():
            return _derive(rule) if rule.side is direction.target else None
        case Flags():
            return steps.collapse(rule) if rule.side is direction.target else steps.expand(rule)
        case Values():
            return steps.values(rule, direction)
        case Cases():
            return steps.cases(rule, direction)
        case Each():
            return _each(rule, direction)
        case _:
            assert_never(rule)


def _copy(rule: Copy, direction: Direction) -> Move:
    (outside,) = rule.outside
    source, target = (outside, rule.inside) if direction is Direction.INBOUND else (rule.inside, outside)
    return Move(source, target, _converter(rule.codec, direction.target))


def _converter(codec: Codec | None, side: Side) -> Callable[[Any], Any] | None:
    """Return what gives a value the form that it has on one side; None where it needs nothing."""
    if codec is None:
        return None
    return codec.decode if side is Side.INSIDE else codec.encode


def _join(rule: Copy) -> Step:
    codec = rule.codec
    assert codec is not None  # noqa: S101 - the parser gives several fields a codec
    reads = [(format_path(field.path), reader(field)) for field in rule.outside]
    write = writer(rule.inside)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        values = [(path, read(record)) for path, read in reads]
        missing = [path for path, value in values if value is ABSENT]
        if len(missing) == len(values):
            return write(into, ABSENT)
        if missing:
            return violations.extend(
                Violation(path, "required", "is required beside its other half") for path in missing
            )
        try:
            return write(into, codec.decode([value for _, value in values]))
        except CodecError as error:
            return violations.append(Violation(values[0][0], "form", str(error)))

    return step


def _split(rule: Copy) -> Step:
    codec = rule.codec
    assert codec is not None  # noqa: S101 - the parser gives several fields a codec
    read, path = reader(rule.inside), format_path(rule.inside.path)
    writes = [writer(field) for field in rule.outside]

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        value = read(record)
        try:
            parts = [ABSENT] * len(writes) if value is ABSENT else codec.encode(value)
        except CodecError as error:
            return violations.append(Violation(path, "form", str(error)))
        for write, part in zip(writes, parts, strict=True):
            write(into, part)
        return None

    return step


def _derive(rule: Derive) -> Move | Step:
    convert = _converter(rule.codec, rule.side)
    path = plain_path(rule.source)
    if path is not None:
        return Move(Field(path), rule.target, convert)
    compute, write = rule.compute, writer(rule.target)
    to_blame = rule.reads[0] if len(rule.reads) == 1 else format_path(rule.target.path)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        try:
            value = compute(record)
            write(into, value if value is ABSENT or convert is None else convert(value))
        except ExpressionError as error:
            violations.append(Violation(to_blame, "expression", str(error)))
        except CodecError as error:
            violations.append(Violation(to_blame, "form", str(error)))

    return step


def _each(rule: Each, direction: Direction) -> Step:
    source, target = (rule.outside, rule.inside) if direction is Direction.INBOUND else (rule.inside, rule.outside)
    read, write, path = reader(source), writer(target), format_path(source.path)
    steps = _compile_rules(rule.rules, direction)

    def element(index: int, item: Any, violations: list[Violation]) -> Record:
        made: Record = {}
        if not isinstance(item, dict):
            violations.append(Violation(f"{path}[{index}]", "type", f"expected an object, found {shown(item)}"))
            return made
        wrong: list[Violation] = []
        for step in steps:
            step(item, made, wrong)
        violations.extend(Violation(f"{path}[{index}].{v.path}", v.code, v.message) for v in wrong)
        return made

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        items = read(record)
        if items is ABSENT:
            write(into, ABSENT)
        elif isinstance(items, list):
            write(into, [element(index, item, violations) for index, item in enumerate(items)])
        else:
            violations.append(Violation(path, "type", f"expected a list, found {shown(items)}"))

    return step


def _key_reader(mapping: Mapping, direction: Direction) -> KeyReader:
    """Return a function that reads the key of an inside record and adds a violation for each part that is none.

    A part is text or a whole number of 64 bits: never a truth value, and never an object that a query could obey.
    """
    rules = [rule for rule in mapping.rules if isinstance(rule, Copy) and rule.key]
    parts = [
        (format_path(rule.outside[0].path if direction is Direction.INBOUND else rule.inside.path), reader(rule.inside))
        for rule in rules
    ]

    def read_key(inside: Record, violations: list[Violation]) -> Key:
        key: list[KeyPart] = []
        for path, read in parts:
            value = read(inside)
            if (isinstance(value, str) and value) or (
                isinstance(value, int) and not isinstance(value, bool) and MIN_INT64 <= value <= MAX_INT64
            ):
                key.append(value)
            elif all(violation.path != path for violation in violations):
                found = (
                    "is required: it identifies the record"
                    if value is ABSENT
                    else f"expected text or a whole number of 64 bits as key, found {shown(value)}"
                )
                violations.append(Violation(path, "key", found))
        return tuple(key)

    name = source_name(rules[0].inside) if len(rules) == 1 else None
    return read_key if name is None else _name_reader(name, read_key)


def _name_reader(name: str, judge: KeyReader) -> KeyReader:
    """Return a reader of the usual key, one whole number or text of one name; `judge` reads every other one."""

    def read_name(inside: Record, violations: list[Violation]) -> Key:
        value: Any = inside.get(name)
        kind = type(value)
        if (kind is int and MIN_INT64 <= value <= MAX_INT64) or (kind is str and value):
            return (value,)
        return judge(inside, violations)

    return read_name
