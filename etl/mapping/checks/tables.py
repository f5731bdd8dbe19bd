"""Decision tables: complete, reachable, of values that exist, and what does not come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etl.mapping.checks.scope import Scope
from etl.mapping.model import Case, Cases, Flags, Values
from etl.mapping.rules.tables import distinct
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Direction, Field, Position, Side
from etl.record import ABSENT, Scalar, shown


def check_tables(scope: Scope) -> None:
    """E160 to E162, W163: every table of the rules."""
    for rule in scope.rules:
        if isinstance(rule, Flags):
            _check_flags(scope, rule)
        elif isinstance(rule, Values):
            _check_values(scope, rule)
        elif isinstance(rule, Cases):
            _check_cases(scope, rule)
    for inner in scope.elements():
        check_tables(inner)


def _check_flags(scope: Scope, rule: Flags) -> None:
    shape = scope.shape(rule.side, rule.value)
    name = scope.name(rule.side, rule.value)
    values = [value for _, value in rule.flags]
    decided = [*values, *([] if rule.otherwise is ABSENT else [rule.otherwise])]
    _check_complete(scope, rule.value.where, name, shape, decided, "a flag")
    for value, where in [*((value, flag.where) for flag, value in rule.flags), (rule.otherwise, rule.where)]:
        if value is not ABSENT:
            check_exists(scope, where, name, shape, value)
    first: dict[Any, Field] = {}
    for flag, value in rule.flags:
        if (known := first.setdefault(distinct(value), flag)) is not flag:
            flags = scope.name(rule.side.other, flag), scope.name(rule.side.other, known)
            _lose(scope, rule, flag.where, f"{flags[0]} comes back as {flags[1]}, since both mean {shown(value)}")
    if rule.otherwise is ABSENT:
        message = f"a record without a true flag is rejected: {name} has no otherwise"
        if not rule.lossy:
            scope.find(rule.where, "W164", message, "say otherwise: VALUE, or lossy: why that is right")


def _check_values(scope: Scope, rule: Values) -> None:
    fields = {Side.OUTSIDE: rule.outside, Side.INSIDE: rule.inside}
    for side, field in fields.items():
        shape, name = scope.shape(side, field), scope.name(side, field)
        listed = [value for pair in rule.pairs for value in pair.of(side)]
        if side.other not in rule.otherwise:
            _check_complete(scope, field.where, name, shape, listed, "a pair")
        for pair in rule.pairs:
            for value in pair.of(side):
                if value is not None:
                    check_exists(scope, pair.where, name, shape, value)
        if side in rule.otherwise and rule.otherwise[side] is not None:
            check_exists(scope, rule.where, name, shape, rule.otherwise[side])
        _check_hidden(scope, rule, side, name)
    _check_return(scope, rule)


def _check_hidden(scope: Scope, rule: Values, side: Side, name: str) -> None:
    """Name the outside pairs of which every value is decided above; inside, a later pair is a synonym of the first."""
    first: dict[Any, Position] = {}
    for pair in rule.pairs:
        values = [distinct(value) for value in pair.of(side)]
        for value in values:
            first.setdefault(value, pair.where)
        if side is Side.OUTSIDE and all(first[value] is not pair.where for value in values):
            above = first[values[0]].line
            message = f"{shown(values[0][1])} of {name} is decided by line {above} already"
            scope.find(pair.where, "E162", message, "remove it here or there")


def _check_return(scope: Scope, rule: Values) -> None:
    for side in Side:
        back = {distinct(v): pair for pair in reversed(rule.pairs) for v in pair.of(side.other)}
        name = scope.name(side, rule.outside if side is Side.OUTSIDE else rule.inside)
        for pair in rule.pairs:
            returned = back[distinct(pair.of(side.other)[0])].of(side)[0]
            for value in pair.of(side):
                if distinct(value) != distinct(returned):
                    _lose(scope, rule, pair.where, f"{shown(value)} of {name} comes back as {shown(returned)}")


def _check_cases(scope: Scope, rule: Cases) -> None:
    for index, case in enumerate(rule.cases):
        for side in Side:
            for field, values in case.of(side):
                shape, name = scope.shape(side, field), scope.name(side, field)
                for value in values:
                    if value is not None:
                        check_exists(scope, case.where, name, shape, value)
        hider = next((earlier for earlier in rule.cases[:index] if _covers(earlier, case, Side.OUTSIDE)), None)
        if hider is not None:
            message = f"this case is never reached inbound: line {hider.where.line} matches whatever it matches"
            scope.find(case.where, "E162", message, "put the narrower case first, or remove one")
    for direction in Direction:
        if direction.target not in rule.otherwise:
            _check_cases_complete(scope, rule, direction.source)


def _check_cases_complete(scope: Scope, rule: Cases, side: Side) -> None:
    """Check a side that has one field: of several, only a run can tell which combinations come."""
    fields = {field.path: field for case in rule.cases for field, _ in case.of(side)}
    if len(fields) == 1:
        (field,) = fields.values()
        listed = [value for case in rule.cases for _, values in case.of(side) for value in values]
        _check_complete(scope, rule.where, scope.name(side, field), scope.shape(side, field), listed, "a case")


def _covers(one: Case, other: Case, side: Side) -> bool:
    wide = {field.path: set(map(distinct, values)) for field, values in one.of(side)}
    narrow = {field.path: set(map(distinct, values)) for field, values in other.of(side)}
    return all(path in narrow and narrow[path] <= values for path, values in wide.items())


def _check_complete(
    scope: Scope, where: Position, name: str, shape: Shape, listed: Iterable[Scalar], what: str
) -> None:
    known = set(map(distinct, listed))
    for value in shape.enum or ():
        if value is not None and distinct(value) not in known:
            message = f"{shown(value)} of {name} has no line in the table"
            scope.find(where, "E160", message, f"add {what} for it, or an otherwise")


def check_exists(scope: Scope, where: Position, name: str, shape: Shape, value: Scalar) -> None:
    """E161: one value of one field is in its schema."""
    if not shape.accepts(value):
        allowed = "one of " + ", ".join(map(shown, shape.enum)) if shape.enum else " or ".join(sorted(shape.types))
        scope.find(where, "E161", f"{shown(value)} is no value of {name}", f"write {allowed}, or add it to the schema")


def _lose(scope: Scope, rule: Flags | Values, where: Position, message: str) -> None:
    if not rule.lossy:
        scope.find(where, "W163", message, "say lossy: and why that is right, or give each its own value")
