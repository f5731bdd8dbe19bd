"""Decision tables in reading order, each line with what is written for it; the rule itself says what."""

from __future__ import annotations

from functools import partial
from typing import Final, assert_never

from etl.mapping.model import Mapping
from etl.mapping.rules.conditions import is_plain, plain
from etl.mapping.rules.lines import Line, Role, Spelling, Values, matcher
from etl.mapping.rules.table import Table as DecisionTable
from etl.mapping.terms import Direction, Side
from etl.page.model import Block, Code, Heading, Inline, Paragraph, Row, Table
from etl.page.values import accepted, listed, listed_parts, literal, matches, written, written_of
from etl.page.words import Placed, clears_flags, written_lines
from etl.record import ABSENT

_FEW: Final = 3
_REJECTED: Inline = ("the record is rejected",)


def decision_table(placed: Placed) -> tuple[Block, ...]:
    """Return the table of a rule under its heading; nothing for a rule that has none."""
    rule = placed.rule
    if not isinstance(rule, DecisionTable):
        return ()
    sides = tuple(Side) if rule.flags is None else (rule.flags.other, rule.flags)
    one, other = (_fields(placed, side) for side in sides)
    return (Heading((*one, " and ", *other), placed.table), *_body(placed, rule))


def _body(placed: Placed, rule: DecisionTable) -> tuple[Block, ...]:
    match rule.spelling:
        case Spelling.FLAGS:
            return _flags(placed, rule)
        case Spelling.VALUES:
            return _values(placed, rule)
        case Spelling.CASES:
            return _cases(placed, rule)
        case _:
            assert_never(rule.spelling)


def _fields(placed: Placed, side: Side) -> Inline:
    """Return the fields of one side for a heading, where they are few."""
    name, paths = placed.mapping.system(side).name, placed.paths(side)
    return (f"{name} ", *listed(map(Code, paths))) if len(paths) <= _FEW else (f"{len(paths)} fields of {name}",)


def _flags(placed: Placed, rule: DecisionTable) -> tuple[Block, ...]:
    flags = Side.OUTSIDE if rule.flags is None else rule.flags
    value_system, flag_system = placed.mapping.system(flags.other).name, placed.mapping.system(flags).name
    (value,) = rule.fields(flags.other)
    path = Code(placed.path(flags.other, value.path))
    rows = []
    for number, line in enumerate(written_lines(rule), 1):
        name = Code(placed.path(flags, line.of(flags)[0][0].path))
        (meaning,) = plain(line.of(flags.other)[0][1])
        rows.append(Row(((str(number),), (name,), (literal(meaning),), _raised(placed, rule, flags, meaning))))
    otherwise = _otherwise(rule, Direction.towards(flags.other))
    if otherwise is None:
        rows.append(Row((("otherwise",), ("no flag is true",), _REJECTED, ("",))))
    else:
        (meaning,) = plain(otherwise.of(flags.other)[0][1])
        raised = _raised(placed, rule, flags, meaning)
        rows.append(Row((("otherwise",), ("no flag is true",), (literal(meaning),), raised)))
    header: tuple[Inline, ...] = (
        ("",),
        (f"first true flag of {flag_system}",),
        (f"{value_system} ", path),
        (f"written back to {flag_system}",),
    )
    becomes = "makes all flags false" if clears_flags(rule) else "is rejected"
    note = Paragraph(("Any other value of ", path, f", or none, {becomes} on the way to ", f"{flag_system}."))
    return (Table(header, tuple(rows)), note)


def _raised(placed: Placed, rule: DecisionTable, flags: Side, meaning: object) -> Inline:
    """Return which flags are written for a value."""
    (value,) = rule.fields(flags.other)
    made = _made(rule, flags, {value: ABSENT if meaning is None else meaning})
    raised = [Code(placed.path(flags, field.path)) for field, flag in made.items() if flag is True]
    if not made:
        return _REJECTED
    return (*listed(raised, " and "), " true, all others false") if raised else ("all flags false",)


