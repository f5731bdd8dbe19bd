"""What a line of a table says of one outside field, of what an expression asks of it and what is sent there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etl.mapping.checks.context import Context
from etl.mapping.equality import distinct, each_once
from etl.mapping.expressions.chains import Asked
from etl.mapping.language.words import ANY_VALUE
from etl.mapping.paths import Path
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Field, Side
from etl.record import ABSENT


@dataclass(frozen=True, slots=True)
class Cell:
    """One outside field in one line. asked: what has to hold. sent: what is sent; is_sent: whether anything is."""

    path: Path
    asked: Sequence[Asked]
    sent: Any
    is_sent: bool


def settled(context: Context, asked: Asked) -> Asked:
    """Return what is asked as values: those that are there for an expression are neither `false` nor empty."""
    if asked.values:
        return asked
    listed = context.shape(Side.OUTSIDE, Field(asked.path)).listed
    there = () if listed is None else tuple(value for value in listed if value not in (False, ""))
    return replace(asked, values=there) if there else replace(asked, values=(None,), no=not asked.no)


def opposite(asked: Asked) -> Asked:
    """Return what holds where something does not."""
    return replace(asked, no=not asked.no)


def is_implied(asked: Asked, known: Iterable[Asked]) -> bool:
    """Return whether something holds where other things do."""
    wanted = {*map(distinct, asked.values)}
    for one in known:
        values = {*map(distinct, one.values)}
        if (one.path, one.has) != (asked.path, asked.has):
            continue
        if one.no is asked.no and (wanted <= values if asked.no else values <= wanted):
            return True
        if asked.no and not one.no and not asked.has and not wanted & values:
            return True
    return False


def cell_of(context: Context, cell: Cell) -> Any:
    """Return what a line says of a field: ABSENT for nothing, None where that cannot be said."""
    shape = context.shape(Side.OUTSIDE, Field(cell.path))
    if any(one.has for one in cell.asked):
        return _members(shape, cell.asked) if all(one.has for one in cell.asked) else None
    sent = None if cell.sent is ABSENT else cell.sent
    wanted = [{*map(distinct, one.values)} for one in cell.asked if not one.no]
    unwanted = each_once(value for one in cell.asked if one.no for value in one.values)
    if not cell.asked:
        return [ANY_VALUE, sent] if cell.is_sent else ABSENT
    every = _every(shape, cell.asked)
    if every is None:
        condition = {"not": _one_or_all(unwanted)}
        sends = cell.is_sent and distinct(sent) not in map(distinct, unwanted)
        return [condition, sent] if sends else condition
    no = {*map(distinct, unwanted)}
    found = [one for one in every if distinct(one) not in no and all(distinct(one) in some for some in wanted)]
    first = [one for one in found if cell.is_sent and distinct(one) == distinct(sent)]
    return _one_or_all([*first, *found]) if found else None


def _every(shape: Shape, asked: Sequence[Asked]) -> list[Any] | None:
    """Return the values of which a line asks for some; None where they are without end."""
    wanted = next((one.values for one in asked if not one.no), None)
    if wanted is not None:
        return list(wanted)
    listed = shape.listed
    return None if listed is None else [*listed, *([None] if shape.may_be_absent(()) else [])]


def _one_or_all(values: Iterable[Any]) -> Any:
    found = each_once(values)
    return found[0] if len(found) == 1 else found


def _members(shape: Shape, asked: Sequence[Asked]) -> Any:
    """Return what a line asks of the members of a list, or of the words of a text."""
    word = "word" if "string" in shape.types and "array" not in shape.types else "has"
    with_, without = ([value for one in asked if one.no is no for value in one.values] for no in (False, True))
    said: dict[str, Any] = {word: _one_or_all(with_)} if with_ else {}
    return said | ({"not": {word: _one_or_all(without)}} if without else {})
