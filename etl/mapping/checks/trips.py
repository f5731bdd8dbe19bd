"""What becomes of every state that a decision table can meet, there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from etl.mapping.checks.cells import OTHER, State, asked, cell_key, deciding, is_too_wide, read_of, states
from etl.mapping.checks.context import Context
from etl.mapping.checks.filled import is_always_written, written_for_nothing
from etl.mapping.rules.lines import Line, Values, matcher
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import lies_absent
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT


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
    read = [field for field in asked(table, Direction.towards(side)) if (side, field.path) in table.shared]
    return _Road(table, side, {field: written_for_nothing(context, table, side, field) for field in read})


def ever_deciding(context: Context, table: Table, side: Side) -> Iterable[Line]:
    """Return the lines that decide on some state of one side; all of them where those are too many to try."""
    if is_too_wide(context, table, side):
        return table.lines
    return deciding(table, Direction.towards(side.other), _beginnings(context, table, side))


def _beginnings(context: Context, table: Table, side: Side) -> Iterator[tuple[State, State]]:
    """Yield every state of one side with all that the other side may have been; nothing where they are too many.

    It may have been nothing, but for what other rules write there and the schema requires.
    """
    if is_too_wide(context, table, side):
        return
    looked_at = asked(table, Direction.towards(side.other))
    written = [field for field in looked_at if (side.other, field.path) in table.shared]
    nothing = dict.fromkeys(looked_at, ABSENT)
    unknown = [nothing | beside for beside in reversed([*states(context, table, side.other, written)])]
    lasts = [*unknown, *(last for last in states(context, table, side.other, looked_at) if last not in unknown)]
    always = [field for field in written if is_always_written(context, table, side.other, field)]
    lasts = [last for last in lasts if all(last[field] is not ABSENT for field in always)]
    for state in states(context, table, side, read_of(table, side)):
        for last in lasts:
            yield state, last


class _Road:
    """The way there and back of one table, each step of which is gone once: many states come to the same one.

    filled: what others write to fields that are absent.
    """

    def __init__(self, table: Table, side: Side, filled: Values) -> None:
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


def _reading(fields: Sequence[Field]) -> Callable[[State], State]:
    """Return what reads values that were written: what nobody wrote, and what means absent as it lies, is absent."""

    def read(written: State) -> State:
        return {field: _read(field, written.get(field, ABSENT)) for field in fields}

    return read


def _read(field: Field, value: Any) -> Any:
    return ABSENT if value is not OTHER and lies_absent(field, value) else value
