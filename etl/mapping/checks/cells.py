"""The states that a decision table can meet: the values that its lines name, and as one, all that they do not name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.checks.filled import is_always_written, written_for_nothing
from etl.mapping.equality import distinct, each_once
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import Condition, Parts, key_of, named_values
from etl.mapping.rules.lines import Line, Values, matcher
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import lying
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


@dataclass(frozen=True, slots=True)
class Trip:
    """What becomes of one state of one side, there and back.

    last: what the other side was before, of the fields at which the table looks. line: what decides, None where the
    record is rejected. written: the state of the other side. back: the line that decides on the way back, None where
    that is rejected. returned: the state that comes back. settled: the state that comes back of that one.
    """

    state: State
    last: State
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
            if after is not value and (value is OTHER or cell_key(value) != cell_key(after)):
                yield field, value, after


def cell_key(value: Any) -> Any:
    """Return what tells one value of a state from another."""
    return repr(value) if isinstance(value, list) else key_of(value)


def trips(context: Context, table: Table, side: Side) -> Iterator[Trip]:
    """Yield what becomes of every state of one side, whatever the other side was; nothing where they are too many."""
    road = _road(context, table, side)
    return (road.trip(state, last) for state, last in _beginnings(context, table, side))


def trips_without(context: Context, table: Table, side: Side, taken: Field) -> Iterator[Trip]:
    """Yield what becomes of the states of which a value of a field of the other side is made, which is taken away."""
    road = _road(context, table, side)
    found = (road.trip(state, last, taken) for state, last in _beginnings(context, table, side))
    return (trip for trip in found if trip.written is not None and trip.written.get(taken, ABSENT) is not ABSENT)


def _road(context: Context, table: Table, side: Side) -> _Road:
    asked = [field for field in _asked(table, Direction.towards(side)) if (side, field.path) in table.shared]
    return _Road(table, side, {field: written_for_nothing(context, table, side, field) for field in asked})


def deciding(context: Context, table: Table, side: Side) -> Iterable[Line]:
    """Return the lines that decide on some state of one side; all of them where those are too many to try."""
    if is_too_wide(context, table, side):
        return table.lines
    decide = matcher(table.lines, Direction.towards(side.other))
    met = (next(decide(state, last), None) for state, last in _beginnings(context, table, side))
    return {id(line): line for line in met if line is not None}.values()


def _beginnings(context: Context, table: Table, side: Side) -> Iterator[tuple[State, State]]:
    """Yield every state of one side with all that the other side may have been; nothing where they are too many.

    It may have been nothing, but for what other rules write there and the schema requires.
    """
    if is_too_wide(context, table, side):
        return
    fields = tuple(field for field in table.fields(side) if field.use is not Use.WRITE)
    asked = _asked(table, Direction.towards(side.other))
    written = [field for field in asked if (side.other, field.path) in table.shared]
    nothing = dict.fromkeys(asked, ABSENT)
    unknown = [nothing | beside for beside in reversed([*_states(context, table, side.other, written)])]
    lasts = [*unknown, *(last for last in _states(context, table, side.other, asked) if last not in unknown)]
    always = [field for field in written if is_always_written(context, table, side.other, field)]
    lasts = [last for last in lasts if all(last[field] is not ABSENT for field in always)]
    for state in _states(context, table, side, fields):
        for last in lasts:
            yield state, last


def _asked(table: Table, direction: Direction) -> tuple[Field, ...]:
    """Return the fields of the target at which a table looks: as they were last, or as others have written them."""
    return tuple(dict.fromkeys((*table.asks(direction), *table.beside(direction.target))))


_WITH_PARTS: Final = {Parts.MEMBERS: "array", Parts.WORDS: "string"}


def _has_others(parts: Parts, types: frozenset[str]) -> bool:
    """Return whether a field may have values that can have such parts, and others."""
    return _WITH_PARTS[parts] in types and bool(types - {_WITH_PARTS[parts], "null"})


class _Road:
    """The way there and back of one table, each step of which is gone once: many states come to the same one.

    filled: what others write to fields that are absent.
    """

    def __init__(self, table: Table, side: Side, filled: Values) -> None:
        self._table = table
        self._side = side
        self._filled = {field: value for field, value in filled.items() if value not in (None, ABSENT)}
        self._decide = {way: matcher(table.lines, way) for way in Direction}
        self._values = {one: table.line_values(one) for one in Side}
        self._beside = {one: table.beside(one) for one in Side}
        self._read = {one: _reading(table.fields(one)) for one in Side}
        self._gone: dict[tuple[Any, ...], tuple[Line | None, State]] = {}

    def trip(self, state: State, last: State, taken: Field | None = None) -> Trip:
        """Return what becomes of a state where the other side was something. taken: what it does not come back with."""
        line, written = self._sent(self._side.other, state, last)
        if line is None:
            return Trip(state, last)
        back, returned = self._back(written if taken is None else {**written, taken: ABSENT}, state)
        if back is None:
            return Trip(state, last, line, written)
        again, sent = self._sent(self._side.other, returned, written)
        settled = self._back(sent, returned)[1] if again else None
        return Trip(state, last, line, written, back, returned, settled)

    def _back(self, written: State, state: State) -> tuple[Line | None, State]:
        """Return the line that decides on the way back, and what comes back beside what others fill of a state."""
        filled = {field: value for field, value in self._filled.items() if state.get(field, ABSENT) is ABSENT}
        line, made = self._sent(self._side, written, {**state, **filled})
        return line, {**made, **dict.fromkeys(filled.keys() & made.keys(), ABSENT)}

    def _sent(self, side: Side, state: State, last: State) -> tuple[Line | None, State]:
        """Return the line that decides on a state of the other side, and what it writes to this one, as it is read."""
        key = (side, _told(state), _told(last))
        if key not in self._gone:
            self._gone[key] = self._send(side, state, last)
        return self._gone[key]

    def _send(self, side: Side, state: State, last: State) -> tuple[Line | None, State]:
        line = next(self._decide[Direction.towards(side)](state, last), None)
        if line is None:
            return None, {}
        left = {field: last.get(field, ABSENT) for field in self._beside[side]}
        return line, self._read[side]({**left, **self._values[side](line, last)})


def _told(state: State) -> tuple[Any, ...]:
    """Return what tells one state from another, in all that a line may ask."""
    held = ((id(field), value) for field, value in state.items())
    return tuple((field, type(one), repr(one) if isinstance(one, list | dict) else one) for field, one in held)


def _states(context: Context, table: Table, side: Side, fields: Sequence[Field]) -> Iterator[State]:
    domains = [domain(context, table, side, field) for field in fields]
    return (dict(zip(fields, values, strict=True)) for values in itertools.product(*domains))


def is_too_wide(context: Context, table: Table, side: Side) -> bool:
    """Return whether one side has more states than are tried, with all that the other side may have been."""
    states, lasts = (
        math.prod(_width(context, table, one, field) for field in fields)
        for one, fields in ((side, table.fields(side)), (side.other, _asked(table, Direction.towards(side.other))))
    )
    return states > MAX_STATES or states * (lasts + 1) > MAX_TRIPS


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


def _reading(fields: Sequence[Field]) -> Callable[[State], State]:
    """Return what reads values that were written: what nobody wrote, and what means absent as it lies, is absent."""

    def read(written: State) -> State:
        return {field: _read(field, written.get(field, ABSENT)) for field in fields}

    return read


def _read(field: Field, value: Any) -> Any:
    return ABSENT if value is not OTHER and means_absent(field, lying(field, value)) else value


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
