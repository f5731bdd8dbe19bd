"""What `from` computes: a path is a copy; any other expression is tried on the values that its schema allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any, Final

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.conversions import AGREE, check_conversion, displayed, is_date
from etl.mapping.checks.fields import check_path
from etl.mapping.checks.texts import check_codec
from etl.mapping.codecs import CodecError
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.paths import Path, put
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import converter
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.inclusion import broken, said
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record, shown

_TRIED: Final = 200
_FEW: Final = 6
_DATE: Final = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


def check_computed(context: Context, rule: Computed) -> None:
    """E110, E150 to E154, W169: what an expression reads is there, and what it makes is taken."""
    for path in rule.source.looks_at:
        check_path(context, rule.side.other, path, rule.source.where)
    if not context.shape(rule.side, rule.target).known:
        return
    if rule.source.path is None:
        _check_results(context, rule)
        return
    source = Field(rule.source.path, rule.source.nulls, where=rule.source.where)
    if not context.shape(rule.side.other, source).known:
        return
    outside, inside = (source, rule.target) if rule.side is Side.INSIDE else (rule.target, source)
    if rule.codec is not None:
        check_codec(context, rule, rule.codec, (outside,), inside, (rule.only,))
    elif not is_date(context, inside):
        check_conversion(context, rule, rule.only, source, rule.target)


def _check_results(context: Context, rule: Computed) -> None:
    """E122, E123, E150, W169: an expression does not fail, nor makes what its target refuses; one finding of each."""
    convert = converter(rule.codec, rule.side)
    kinds: set[str] = set()
    for record in _records(context, rule):
        try:
            value = rule.source.compute(record)
            made = value if value is ABSENT or convert is None else convert(value)
        except (ExpressionError, CodecError) as error:
            if "fails" not in kinds:
                kinds.add("fails")
                message = f"a record with {_told(record)} is rejected: {error}"
                context.lose(rule, rule.source.where, "W169", message, f"write it so that it does not fail, or {LOSSY}")
            continue
        code = _wrong(context, rule, made)
        if code and code not in kinds:
            kinds.add(code)
            _tell(context, rule, code, record, made)


def _wrong(context: Context, rule: Computed, made: Any) -> str:
    """Return the code of what is wrong with a result; "" for one that is right."""
    if made is ABSENT:
        if rule.target.when_absent is ABSENT:
            return "E122" if context.shape(rule.side, rule.target).required else ""
        return "" if context.takes(rule.side, rule.target, rule.target.when_absent) else "E123"
    return "" if context.takes(rule.side, rule.target, made) else "W169"


def _tell(context: Context, rule: Computed, code: str, record: Record, made: Any) -> None:
    target, told = context.name(rule.side, rule.target), _told(record)
    match code:
        case "E122":
            message = f"of {told} this makes no value, but {target} is required"
            context.find(rule.target.where, code, message, "let it make one, or do not require it")
        case "E123":
            null = shown(rule.target.when_absent)
            message = f"of {told} this makes no value, and {null} is written to {target}, which its schema refuses"
            context.find(rule.target.where, code, message, "allow it in the schema, or say when_absent: for this rule")
        case _:
            because = broken(context.shape(rule.side, rule.target).alternatives, made)
            message = f"of {told} this makes {displayed(made)}, which {target} refuses: {because}"
            context.lose(rule, rule.target.where, code, message, f"{AGREE}, or {LOSSY}")


def _records(context: Context, rule: Computed) -> Iterator[Record]:
    """Yield records of what an expression reads: the values at the edges of its schema, in their combinations."""
    paths = [path for path in rule.source.looks_at if not any(_is_below(other, path) for other in rule.source.looks_at)]
    if not all(context.shape(rule.side.other, Field(path)).known for path in paths):
        return
    for values in islice(product(*(_values(context, rule.side.other, path) for path in paths)), _TRIED):
        record: Record = {}
        for path, value in zip(paths, values, strict=True):
            if value is not ABSENT:
                put(record, path, value)
        yield record


def _is_below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def _values(context: Context, side: Side, path: Path) -> list[Any]:
    shape = context.shape(side, Field(path))
    if side is Side.INSIDE and shape.date_time:
        found: list[Any] = [_DATE]
    else:
        found = edges_of(said(shape))[:_FEW]
    return [*found, *([] if shape.always else [ABSENT])]


def _told(record: Record) -> str:
    return displayed(record) if record else "nothing that it reads"
