"""The states that a decision table can meet: the values that its lines name, and as one, all that they do not name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.equality import distinct
from etl.mapping.rules.lines import Line, Values, key_of, matcher
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, shown

MAX_STATES: Final = 5_000
"""So many states of one side are tried."""

State: TypeAlias = Values


class Other:
    """Any value that a table does not name."""

    def __repr__(self) -> str:
        return "any other value"


OTHER: Final = Other()


@dataclass(frozen=True, slots=True)
class Trip:
    """What becomes of one state of one side, there and back.

    line: what decides, None where the record is rejected. written: the state of the other side. back: the line that
    decides on the way back, None where that is rejected. returned: the state that comes back. settled: the state that
    comes back of that one.
    """

    state: State
    line: Line | None = None
    written: State | None = None
    back: Line | None = None
    returned: State | None = None
    settled: State | None = None

    def lost(self) -> Iterator[tuple[Field, Any, Any]]:
        """Yield the fields that come back as something else, with what they were and what they are."""
        if self.returned is None:
            return
        for field, value in self.state.items():
            after = self.returned.get(field, ABSENT)
            if value is OTHER or key_of(value) != key_of(after):
                yield field, value, after


def trips(context: Context, table: Table, side: Side) -> Iterator[Trip]:
    """Yield what becomes of every state of one side; nothing where there are more than are tried."""
    there, back = Direction.towards(side.other), Direction.towards(side)
    fields = table.fields(side)
    domains = [domain(context, table, side, field) for field in fields]
    if math.prod(map(len, domains)) > MAX_STATES:
        return
    decide, decide_back = matcher(table.lines, there), matcher(table.lines, back)

    def returned(written: State) -> tuple[Line | None, State | None]:
        line = next(decide_back(written), None)
        return line, None if line is None else _as_read(table.writes(line, side), fields)

    for values in itertools.product(*domains):
        state = dict(zip(fields, values, strict=True))
        line = next(decide(state), None)
        if line is None:
            yield Trip(state)
            continue
        written = _as_read(table.writes(line, side.other), table.fields(side.other))
        line_back, after = returned(written)
        again = None if after is None else next(decide(after), None)
        settled = returned(_as_read(table.writes(again, side.other), table.fields(side.other)))[1] if again else None
        yield Trip(state, line, written, line_back, after, settled)


def is_too_wide(context: Context, table: Table, side: Side) -> bool:
    """Return whether one side has more states than are tried."""
    return math.prod(len(domain(context, table, side, field)) for field in table.fields(side)) > MAX_STATES


def domain(context: Context, table: Table, side: Side, field: Field) -> list[Any]:
    """Return the values of a field that may come, as its schema says: those that are named, then OTHER, then ABSENT."""
    if table.flags is side:
        return [True, False]
    shape = context.coming(side, field)
    nulls = {distinct(value) for value in (*field.nulls, None)}
    named = [value for line in table.lines for f, values in line.of(side) if f == field for value in values]
    listed = shape.listed
    candidates = listed if listed is not None else [value for value in named if shape.accepts(value)]
    values = {distinct(value): value for value in candidates if distinct(value) not in nulls}
    found = list(values.values())
    if listed is None:
        found.append(OTHER)
    if shape.may_be_absent(field.nulls):
        found.append(ABSENT)
    return found


def _as_read(written: Iterator[tuple[Field, Any]], fields: Sequence[Field]) -> State:
    """Return what was written as the way back reads it: what nobody wrote, and what means absent, is absent."""
    values = dict(written)
    state: State = {}
    for field in fields:
        value = values.get(field, ABSENT)
        is_null = value is not ABSENT and distinct(value) in set(map(distinct, field.nulls))
        state[field] = ABSENT if is_null else value
    return state


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
    return "no value" if value is ABSENT else shown(value)
