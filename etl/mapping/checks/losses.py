"""What a round trip or an import loses, until the mapping says that it may; and what it says without a loss."""

from __future__ import annotations

from etl.mapping.checks.context import Context
from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.paths import put
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import converter
from etl.mapping.schemas.edges import edges_of
from etl.mapping.terms import Side
from etl.record import ABSENT, Record


def check_losses(context: Context) -> None:
    """W165 to W167: losses of codecs, of flag combinations, and of edits that every import overwrites."""
    for rule in context.rules:
        for code, message in rule.losses(context.name, context.outside_types):
            if not (code == "W167" and isinstance(rule, Computed) and _is_kept(context, rule)):
                context.lose(rule, rule.where, code, message)
    for inner in context.elements():
        check_losses(inner)


def check_lossy(context: Context) -> None:
    """W171: whatever says that it loses something does. Asked last, and only where nothing else is wrong."""
    if any(finding.code.startswith("E") for finding in context.findings):
        return
    for rule in context.rules:
        if rule.lossy and not context.loses(rule):
            message = "this rule says lossy, but nothing is lost by it"
            context.find(rule.where, "W171", message, "remove lossy, so that a later loss is told")
    for inner in context.elements():
        check_lossy(inner)


def _is_kept(context: Context, rule: Computed) -> bool:
    """Return whether nobody edits what a rule makes inside, or an edit goes out and comes back as it was."""
    said = [one.said("readOnly") for one in context.shape(Side.INSIDE, rule.target).alternatives]
    if said and all(True in words for words in said):
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
    """Return whether every value that is tried goes out by one rule, and comes back by the other, as it was."""
    tried = edges_of(context.shape(Side.INSIDE, inward.target).alternatives)
    return bool(tried) and all(distinct(value) == distinct(_returned(inward, outward, value)) for value in tried)


def _returned(inward: Computed, outward: Computed, value: object) -> object:
    inside: Record = {}
    put(inside, inward.target.path, value)
    try:
        sent = _made(outward, inside)
        outside: Record = {}
        if sent is not ABSENT:
            put(outside, outward.target.path, sent)
        return _made(inward, outside)
    except (ExpressionError, CodecError):
        return ABSENT


def _made(rule: Computed, record: Record) -> object:
    value, convert = rule.source.compute(record), converter(rule.codec, rule.side)
    return value if value is ABSENT or convert is None else convert(value)
