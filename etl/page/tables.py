"""Decision tables in reading order, each line with what is written for it; the interpreter's own tables say what."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from etl.mapping.model import Cases, Flags, Mapping, Pattern, Values
from etl.mapping.rules.tables import flags_inverse, pattern_fields, values_lookup
from etl.mapping.terms import Side
from etl.page.model import Block, Code, Heading, Inline, Paragraph, Row, Table
from etl.page.words import Placed, accepted, listed, literal, matches, written
from etl.record import ABSENT, Scalar

_FEW: Final = 3
_REJECTED: Inline = ("the record is rejected",)


def decision_table(placed: Placed) -> tuple[Block, ...]:
    """Return the table of a rule under its heading; nothing for a rule that has none."""
    rule = placed.rule
    match rule:
        case Flags():
            body = _flags(placed, rule)
        case Values():
            body = _values(placed, rule)
        case Cases():
            body = _cases(placed, rule)
        case _:
            return ()
    sides = (rule.side, rule.side.other) if isinstance(rule, Flags) else tuple(Side)
    one, other = (_fields(placed, side) for side in sides)
    return (Heading((*one, " and ", *other), placed.table), *body)


def _fields(placed: Placed, side: Side) -> Inline:
    """Return the fields of one side for a heading, where they are few."""
    name, paths = placed.mapping.system(side).name, placed.paths(side)
    return (f"{name} ", *listed(map(Code, paths))) if len(paths) <= _FEW else (f"{len(paths)} fields of {name}",)


def _flags(placed: Placed, rule: Flags) -> tuple[Block, ...]:
    value_system, flag_system = placed.mapping.system(rule.side).name, placed.mapping.system(rule.side.other).name
    path = Code(placed.path(rule.side, rule.value.path))
    names = [placed.path(rule.side.other, flag.path) for flag, _ in rule.flags]
    invert = flags_inverse(rule)

    def back(value: Scalar) -> Inline:
        raised = [Code(name) for name, flag in zip(names, invert(value), strict=True) if flag]
        return (*listed(raised, " and "), " true, all others false") if raised else ("all flags false",)

    rows = [
        Row(((str(number),), (Code(name),), (literal(value),), back(value)))
        for number, (name, (_, value)) in enumerate(zip(names, rule.flags, strict=True), 1)
    ]
    if rule.otherwise is ABSENT:
        rows.append(Row((("otherwise",), ("no flag is true",), _REJECTED, ("",))))
    else:
        rows.append(Row((("otherwise",), ("no flag is true",), (literal(rule.otherwise),), back(rule.otherwise))))
    header: tuple[Inline, ...] = (
        ("",),
        (f"first true flag of {flag_system}",),
        (f"{value_system} ", path),
        (f"written back to {flag_system}",),
    )
    note = Paragraph(("Any other value of ", path, ", or none, is rejected on the way to ", f"{flag_system}."))
    return (Table(header, tuple(rows)), note)


def _values(placed: Placed, rule: Values) -> tuple[Block, ...]:
    rows = [
        Row(
            (
                (str(number),),
                accepted(pair.outside),
                accepted(pair.inside),
                _looked_up(rule, Side.OUTSIDE, pair.outside),
                _looked_up(rule, Side.INSIDE, pair.inside),
            )
        )
        for number, pair in enumerate(rule.pairs, 1)
    ]
    others: list[Inline] = [
        (literal(rule.otherwise[side]),) if side in rule.otherwise else _REJECTED
        for side in (Side.INSIDE, Side.OUTSIDE)
    ]
    rows.append(Row((("otherwise",), ("any other value",), ("any other value",), *others)))
    table = Table(_header(placed.mapping), tuple(rows))
    absent = [
        placed.mapping.system(side).name for side in Side if not any(None in pair.of(side) for pair in rule.pairs)
    ]
    return (table, Paragraph((f"No value in {' or in '.join(absent)} stays no value.",))) if absent else (table,)


def _looked_up(rule: Values, source: Side, values: Iterable[Scalar]) -> Inline:
    look_up = values_lookup(rule, source)
    target = rule.inside if source is Side.OUTSIDE else rule.outside
    results = dict.fromkeys(look_up(ABSENT if value is None else value) for value in values)
    said: list[Inline] = [written(target.when_absent) if made is ABSENT else (literal(made),) for made in results]
    return tuple(part for one in said for part in (" or ", *one))[1:]


def _cases(placed: Placed, rule: Cases) -> tuple[Block, ...]:
    rows = [
        Row(
            (
                (str(number),),
                matches(case.outside, partial(placed.path, Side.OUTSIDE)),
                matches(case.inside, partial(placed.path, Side.INSIDE)),
                _written(placed, rule, Side.INSIDE, case.inside),
                _written(placed, rule, Side.OUTSIDE, case.outside),
            )
        )
        for number, case in enumerate(rule.cases, 1)
    ]
    others: list[Inline] = [
        _written(placed, rule, side, rule.otherwise[side]) if side in rule.otherwise else _REJECTED
        for side in (Side.INSIDE, Side.OUTSIDE)
    ]
    rows.append(Row((("otherwise",), ("anything else",), ("anything else",), *others)))
    note = Paragraph(("In either direction the first line whose fields all match decides.",))
    return (Table(_header(placed.mapping), tuple(rows)), note)


def _written(placed: Placed, rule: Cases, side: Side, pattern: Pattern) -> Inline:
    """Return what is written to one side for a pattern, with the fields that only other lines name."""
    chosen = {field: values[0] for field, values in pattern}
    patterns = [case.of(side) for case in rule.cases] + ([rule.otherwise[side]] if side in rule.otherwise else [])
    said: Inline = ()
    for field in pattern_fields(patterns):
        value = chosen.get(field)
        what = written(field.when_absent) if value is None else (literal(value),)
        said = (*said, "; ", Code(placed.path(side, field.path)), " ", *what)
    return said[1:]


def _header(mapping: Mapping) -> tuple[Inline, ...]:
    outside, inside = mapping.outside.name, mapping.inside.name
    return (("",), (outside,), (inside,), (f"written to {inside}",), (f"written to {outside}",))
