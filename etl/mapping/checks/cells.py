"""The states that a decision table can meet: the values that its lines name, and as one, all that they do not name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.equality import distinct, each_once
from etl.mapping.rules.conditions import Condition, Parts, key_of, named_values
from etl.mapping.rules.lines import Line, Values, matcher
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT, Scalar, shown

MAX_STATES: Final = 5_000
"""So many states of one side are tried."""

MAX_TRIPS: Final = 20_000
"""So many are tried with all that the other side may have been."""

_MANY_PARTS: Final = 12
"""So many members or words of one field are tried, with and without each."""

_ANOTHER: Final = "…"
"""A member, or a word, that no line names."""

State: TypeAlias = Values


class Other:
    """Any value that a table does not name."""

    def __repr__(self) -> str:
        return "any other value"


OTHER: Final = Other()


def cell_key(value: Any) -> Any:
    """Return what tells one value of a state from another."""
    return repr(value) if isinstance(value, list) else key_of(value)


def asked(table: Table, direction: Direction) -> tuple[Field, ...]:
    """Return the fields of the target at which a table looks: as they were last, or as others have written them."""
    return tuple(dict.fromkeys((*table.asks(direction), *table.beside(direction.target))))


_WITH_PARTS: Final = {Parts.MEMBERS: "array", Parts.WORDS: "string"}


def _has_others(parts: Parts, types: frozenset[str]) -> bool:
    """Return whether a field may have values that can have such parts, and others."""
    return _WITH_PARTS[parts] in types and bool(types - {_WITH_PARTS[parts], "null"})


def read_of(table: Table, side: Side) -> tuple[Field, ...]:
    """Return the fields of one side of which a table reads what it decides on."""
    return tuple(field for field in table.fields(side) if field.use is not Use.WRITE)


def states(context: Context, table: Table, side: Side, fields: Sequence[Field]) -> Iterator[State]:
    """Yield all that some fields of one side may have."""
    domains = [domain(context, table, side, field) for field in fields]
    return (dict(zip(fields, values, strict=True)) for values in itertools.product(*domains))


def deciding(table: Table, direction: Direction, met: Iterable[tuple[State, State]]) -> Iterable[Line]:
    """Return the lines that decide on states of the source. met: each with what the target was before."""
    decide = matcher(table.lines, direction)
    found = (next(decide(state, last), None) for state, last in met)
    return {id(line): line for line in found if line is not None}.values()


def is_too_wide(context: Context, table: Table, side: Side) -> bool:
    """Return whether one side has more states than are tried, with all that the other side may have been."""
    here, there = (
        math.prod(_width(context, table, one, field) for field in fields)
        for one, fields in ((side, table.fields(side)), (side.other, asked(table, Direction.towards(side.other))))
    )
    return here > MAX_STATES or here * (there + 1) > MAX_TRIPS


def _width(context: Context, table: Table, side: Side, field: Field) -> int:
    parts = table.named_parts(side, field)
    return 2 ** len(parts[1]) if parts and len(parts[1]) > _MANY_PARTS else len(domain(context, table, side, field))


def domain(context: Context, table: Table, side: Side, field: Field) -> list[Any]:
    """Return the values of a field that may come, as its schema says: those that are named, then OTHER, then ABSENT.

    Where lines name members or words, these are all that may be there of them, with and without each.
    """
    if table.flags is side:
        return [flag for flag in (True, False) if _may_be(context, side, field, flag)]
    shape = context.coming(side, field)
    nulls = {distinct(value) for value in (*field.nulls, None)}
    patterns = [accepted for line in table.lines for f, accepted in line.of(side) if f == field]
    named = [value for accepted in patterns for value in named_values(accepted)]
    listed, parts = shape.listed, table.named_parts(side, field)
    candidates = listed if listed is not None else [value for value in named if shape.accepts(value)]
    found = each_once(value for value in candidates if distinct(value) not in nulls)
    if listed is None and parts is not None:
        found += _with_parts(*parts, shape.accepts, _none_of(table, side, field))
    if listed is None and (parts is None or _has_others(parts[0], shape.types)):
        found.append(OTHER)
    if parts is not None and context.asks_for_one_of(side, field, parts[1]):
        found = [value for value in found if shape.accepts(value)]
    if shape.may_be_absent(field.nulls):
        found.append(ABSENT)
    return found


def _may_be(context: Context, side: Side, field: Field, flag: object) -> bool:
    """Return whether a flag may be true, or not; one that is absent is not."""
    read = replace(field, when_absent=ABSENT)  # what is written for nothing is in no form
    is_absent = flag is not True and context.shape(side, field).may_be_absent(field.means_absent)
    return is_absent or context.takes(side, read, flag)


def _none_of(table: Table, side: Side, field: Field) -> list[Scalar]:
    """Return the members, or words, of what has none that lines name: another one where it cannot be empty."""
    named = (one for line in table.lines for f, accepted in line.of(side) if f == field for one in accepted)
    return [] if all(one.is_emptied for one in named if isinstance(one, Condition)) else [_ANOTHER]


def _with_parts(
    kind: Parts, named: Sequence[Scalar], accepts: Callable[[Any], bool], none_of: list[Scalar]
) -> Iterator[Any]:
    """Yield what has some of the members or words that are named; what has none of them may have others."""
    for there in itertools.product((False, True), repeat=len(named)):
        chosen = [part for part, is_there in zip(named, there, strict=True) if is_there]
        value = " ".join(map(str, chosen or none_of)) if kind is Parts.WORDS else chosen or none_of
        if not chosen or accepts(value):
            yield value


def displayed(context: Context, side: Side, state: State) -> str:
    """Return a state for people: `"open" of client.phase`, or its fields one by one where there are several."""
    if len(state) == 1:
        ((field, value),) = state.items()
        return f"{displayed_value(value)} of {context.name(side, field)}"
    return ", ".join(f"{context.name(side, field)} {displayed_value(value)}" for field, value in state.items())


def displayed_value(value: Any) -> str:
    """Return a value of a state for people."""
    if value is OTHER:
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return "no value" if value is ABSENT else shown(value)
