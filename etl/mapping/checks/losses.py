"""What a round trip or an import loses, until the mapping says that it may; and what it says without a loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from etl.mapping.checks.cells import is_too_wide
from etl.mapping.checks.context import Context
from etl.mapping.checks.leaves import may_lose
from etl.mapping.checks.trips import trips
from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.paths import Path, put
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.rule import Loss
from etl.mapping.rules.table import Table
from etl.mapping.samples.fitting import read_as
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.inclusion import said
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Lossy, Position, Side
from etl.record import ABSENT, Record


def check_losses(context: Context) -> None:
    """W165 to W167: losses of codecs, of flag combinations, and of edits that every import overwrites."""
    for rule in context.rules:
        for code, message, side in (*rule.losses(context.name, context.outside_types), *_lost_forms(context, rule)):
            if side is not None and context.mapping.keeps(rule, side):
                continue
            if code == "W166" and (context.is_wrong(rule) or not _is_any_lost(context, rule)):
                continue  # it counts combinations that no record has
            if not (code == "W167" and isinstance(rule, Computed) and _is_kept(context, rule)):
                context.lose(rule, rule.where, code, message)
    for inner in context.elements():
        check_losses(inner)


def _lost_forms(context: Context, rule: Rule) -> list[Loss]:
    """Return what the form of all texts loses by a rule; of a copy, where the schemas leave anything to lose."""
    found = rule.lost_forms(context.name, stays=context.stays)
    if not isinstance(rule, Copy):
        return found
    return [one for one in found if not isinstance(one[2], Side) or may_lose(context, rule, one[2])]


def _is_any_lost(context: Context, rule: Rule) -> bool:
    """Return whether of flags a combination that may come, as the schema says, comes back as another one."""
    if not isinstance(rule, Table) or rule.flags is None or is_too_wide(context, rule, rule.flags):
        return True
    return any(trip.returned not in (None, trip.state) for trip in trips(context, rule, rule.flags))


def check_lossy(context: Context) -> None:
    """W171, W172: each reason is of a loss, and each loss has its own. Asked last, and only where nothing is wrong."""
    if any(finding.code.startswith("E") for finding in context.findings):
        return
    for rule in context.rules:
        losing = [loss for loss in context.losing if loss.rule is rule]
        if not all(loss.message for loss in losing):
            continue
        if rule.lossy is not None and rule.lossy.reasons:
            left = {loss.code: loss.message for loss in losing if not loss.is_of_a_reason_of_its_line}
            _check_reasons(context, rule.where, "this rule", rule.lossy, left, _elsewhere(context, rule.lossy))
        for line in rule.lines:
            if line.lossy is not None:
                left = {loss.code: loss.message for loss in losing if loss.line is line}
                _check_reasons(context, line.where, "this line", line.lossy, left)
    for inner in context.elements():
        check_lossy(inner)


def _elsewhere(context: Context, lossy: Lossy) -> frozenset[str]:
    """Return what other rules lose whose reasons are those of the same name in `codecs`, said once for all of them."""
    others = ((loss.code, loss.rule.lossy) for loss in context.losing if lossy.codec)
    return frozenset(code for code, other in others if other is not None and other.codec == lossy.codec)


def _check_reasons(
    context: Context,
    where: Position,
    what: str,
    lossy: Lossy,
    losses: dict[str, str],
    elsewhere: frozenset[str] = frozenset(),
) -> None:
    if not losses and not elsewhere:
        message = f"{what} says lossy, but nothing is lost by it"
        context.find(where, "W171", message, "remove lossy, so that a later loss is told")
        return
    for code in lossy.codes:
        if code not in losses and code not in elsewhere:
            message = f"lossy gives a reason for {code}, but nothing of that kind is lost by {what}"
            context.find(where, "W171", message, f"remove {code}, so that a later loss is told")
    if not lossy.codes and len(losses) > 1:
        said = "; ".join(f"{code}: {message}" for code, message in sorted(losses.items()))
        each = ", ".join(f"{code}: why" for code in sorted(losses))
        message = f"lossy gives one reason, and {what} loses in {len(losses)} ways ({said})"
        context.find(where, "W172", message, f"give each its own, lossy: {{{each}}}")


def _is_kept(context: Context, rule: Computed) -> bool:
    """Return whether nobody edits what a rule makes inside, or an edit goes out and comes back as it was."""
    shape = context.shape(Side.INSIDE, rule.target)
    said = [one.said("readOnly") for one in shape.alternatives]
    is_one = shape.always and shape.listed is not None and len(shape.listed) == 1
    if is_one or (said and all(True in words for words in said)):
        return True
    back = [
        other
        for other in context.rules
        if isinstance(other, Computed)
        and other.side is Side.OUTSIDE
        and other.target.path in rule.source.looks_at
        and rule.target.path in other.source.looks_at
    ]
    return any(_is_exact(context, rule, other) for other in back)


def _is_exact(context: Context, inward: Computed, outward: Computed) -> bool:
    """Return whether every value that is tried and can go out by one rule comes back by the other as it was.

    What the other fails on when it comes back is rejected, so nothing is overwritten by it.
    """
    target = context.shape(Side.OUTSIDE, outward.target)
    shape = context.shape(Side.INSIDE, inward.target)
    fitting = (value for text in edges_of(target.alternatives) for value in read_as(text) if shape.accepts(value))
    tried = [*edges_of(said(shape), target.alternatives), *fitting]
    sent = [(value, made) for value in tried if (made := _sent(outward, inward.target.path, value)) is not None]
    going = [(value, made) for value, made in sent if made is ABSENT or target.accepts(json_form(made))]
    trips = [(value, back) for value, made in going for back in _returned(inward, outward, made)]
    return bool(trips) and all(distinct(value) == distinct(back) for value, back in trips)


def _sent(outward: Computed, path: Path, value: object) -> object:
    """Return what is sent of an inside value, None where the rule fails on it."""
    inside: Record = {}
    put(inside, path, value)
    try:
        return _made(outward, inside)
    except (ExpressionError, CodecError):
        return None


def _returned(inward: Computed, outward: Computed, sent: object) -> Iterator[object]:
    """Yield what comes back of what was sent; nothing where the rule fails on it."""
    outside: Record = {}
    target = outward.target
    with suppress(ExpressionError, CodecError):
        if sent is not ABSENT:
            form = target.form if target.has_form and sent is not target.when_absent else None
            put(outside, target.path, sent if form is None else form.lay(sent))
        yield _made(inward, outside)


def _made(rule: Computed, record: Record) -> object:
    """Return what a rule writes of a record."""
    value, convert = rule.source.compute(record), converter(rule.codec, rule.side)
    if value is ABSENT:
        return rule.target.when_absent
    return value if convert is None else convert(value)
