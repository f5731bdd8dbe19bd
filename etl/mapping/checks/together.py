"""A table over a field that another rule writes: what that writes and the table takes away does not come back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from etl.mapping.checks.cells import cell_key, displayed, is_too_wide
from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.trips import Trip, trips, trips_without
from etl.mapping.paths import Path
from etl.mapping.rules.conditions import UNWRITABLE, chosen
from etl.mapping.rules.copy import Copy, lacking_parts
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line, Values, matcher
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT


def check_together(context: Context) -> None:
    """E124, W180: what a rule writes is not taken away by a line of a table, in a record for which the line decides."""
    told: set[tuple[int, Side]] = set()
    for taker, side, trip, field in _taking(context):
        state = {one.path: value for one, value in trip.state.items()}
        for rule in context.rules:
            is_owner = rule is not taker and rule.only is None and field.path in rule.paths(side)
            is_kept = context.mapping.keeps(rule, side.other) and not _goes_and_is_lost(context, taker, side, field)
            is_told = (id(rule), side) in told or is_kept
            own = next((one for one in rule.written(side) if one.path == field.path), field)  # in a form of its own
            may_write = is_owner and not is_told and _may_write(rule, side, own, state)
            if may_write and _is_missed(context, rule, side, own):
                told.add((id(rule), side))
                _tell(context, rule, side, own, trip)
    _check_torn(context)
    for inner in context.elements():
        check_together(inner)


def _check_torn(context: Context) -> None:
    """E124: a line takes away all fields of a value that stands in several, or none that has to be beside others."""
    joined = [rule for rule in context.rules if isinstance(rule, Copy) and len(rule.outside) > 1 and rule.only is None]
    tables = [rule for rule in context.rules if isinstance(rule, Table) and rule.goes(Direction.OUTBOUND)]
    for table, owner in itertools.product(tables, joined):
        for line in table.lines:
            taken = {field.path for field in table.beside(Side.OUTSIDE) if line.takes_away(Side.OUTSIDE, field)}
            there = [field.path not in taken for field in owner.outside]
            lacking = lacking_parts(owner.codec, there) if owner.codec is not None else []
            if lacking and line.decides(Direction.OUTBOUND):
                gone, left = (context.name(Side.OUTSIDE, owner.outside[at]) for at in (lacking[0], there.index(True)))
                message = f"this line takes {gone} away and leaves {left}, which is no value without it"
                context.find(line.where, "E124", message, "name all fields of the value, or none")


def _tell(context: Context, rule: Rule, side: Side, field: Field, trip: Trip) -> None:
    assert trip.line is not None  # noqa: S101 - what takes something away is a line
    name, line = context.name(side, field), context.line(trip.line.where, rule.where)
    message = f"what this rule writes to {name} does not come back where {line} takes it away"
    said = displayed(context, side.other, trip.state)
    fix = f"let {line} leave it, as by $any, or {LOSSY}"
    context.lose(rule, rule.where, "W180", f"{message}, as with {said}", fix)


def _taking(context: Context) -> Iterator[tuple[Table, Side, Trip, Field]]:
    """Yield each state in which a line takes away what another rule has written to one side, with table and field."""
    for rule in context.rules:
        if not isinstance(rule, Table):
            continue
        for side in (side for side in Side if rule.goes(Direction.towards(side)) and rule.beside(side)):
            for trip in trips(context, rule, side.other):
                for field in rule.beside(side) if trip.line is not None else ():
                    if _takes_away(trip.line, side, field, trip.last):
                        yield rule, side, trip, field


def _goes_and_is_lost(context: Context, taker: Table, side: Side, field: Field) -> bool:
    """Return whether a table takes away a value that its side itself has, once what it made of that comes back."""
    gone = (trip for trip in trips(context, taker, side) if trip.state.get(field, ABSENT) is not ABSENT)
    return any(_takes_away(trip.back, side, field, trip.state) for trip in gone)


def is_taken_away(context: Context, owner: Table, side: Side, trip: Trip, field: Field, value: Any) -> bool:
    """Return whether another table takes away again what a table writes to a field for what has come without it."""
    state = _by_path(trip)
    for rule in context.rules:
        shared = rule.beside(side) if isinstance(rule, Table) and rule is not owner else ()
        taken = next((one for one in shared if one.path == field.path), None)
        if isinstance(rule, Table) and taken is not None:
            alike = [one for one in trips(context, rule, side) if _by_path(one).items() <= state.items()]
            if alike and all(_takes_away(one.back, side, taken, {taken: value}) for one in alike):
                return True
    return False


def _by_path(trip: Trip) -> dict[Path, Any]:
    return {field.path: cell_key(value) for field, value in trip.state.items()}


def _takes_away(line: Line | None, side: Side, field: Field, written: Values) -> bool:
    """Return whether a line writes no value over one that another rule has written: nothing before that can be."""
    accepted = () if line is None else dict(line.of(side)).get(field, ())
    there = written.get(field, ABSENT)
    is_named = there is not ABSENT and None in accepted
    return is_named and chosen(accepted[: accepted.index(None)], there) is UNWRITABLE


def _is_missed(context: Context, rule: Rule, side: Side, field: Field) -> bool:
    """Return whether what a rule writes to a field may come back as something else where that is taken away."""
    if not isinstance(rule, Table) or is_too_wide(context, rule, side.other):
        return True
    tried = trips_without(context, rule, side.other, field)
    return any(trip.back is None or any(True for _ in trip.lost()) for trip in tried)


def _may_write(rule: Rule, side: Side, field: Field, state: Mapping[Path, Any]) -> bool:
    """Return whether a rule may write a value to a field where some fields of the other side have these values.

    state: by path.
    """
    direction = Direction.towards(side)
    sources = rule.sources(direction) if isinstance(rule, Table) else ()
    if isinstance(rule, Table) and all(one.path in state for one in sources):
        line = next(matcher(rule.lines, direction)({one: state[one.path] for one in sources}, None), None)
        return line is not None and rule.writes(line, side, None).get(field, ABSENT) is not ABSENT
    leading = (sources for target, sources in rule.follows(direction) if target.path == field.path)
    return not any(all(state.get(one.path) is ABSENT for one in sources) for sources in leading)
