"""The table that several `from` of constants are the halves of: its lines, in the order in which they choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from etl.mapping.checks.cell_words import Cell, cell_of, is_implied, opposite, settled
from etl.mapping.checks.context import Context
from etl.mapping.checks.wholes import Whole, said_beside
from etl.mapping.equality import distinct
from etl.mapping.expressions.chains import Asking, chain_of
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.paths import Path, format_path, put
from etl.mapping.rules.computed import Computed
from etl.mapping.terms import Side, Use
from etl.record import ABSENT, Record

_MOST: Final = 24
"""Lines of more are no advice."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line to be: what is asked of the outside for some inside values."""

    asked: Asking
    values: list[Any]


def table_of(context: Context, inward: Computed, outward: Sequence[Computed]) -> Whole | None:
    """Return the table that says both ways what some rules choose, in one each; None where they do anything else."""
    chosen = chain_of(inward.source.text)
    going = [*outward, *_beside(context, inward, outward)]
    if not chosen or any(not _is_of(rule, inward) for rule in going) or any(rule.codec for rule in (inward, *going)):
        return None
    if any(isinstance(choice.value, dict | list) for choice in chosen):
        return None
    asking = [tuple(settled(context, one) for one in choice.asked) for choice in chosen]
    apart = [_apart(asked, asking[:at]) for at, asked in enumerate(asking)]
    lines = [_Line(asked, [choice.value]) for asked, choice in zip(apart, chosen, strict=True)]
    read = dict.fromkeys(one.path for line in lines for one in line.asked)
    written = {rule.target.path: rule for rule in going}
    if len(lines) > _MOST or any(path not in read and _is_part(path, read) for path in written):
        return None
    _add_synonyms(context, inward, going, lines)
    cells = [_cells(context, inward, line, read, written) for line in lines]
    return None if None in cells else _table(context, inward, going, lines, [one or {} for one in cells])


def _beside(context: Context, inward: Computed, outward: Sequence[Computed]) -> list[Computed]:
    """Return what else is chosen by the same inside value."""
    rules = (rule for rule in context.rules if isinstance(rule, Computed) and rule not in outward)
    return [rule for rule in rules if rule.side is Side.OUTSIDE and not rule.codec and _is_of(rule, inward)]


def _is_of(rule: Computed, inward: Computed) -> bool:
    """Return whether a rule towards the outside chooses by one inside value, and by nothing else."""
    return {*rule.source.looks_at} == {inward.target.path} and bool(chain_of(rule.source.text))


def _is_part(path: Path, others: Iterable[Path]) -> bool:
    return any(one[: len(path)] == path or path[: len(one)] == one for one in others)


def _apart(asked: Asking, above: list[Asking]) -> Asking:
    """Return what a line asks, with what keeps it apart from the lines above it, as far as one field says that."""
    known, left = list(asked), list(above)
    while left:
        left = [asking for asking in left if not any(is_implied(opposite(one), known) for one in asking)]
        open_ = [[one for one in asking if not is_implied(one, known)] for asking in left]
        one = next((some[0] for some in open_ if len(some) == 1), None)
        if one is None:
            break
        known.append(opposite(one))
    return tuple(known)


def _add_synonyms(context: Context, inward: Computed, going: list[Computed], lines: list[_Line]) -> None:
    """Add the inside values that are only sent to the lines by which they come back."""
    known = {distinct(value) for line in lines for value in line.values}
    for value in context.shape(Side.INSIDE, inward.target).listed or ():
        if distinct(value) in known:
            continue
        record: Record = {}
        for rule in going:
            if (sent := _sent(rule, inward, value)) is not ABSENT:
                put(record, rule.target.path, sent)
        try:
            back = distinct(inward.source.compute(record))
        except ExpressionError:
            continue
        for line in lines:
            if distinct(line.values[0]) == back:
                line.values.append(value)
                break


def _sent(rule: Computed, inward: Computed, value: Any) -> Any:
    """Return what a rule sends for an inside value."""
    record: Record = {}
    if value is not None:
        put(record, inward.target.path, value)
    try:
        sent = rule.source.compute(record)
    except ExpressionError:
        return ABSENT
    return rule.target.for_none if sent is ABSENT else sent


def _cells(
    context: Context, inward: Computed, line: _Line, read: Iterable[Path], written: dict[Path, Computed]
) -> dict[Path, Any] | None:
    """Return what a line says of each outside field; None where no line says it."""
    made: dict[Path, Any] = {}
    for path in dict.fromkeys((*read, *written)):
        rule = written.get(path)
        sent = ABSENT if rule is None else _sent(rule, inward, line.values[0])
        if rule is not None and rule.target.use is Use.WRITE:
            made[path] = None if sent is ABSENT else sent
            continue
        asked = [one for one in line.asked if one.path == path]
        cell = cell_of(context, Cell(path, asked, sent, is_sent=rule is not None))
        if cell is None:
            return None
        if cell is not ABSENT:
            made[path] = cell
    return made


def _table(
    context: Context, inward: Computed, going: list[Computed], lines: list[_Line], cells: list[dict[Path, Any]]
) -> Whole:
    left, right = (context.mapping.system(side).name for side in (Side.OUTSIDE, Side.INSIDE))
    fields = list(dict.fromkeys(path for one in cells for path in one))
    values = [line.values if len(line.values) > 1 else line.values[0] for line in lines]
    words = {**_plain_values(context, going, cells), **said_beside(inward, *going)}
    target = format_path(inward.target.path)
    if len(fields) == 1 and not any(isinstance(one.get(fields[0]), dict) for one in cells):
        pairs = _together([(one.get(fields[0], "$any"), value) for one, value in zip(cells, values, strict=True)])
        rule = {left: format_path(fields[0]), right: target, "values": [{left: o, right: i} for o, i in pairs]}
        return Whole(({**rule, **words},), (inward, *going))
    patterns = [{format_path(path): cell for path, cell in one.items()} for one in cells]
    cases = [{left: one, right: {target: value}} for one, value in zip(patterns, values, strict=True)]
    return Whole(({"cases": cases, **words},), (inward, *going))


def _together(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return lines of which those of one inside value are one, where they are of values alone."""
    made: list[tuple[Any, Any]] = []
    for cell, value in pairs:
        same = next((at for at, (_, other) in enumerate(made) if distinct(other) == distinct(value)), None)
        plain = [one if isinstance(one, list) else [one] for one in (cell, made[same][0] if same is not None else None)]
        if same is None or any(isinstance(one, dict) or one == "$any" for some in plain for one in some):
            made.append((cell, value))
        else:
            made[same] = ([*plain[1], *(one for one in plain[0] if one not in plain[1])], value)
    return made


def _plain_values(context: Context, going: list[Computed], cells: list[dict[Path, Any]]) -> dict[str, Any]:
    """Return what a table says of absent values where its lines name what means that in its system."""
    name, words = context.mapping.outside.name, dict[str, Any]()
    for rule in going:
        named = {distinct(one) for cell in cells for one in _members(cell.get(rule.target.path)) if one is not None}
        if named & set(map(distinct, rule.target.nulls)):
            words["nulls"] = {name: []}
            if rule.target.for_none is not ABSENT and distinct(rule.target.for_none) in named:
                words["when_absent"] = {name: "omit"}
    return words


def _members(cell: Any) -> list[Any]:
    return cell if isinstance(cell, list) else [cell]