def _made(rule: DecisionTable, side: Side, values: Values) -> Values:
    """Return what is written to one side for values of the other; nothing where no line decides."""
    line = next(matcher(rule.lines, Direction.towards(side))(values), None)
    return {} if line is None else rule.writes(line, side)


def _otherwise(rule: DecisionTable, direction: Direction) -> Line | None:
    return next((line for line in rule.lines if line.role is Role.OTHERWISE and line.decides(direction)), None)


def _values(placed: Placed, rule: DecisionTable) -> tuple[Block, ...]:
    rows = [
        Row(
            (
                (str(number),),
                *(accepted(line.of(side)[0][1]) for side in Side),
                *(_looked_up(rule, side, line) for side in Side),
            )
        )
        for number, line in enumerate(written_lines(rule), 1)
    ]
    others = [_otherwise(rule, Direction.towards(side)) for side in (Side.INSIDE, Side.OUTSIDE)]
    said: list[Inline] = [
        _REJECTED if line is None else written_of(line.of(side)[0][1], None)
        for side, line in zip((Side.INSIDE, Side.OUTSIDE), others, strict=True)
    ]
    rows.append(Row((("otherwise",), ("any other value",), ("any other value",), *said)))
    table = Table(_header(placed.mapping), tuple(rows))
    lines = written_lines(rule)
    absent = [
        placed.mapping.system(side).name
        for side in Side
        if not any(None in values for line in lines for _, values in line.of(side))
    ]
    return (table, Paragraph((f"No value in {' or in '.join(absent)} stays no value.",))) if absent else (table,)


def _looked_up(rule: DecisionTable, source: Side, line: Line) -> Inline:
    """Return what is written for what a line accepts, which a line above may decide; for conditions, by the line."""
    ((field, values),), ((target, cell),) = line.of(source), line.of(source.other)
    if not is_plain(values) or not is_plain(cell):
        return written_of(cell, target)
    said: dict[Inline, None] = {}
    for value in plain(values):
        for made_field, made in _made(rule, source.other, {field: ABSENT if value is None else value}).items():
            said[written(made_field) if made is ABSENT else (literal(made),)] = None
    return listed_parts(said, " or ")


def _cases(placed: Placed, rule: DecisionTable) -> tuple[Block, ...]:
    rows = [
        Row(
            (
                (str(number),),
                matches(line.outside, partial(placed.path, Side.OUTSIDE)),
                matches(line.inside, partial(placed.path, Side.INSIDE)),
                _written(placed, rule, Side.INSIDE, line),
                _written(placed, rule, Side.OUTSIDE, line),
            )
        )
        for number, line in enumerate(written_lines(rule), 1)
    ]
    others = [
        _REJECTED if line is None else _written(placed, rule, side, line)
        for side in (Side.INSIDE, Side.OUTSIDE)
        for line in (_otherwise(rule, Direction.towards(side)),)
    ]
    rows.append(Row((("otherwise",), ("anything else",), ("anything else",), *others)))
    note = Paragraph(("In either direction the first line whose fields all match decides.",))
    return (Table(_header(placed.mapping), tuple(rows)), note)


def _written(placed: Placed, rule: DecisionTable, side: Side, line: Line) -> Inline:
    """Return what is written to one side for a line, with the fields that only other lines name."""
    named, kept = dict(line.of(side)), rule.kept(side)
    said: Inline = ()
    for field in rule.targets(Direction.towards(side)):
        unnamed: Inline = ("as it was",) if field in kept else written(field)
        what = written_of(named[field], field) if field in named else unnamed
        said = (*said, "; ", Code(placed.path(side, field.path)), " ", *what)
    return said[1:]


def _header(mapping: Mapping) -> tuple[Inline, ...]:
    outside, inside = mapping.outside.name, mapping.inside.name
    return (("",), (outside,), (inside,), (f"written to {inside}",), (f"written to {outside}",))
