"""Two rules that go one way each and are the halves of one that goes both."""

from __future__ import annotations

from etl.mapping.checks.context import Context
from etl.mapping.paths import format_path
from etl.mapping.rules.computed import Computed
from etl.mapping.terms import Side


def check_halves(context: Context) -> None:
    """W174: a `from` that is a path, and one that is the way back."""
    computed = [rule for rule in context.rules if isinstance(rule, Computed) and rule.source.path is not None]
    for inward in computed:
        for outward in computed:
            if inward.side is Side.INSIDE and outward.side is Side.OUTSIDE and _are_one(inward, outward):
                first, second = (rule for rule in computed if rule is inward or rule is outward)
                line = first.where.beside(second.where, context.mapping.file)
                message = f"this is the way back of the rule in {line}: halves are neither proven nor merged"
                context.find(second.where, "W174", message, f"write {_whole(context, inward)} in the place of both")
    for inner in context.elements():
        check_halves(inner)


def _are_one(inward: Computed, outward: Computed) -> bool:
    codecs = [rule.codec and rule.codec.name for rule in (inward, outward)]
    ways = (inward.source.path, outward.source.path) == (outward.target.path, inward.target.path)
    return ways and codecs[0] == codecs[1] and not inward.once


def _whole(context: Context, inward: Computed) -> str:
    """Return the rule that is both halves."""
    outside, inside = (context.mapping.system(side).name for side in (Side.OUTSIDE, Side.INSIDE))
    named = f", as: {inward.codec.name}" if inward.codec else ""
    return f"{{{outside}: {format_path(inward.source.path or ())}, {inside}: {format_path(inward.target.path)}{named}}}"
