"""The lines of a decision table in their order: which are reached, and which one stands in the way of another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.trips import Trip
from etl.mapping.equality import distinct
from etl.mapping.rules.conditions import Condition, Pattern, accepted_text, acceptor, is_plain, plain
from etl.mapping.rules.lines import Line, Role, Spelling
from etl.mapping.rules.table import LINE_WORDS, Table
from etl.mapping.terms import Direction, Side
from etl.record import shown


def check_reached(context: Context, rule: Table, side: Side, tried: Sequence[Trip], elsewhere: Collection[int]) -> None:
    """E162: no line is hidden by those above; inside, one that means what a line above means is its synonym.

    elsewhere: the lines that are reached from the other side, by their ids. Such a line may be there for that alone,
    where what is lost by it is said, or kept.
    """
    reached = {id(trip.line) for trip in tried}
    direction = Direction.towards(side.other)
    for line in rule.lines:
        if id(line) in reached or line.role is not Role.WRITTEN or not line.decides(direction):
            continue
        if id(line) in elsewhere and (line.lossy is not None or context.mapping.keeps(rule, side.other)):
            continue
        above = _hider(line, side, tried)
        if above is None or (side is Side.INSIDE and _pattern_keys(above.of(side)) == _pattern_keys(line.of(side))):
            continue
        deciding = context.line(above.where, line.where)
        if rule.spelling is Spelling.VALUES:
            ((field, values),) = line.of(side)
            value = f"{accepted_text(values[:1])} of {context.name(side, field)}"
            message = f"{value} is decided by {deciding} already"
            context.find(line.where, "E162", message, "remove it here or there")
        else:
            message = f"this {LINE_WORDS[rule.spelling]} is never reached {direction.value}"
            hidden, apart = f"{deciding} matches whatever it matches", _apart(context, side, above, line)
            named = f"name {apart} in {deciding}, " if apart else ""
            fix = f"{named}put the narrower {LINE_WORDS[rule.spelling]} first, or remove one"
            context.find(line.where, "E162", f"{message}: {hidden}", fix)


def check_ever_reached(context: Context, rule: Table, reached: set[int]) -> None:
    """E162: some record, of either system, has what a line names; unless another finding says why none has."""
    told = {(finding.file, finding.line) for finding in context.findings}
    for line in () if context.is_wrong(rule) else rule.lines:
        if line.role is Role.WRITTEN and id(line) not in reached and context.place(line.where)[:2] not in told:
            message = f"this {LINE_WORDS[rule.spelling]} is never reached: no record of either system has what it names"
            context.find(line.where, "E162", message, "remove it, or let the schemas have it")


def _hider(line: Line, side: Side, tried: Sequence[Trip]) -> Line | None:
    """Return the line that decides the first state that another line matches; None where it matches none."""
    pattern = [(field, acceptor(accepted)) for field, accepted in line.of(side)]
    for trip in tried:
        if trip.line is not None and all(accepts(trip.state[field]) for field, accepts in pattern):
            return trip.line
    return None


def _pattern_keys(pattern: Pattern) -> dict[Any, frozenset[Any]]:
    return {
        field.path: frozenset(one if isinstance(one, Condition) else distinct(one) for one in accepted)
        for field, accepted in pattern
    }


def hidden_fix(context: Context, rule: Table, side: Side, trip: Trip) -> str:
    """Return what to write where a line above reads first what a line writes; "" where none does."""
    line, back = trip.line, trip.back
    if line is None or back is None or rule.lines.index(back) >= rule.lines.index(line) or side is Side.OUTSIDE:
        return ""
    above, apart = context.line(back.where, line.where), _apart(context, side.other, back, line)
    told = f"{above} reads first what this one writes: name {apart} in {above}, put this line above it, or {LOSSY}"
    return told if apart else ""


def _apart(context: Context, side: Side, above: Line, below: Line) -> str:
    """Return a condition by which a line above would leave alone what a line below names; "" where there is none."""
    named = {field for field, _ in above.of(side)}
    for field, accepted in below.of(side):
        values = [value for value in plain(accepted) if value is not None]
        if field not in named and values and is_plain(accepted):
            said = shown(values[0]) if len(values) == 1 else f"[{', '.join(map(shown, values))}]"
            return f"{context.name(side, field)}: [{{not: {said}}}, null]"
    return ""
