"""Any other value: what no line of a table names, as one, and whether a record can have it where no line decides."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from etl.mapping.checks.cells import OTHER, State, cell_key, domain
from etl.mapping.checks.context import Context
from etl.mapping.checks.trips import Trip
from etl.mapping.equality import distinct
from etl.mapping.paths import assign
from etl.mapping.rules.conditions import plain
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import lies_absent, lying
from etl.mapping.samples.rooms import DATES
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record


def of_any_value(tried: Sequence[Trip]) -> set[Field]:
    """Return the fields of which no value is named, and any is taken: their other values are all that they have."""
    named = {field for trip in tried for field, value in trip.state.items() if value not in (OTHER, ABSENT)}
    taken = {f for trip in tried if trip.line is not None for f, value in trip.state.items() if value is OTHER}
    return taken - named


def undecided_others(context: Context, rule: Table, side: Side, tried: Sequence[Trip]) -> list[Trip]:
    """Return the undecided states of any other value that a record may have, and that nobody has left out on purpose.

    Who names values of a field, and takes no other one in any state, says that these are all: codes that free text may
    have. So does a table of one field. Else, what is read beside one value of a field is read beside any other one; of
    a field of which none is named, any value is as good as one.
    """
    if not tried or len(tried[0].state) == 1:
        return []
    decided = [trip.state for trip in tried if trip.line is not None]
    taken = {field for state in decided for field, value in state.items() if value is OTHER}
    is_read = cache(lambda fields: {_held(state, fields) for state in decided})
    alike = of_any_value(tried)
    undecided = [
        trip
        for trip in tried
        if trip.line is None and OTHER in trip.state.values()
        for fields in (tuple(field for field, value in trip.state.items() if value is not OTHER),)
        if _held(trip.state, fields) in is_read(fields) or all(f in fields or f in alike for f in trip.state)
    ]
    fields = {field for trip in undecided for field, value in trip.state.items() if value is OTHER}
    meant = {field for field in fields - taken if _names_values(rule, side, field)}
    values = {field: _other_value(context, rule, side, field) for field in fields - meant}
    schema = RecordSchema(context.mapping.system(side).schema) if values and not context.at[side] else None
    return [
        trip
        for trip in undecided
        if not any(value is OTHER and values.get(field, ABSENT) is ABSENT for field, value in trip.state.items())
        and (schema is None or _may_come(schema, trip.state, values))
    ]


def _held(state: State, fields: Sequence[Field]) -> tuple[Any, ...]:
    """Return what tells the values that a state has of some fields from others."""
    return tuple(cell_key(state[field]) for field in fields)


def _names_values(rule: Table, side: Side, field: Field) -> bool:
    """Return whether a line names a value of a field."""
    named = (one for line in rule.lines for f, accepted in line.of(side) if f == field for one in plain(accepted))
    return any(one is not None for one in named)


def _other_value(context: Context, rule: Table, side: Side, field: Field) -> Any:
    """Return a value of a field that no line names, ABSENT where none is found."""
    shape = context.coming(side, field)
    named = {distinct(value) for value in domain(context, rule, side, field) if value not in (OTHER, ABSENT)}
    tried = [value for value in edges_of(shape.alternatives) if shape.accepts(value)]
    tried += [date for date in DATES if shape.date_time and shape.accepts(json_form(date))]
    found = (value for value in tried if distinct(value) not in named)
    return next((value for value in found if not lies_absent(field, value)), ABSENT)


def _may_come(schema: RecordSchema, state: State, values: State) -> bool:
    """Return whether a schema lets these values stand beside one another, as far as these alone can tell."""
    without, whole = Record(), Record()
    for field, value in state.items():
        if value is not ABSENT and value is not OTHER:
            assign(without, field.path, lying(field, value))
            assign(whole, field.path, lying(field, value))
    for field, value in values.items():
        if state.get(field) is OTHER:
            assign(whole, field.path, lying(field, value))
    refused = {(problem.place, problem.keyword) for problem in schema.problems(json_form(without))}
    return {(problem.place, problem.keyword) for problem in schema.problems(json_form(whole))} <= refused
