"""Rules that go one way each and are the halves of one that goes both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.whole_tables import table_of
from etl.mapping.checks.wholes import Whole, leaves_of, whole_of
from etl.mapping.language.flow import flow
from etl.mapping.paths import format_path
from etl.mapping.places import overlap
from etl.mapping.rules.computed import Computed
from etl.mapping.terms import Side

CODE: Final = "W174"
_PAGE: Final = f"etl check --explain {CODE}"


@dataclass(frozen=True, slots=True)
class Halves:
    """Rules that read what the others write, and write what these read."""

    inward: tuple[Computed, ...]
    outward: tuple[Computed, ...]


def check_halves(context: Context) -> None:
    """W174: a `from`, and one that is the way back."""
    for halves in _halves(context):
        _tell(context, halves)
    for inner in context.elements():
        check_halves(inner)


def _halves(context: Context) -> Iterator[Halves]:
    """Yield rules that belong together, each of them once."""
    computed = [rule for rule in context.rules if isinstance(rule, Computed) and not rule.once]
    left = [rule for rule in computed if rule.side is Side.INSIDE]
    going = [rule for rule in computed if rule.side is Side.OUTSIDE]
    while left:
        inward, outward = [left.pop(0)], list[Computed]()
        for one in inward:
            back = [rule for rule in going if rule not in outward and _is_back(one, rule)]
            outward += back
            more = [rule for rule in left if any(_is_back(rule, other) for other in back)]
            inward += more
            left = [rule for rule in left if rule not in more]
        if outward and not _differ(context, inward, outward):
            yield Halves(tuple(inward), tuple(outward))


def _is_back(inward: Computed, outward: Computed) -> bool:
    """Return whether a rule writes what another one reads, and the other way round."""
    return all(
        any(overlap(path, other.target.path) for path in one.source.looks_at)
        for one, other in ((inward, outward), (outward, inward))
    )


def _differ(context: Context, inward: Sequence[Computed], outward: Sequence[Computed]) -> bool:
    """Return whether two rules of paths convert in two ways: no one rule says that."""
    plain = all(rule.source.path is not None for rule in (*inward, *outward))
    return plain and len({str(leaves_of(context, rule.codec)) for rule in (*inward, *outward)}) > 1


def _tell(context: Context, halves: Halves) -> None:
    whole = _whole(context, halves)
    told = {id(rule) for rule in (*halves.inward, *halves.outward, *(whole.instead if whole is not None else ()))}
    *others, last = (rule for rule in context.rules if id(rule) in told)
    lines = [rule.where.beside(last.where, context.mapping.file).removeprefix("line ") for rule in others]
    if len(lines) == 1:
        say, place = f"this is the way back of the rule in line {lines[0]}", "in the place of both"
    else:
        say = f"this, and what lines {', '.join(lines[:-1])} and {lines[-1]} say, are the two ways of one rule"
        place = "in the place of all of these"
    if whole is None:
        fix = f"write one rule of {_fields(context, halves)}, with as, values, cases or each (see {_PAGE}), {place}"
    else:
        fix = f"write {' and '.join(map(flow, whole.rules))} {place}{whole.beside and f', with {whole.beside}'}"
    meant = next((rule for rule in others if rule.lossy is not None and CODE in rule.lossy.codes), last)
    message = f"{say}: halves are neither proven nor merged"
    context.lose(meant, last.where, CODE, message, f"{fix}, or {LOSSY}")


def _whole(context: Context, halves: Halves) -> Whole | None:
    inward, *more = halves.inward
    if more:
        return None
    return whole_of(context, inward, halves.outward) or table_of(context, inward, halves.outward)


def _fields(context: Context, halves: Halves) -> str:
    outside, inside = (context.mapping.system(side).name for side in (Side.OUTSIDE, Side.INSIDE))
    going, coming = (
        ", ".join(dict.fromkeys(format_path(rule.target.path) for rule in rules))
        for rules in (halves.outward, halves.inward)
    )
    return f"{outside}: {going} and {inside}: {coming}"
