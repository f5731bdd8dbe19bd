"""Decision tables, proven state by state: all that can come is decided, every line is reached, and what is lost.

A table is tried in both directions, with every combination of the values that its lines and schemas name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from etl.mapping.checks.absent import left_by
from etl.mapping.checks.cells import MAX_STATES, OTHER, cell_key, displayed, displayed_value, is_too_wide
from etl.mapping.checks.context import LOSSY, Context, Loss
from etl.mapping.checks.named import check_named
from etl.mapping.checks.order import check_ever_reached, check_reached, hidden_fix
from etl.mapping.checks.others import of_any_value, undecided_others
from etl.mapping.checks.texts import check_converted
from etl.mapping.checks.together import is_taken_away
from etl.mapping.checks.trips import Trip, trips
from etl.mapping.rules.conditions import (
    UNWRITABLE,
    Accepted,
    accepted_text,
    acceptor,
    chosen,
)
from etl.mapping.rules.lines import Line, Role, Spelling, looking_back
from etl.mapping.rules.table import LINE_WORDS, Table
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, shown

_OWN: Final = f"{LOSSY}, or give each its own value"


def check_table(context: Context, rule: Table) -> None:
    """E122, E123, E151, E160 to E162, E181, W163, W164, W168, W180: one table."""
    if not check_converted(context, rule):
        return
    for line in rule.lines:
        check_named(context, line, rule.flags)
    if rule.flags is not None:
        _check_truth(context, rule, rule.flags)
    reached: dict[Side, set[int]] = {}
    every: list[tuple[Side, list[Trip]]] = []
    for side in (side for side in Side if rule.goes(Direction.towards(side.other))):
        if is_too_wide(context, rule, side):
            message = f"the fields of {context.mapping.system(side).name} have more than {MAX_STATES} combinations"
            context.losing.append(Loss(rule, "W168"))
            context.find(rule.where, "W168", f"{message}, so this table is not proven", "split it into smaller tables")
            _check_absent(context, rule, side, rule.lines)
            reached[side] = set(map(id, rule.lines))
            continue
        tried = list(trips(context, rule, side))
        _check_absent(context, rule, side, {id(trip.line): trip.line for trip in tried if trip.line}.values())
        if rule.only is not None:
            _check_decided(context, rule, side, tried)
        elif rule.flags is side:
            _check_flags(context, rule, tried)
        else:
            _check_decided(context, rule, side, tried)
            _check_returned(context, rule, side, tried)
            _check_settled(context, rule, side, tried)
        _check_met(context, rule, side, tried)
        reached[side] = {id(trip.line) for trip in tried}
        every.append((side, tried))
    for side, tried in every:
        check_reached(context, rule, side, tried, reached.get(side.other, set()))
    check_ever_reached(context, rule, set().union(*reached.values()))


def _check_truth(context: Context, rule: Table, side: Side) -> None:
    """E150, W156: a flag is true, false or nothing, and the schema says so."""
    for field in rule.fields(side):
        shape, name = context.shape(side, field), context.name(side, field)
        if "boolean" not in shape.types:
            continue  # said already
        if shape.types == TYPES:
            message = f"{name} may be anything, since its schema does not say what it is, and a flag is true or false"
            context.lose(rule, field.where, "W156", message, f"describe it in the schema, or {LOSSY}")
        elif unfit := sorted(shape.types - {"boolean", "null"}):
            message = f"{name} may be {' or '.join(unfit)}; a flag is true or false"
            context.find(field.where, "E150", message, "correct the path or the schema")


def _check_absent(context: Context, rule: Table, source: Side, lines: Iterable[Line]) -> None:
    """E122, E123: a required field is written by every line that decides, and for no value what the field may be."""
    side = source.other
    told: set[Field] = set()
    for line, field in left_by(context, rule, side, lines):
        if context.is_all(side, field, lacking=rule.leaves(line, side)):
            continue
        word = "otherwise" if line.role is Role.OTHERWISE else LINE_WORDS[rule.spelling]
        if field.when_absent is not ABSENT and not context.takes(side, field, field.when_absent):
            if field not in told:
                told.add(field)
                written = f"{shown(field.when_absent)} is written to {context.name(side, field)}"
                message = f"{written} by a {word} that leaves it absent, which its schema refuses"
                context.find(line.where, "E123", message, f"name a value for it in the {word}")
        elif context.writes_nothing(side, field) and context.taken(side, field).required:
            message = f"this {word} leaves {context.name(side, field)} absent, but it is required"
            context.find(line.where, "E122", message, f"name a value for it in the {word}")


def _check_decided(context: Context, rule: Table, side: Side, tried: Sequence[Trip]) -> None:
    """E160, W164, W156: every state is decided; a value that never is, is said once.

    What the schema lists may come. What only lines name, in other combinations, may be meant not to, and so may any
    other value: of a field of which no line takes one, nothing is said.
    """
    sources, word = rule.sources(Direction.towards(side.other)), LINE_WORDS[rule.spelling]
    tried = list(
        {tuple(_pairs(trip)): trip for trip in (_deciding(trip, sources) for trip in _at_best(tried))}.values()
    )
    alike = of_any_value(tried)
    rejected = [trip for trip in tried if trip.line is None and OTHER not in trip.state.values()]
    rejected += undecided_others(context, rule, side, tried)
    undecided = [trip for trip in rejected if not context.is_farewell(side, trip.state)]
    unlisted: list[str] = []
    for trip in _without_repeats(undecided, tried):
        (field, *others) = trip.state
        where = rule.where if others or rule.spelling is Spelling.CASES else field.where
        if _has_another(trip, alike):
            unlisted.append(displayed(context, side, trip.state))
        elif ABSENT in trip.state.values():
            named = displayed(context, side, trip.state) if others else f"no value of {context.name(side, field)}"
            message = f"a record with {named} is rejected: the table has no line for that"
            context.lose(rule, where, "W164", message, "add a line for null, an otherwise, or lossy: why that is right")
        elif all(context.shape(side, field).listed is not None for field in trip.state):
            message = f"{displayed(context, side, trip.state)} has no line in the table"
            context.find(where, "E160", message, f"add a {word} for it, or an otherwise")
        else:
            unlisted.append(displayed(context, side, trip.state))
    if unlisted:
        further = f", and {len(unlisted) - 1} more" if unlisted[1:] else ""
        message = f"a record with {unlisted[0]} is rejected: the table has no line for that{further}"
        context.lose(
            rule, rule.where, "W156", message, f"add a {word} for it, an otherwise, or lossy: why that is right"
        )


def _has_another(trip: Trip, alike: Collection[Field]) -> bool:
    """Return whether a field has another value than those that are named. alike: those of which none is."""
    return any(value is OTHER and field not in alike for field, value in trip.state.items())


def _deciding(trip: Trip, sources: Sequence[Field]) -> Trip:
    """Return a trip with the fields that decide alone; others are only written."""
    return Trip({field: value for field, value in trip.state.items() if field in sources}, {}, trip.line)


def _at_best(tried: Sequence[Trip]) -> Iterable[Trip]:
    """Return, of each state, a trip on which it is decided, if it is on any."""
    best: dict[Any, Trip] = {}
    for trip in tried:
        key = tuple(_pairs(trip))
        if key not in best or best[key].line is None:
            best[key] = trip
    return best.values()


def _check_met(context: Context, rule: Table, side: Side, tried: Sequence[Trip]) -> None:
    """W156, W164: what is decided where the other side was something is decided whatever it was; once for each line."""
    at_best = {tuple(_pairs(trip)): trip.line for trip in _at_best(tried)}
    direction, told = Direction.towards(side.other), set[int]()
    for trip in tried:
        if trip.line is not None or at_best[tuple(_pairs(trip))] is None:
            continue
        for field, accepted, line in _unmet(rule, direction, trip):
            if id(line) in told:
                break
            told.add(id(line))
            state, name = displayed(context, side, trip.state), context.name(side.other, field)
            said = "is written" if field in rule.beside(side.other) else "was last"
            message = f"a record with {state} is rejected where {displayed(context, side.other, trip.last)} {said}"
            message += f", since this line wants {name} {accepted_text(accepted)}"
            fix = f"name what is written then, as in {name}: [{accepted_text(accepted)}, VALUE], or add a line"
            code = "W164" if trip.last[field] is ABSENT else "W156"
            context.lose(rule, line.where, code, message, f"{fix}, or {LOSSY}", line)
            break


def _unmet(rule: Table, direction: Direction, trip: Trip) -> Iterator[tuple[Field, Accepted, Line]]:
    """Yield what lines for a state want of a field, and is not so."""
    for line in rule.lines:
        if line.decides(direction) and all(acceptor(one)(trip.state[f]) for f, one in line.asked(direction)):
            for field, accepted in looking_back(line, direction.target):
                if chosen(accepted, trip.last.get(field, ABSENT)) is UNWRITABLE:
                    yield field, accepted, line


def _without_repeats(undecided: Sequence[Trip], tried: Sequence[Trip]) -> Iterable[Trip]:
    """Yield each undecided state; of a value that is undecided in every state, that value alone, once."""
    by_value: dict[Any, bool] = {}
    for trip in tried:
        for pair in _pairs(trip):
            by_value[pair] = by_value.get(pair, True) and trip.line is None
    hopeless: dict[Any, Trip] = {}
    for trip in undecided:
        alone = next((pair for pair in _pairs(trip) if by_value[pair]), None)
        if alone is None:
            yield trip
        else:
            hopeless.setdefault(alone, Trip({alone[0]: trip.state[alone[0]]}, {}))
    yield from hopeless.values()


def _pairs(trip: Trip) -> list[tuple[Field, Any]]:
    return [(field, cell_key(value)) for field, value in trip.state.items()]


def _check_returned(context: Context, rule: Table, side: Side, tried: Sequence[Trip]) -> None:
    """W163, W180, E160: what is written reads back, and means what it meant; one finding for each line."""
    told: set[int] = set()
    for trip in tried:
        line = trip.line
        if line is None or trip.written is None or id(line) in told:
            continue
        if trip.back is None and context.is_left_aside(side.other, trip.written):
            continue
        if trip.back is None:
            told.add(id(line))
            message = f"{displayed(context, side.other, trip.written)} has no line in the table, and this one writes it"
            fix = f"add a {LINE_WORDS[rule.spelling]} that reads it, or an otherwise"
            context.find(line.where, "E160", message, fix)
            continue
        own = (one for one in trip.lost() if _is_own(context, rule, side, trip, one))
        lost = None if context.mapping.keeps(rule, side) else next(own, None)
        if lost is not None:
            told.add(id(line))
            field, before, after = lost
            message = f"{displayed_value(before)} of {context.name(side, field)} comes back as {displayed_value(after)}"
            is_law = line.role is Role.OTHERWISE and side is Side.INSIDE
            code, fix = "W180" if is_law else "W163", hidden_fix(context, rule, side, trip) or _OWN
            context.lose(rule, line.where, code, message, fix, line)


def _is_own(context: Context, rule: Table, side: Side, trip: Trip, lost: tuple[Field, Any, Any]) -> bool:
    """Return whether a table loses a value: neither does the rule beside it, nor is what it writes taken away again."""
    field, before, after = lost
    if (side, field.path) in rule.shared:
        return False
    return before is not ABSENT or not is_taken_away(context, rule, side, trip, field, after)


def _check_settled(context: Context, rule: Table, side: Side, tried: Sequence[Trip]) -> None:
    """E181: what came back comes back as itself."""
    for trip in tried:
        if trip.returned is None or trip.settled is None or trip.returned == trip.settled:
            continue
        first, second = (displayed(context, side, state) for state in (trip.returned, trip.settled))
        where = rule.where if trip.line is None else trip.line.where
        message = f"{displayed(context, side, trip.state)} comes back as {first}, and that as {second}"
        context.losing.append(Loss(rule, "E181"))
        context.find(where, "E181", message, "let what a line writes be read by that line")
        return


def _check_flags(context: Context, rule: Table, tried: Sequence[Trip]) -> None:
    """W163, W164: a record without a true flag is decided, and each flag alone comes back as itself."""
    if any(trip.line is None for trip in tried) and rule.flags is not None:
        value = context.name(rule.flags.other, rule.fields(rule.flags.other)[0])
        message = f"a record without a true flag is rejected: {value} has no otherwise"
        context.lose(rule, rule.where, "W164", message, "say otherwise: VALUE, or lossy: why that is right")
    for trip in tried:
        raised = [field for field, value in trip.state.items() if value]
        if len(raised) != 1 or trip.returned is None or rule.flags is None:
            continue
        back = [field for field, value in trip.returned.items() if value is True]
        if back and back != raised and not context.mapping.keeps(rule, rule.flags):
            one, other = (context.name(rule.flags, field) for field in (raised[0], back[0]))
            meaning = ", ".join(displayed_value(value) for value in (trip.written or {}).values())
            message = f"{one} comes back as {other}, since both mean {meaning}"
            context.lose(rule, raised[0].where, "W163", message, _OWN)
