"""The interpreter's laws, tried on small records that are made from the inside schema, one field varied at a time.

    inward(outward(t)) = t     on what two-way rules own
    N(N(x)) = N(x)             where N = outward ∘ inward and x = outward(t)

What flags, value pairs and codecs lose is named by other checks; a rule with `lossy:` has to be stable only. Since one
field differs from the smallest record that the schema allows, a counterexample is minimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.paths import Path, assign, format_path, get
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.shapes import Shape
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record, shown

_DATES: Final = tuple(
    day + timedelta(milliseconds=milliseconds)
    for day in (datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC))
    for milliseconds in (0, 1, 999)
)
_SAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "string": ("a", "", "é\n", "7"),
    "integer": (7, 0, -1, 2**53 + 1),
    "number": (1.5, -0.25),
    "boolean": (True, False),
}


def check_laws(context: Context) -> None:
    """W180, E181: what goes out comes back, and a round trip is stable."""
    inward, outward = (compile_mapping(context.mapping, direction) for direction in Direction)
    told: set[int] = set()
    for field, record in _records(context):
        sent, _, refused = outward(record)
        back, _, refused_back = inward(sent)
        if refused or refused_back:
            continue
        for rule, path in _two_way(context, field):
            if not _same(get(record, path), get(back, path)) and id(rule) not in told:
                told.add(id(rule))
                _find(context, rule, "W180", path, get(record, path), get(back, path))
        once = outward(back)[0]
        twice = outward(inward(once)[0])[0]
        for rule in context.rules:
            for path in rule.paths(Side.OUTSIDE):
                if not _same(get(once, path), get(twice, path)) and id(rule) not in told:
                    told.add(id(rule))
                    _find(context, rule, "E181", path, get(once, path), get(twice, path))


def _two_way(context: Context, field: Path) -> Iterator[tuple[Rule, Path]]:
    """Yield the rules, of those that no other check judges, which own the varied field."""
    for rule in context.rules:
        paths = rule.paths(Side.INSIDE)
        if rule.only is None and not rule.lines and field in paths and not rule.losses(context.name):
            yield from ((rule, path) for path in paths)


def _records(context: Context) -> Iterator[tuple[Path, Record]]:
    """Yield records with the path that varies in each."""
    fields = {field.path: field for rule in context.rules for field in rule.fields(Side.INSIDE)}
    shapes = {path: context.shape(Side.INSIDE, field) for path, field in fields.items()}
    smallest: Record = {}
    for path, shape in shapes.items():
        if shape.required and (samples := _values(shape)):
            assign(smallest, path, samples[0])
    for rule in context.rules:
        for values in _varied(rule, shapes):
            record = _copy(smallest)
            for path, value in values.items():
                assign(record, path, value)
            yield next(iter(values)), record


def _varied(rule: Rule, shapes: dict[Path, Shape]) -> Iterator[dict[Path, Any]]:
    """Yield values for the inside fields of a rule: each group that it understands, or each sample of a field."""
    groups = rule.samples(Side.INSIDE)
    for group in groups:
        yield {path: ABSENT if values[0] is None else values[0] for path, values in group.items()}
    for path in () if groups else rule.paths(Side.INSIDE):
        yield from ({path: value} for value in _values(shapes[path]))


def _values(shape: Shape) -> list[Any]:
    if shape.enum is not None:
        return [value for value in shape.enum if value is not None]
    if shape.date_time:
        return list(_DATES)
    return [value for kind, samples in _SAMPLES.items() if kind in shape.types for value in samples]


def _copy(record: Record) -> Record:
    return {name: _copy(item) if isinstance(item, dict) else item for name, item in record.items()}


def _same(one: Any, other: Any) -> bool:
    absent = (None, ABSENT)
    return one == other or (one in absent and other in absent)


def _find(context: Context, rule: Rule, code: str, path: Path, before: Any, after: Any) -> None:
    first, second = (shown(json_form(None if value is ABSENT else value)) for value in (before, after))
    if code == "W180":
        name = f"{context.mapping.inside.name}.{format_path(path)}"
        message, fix = f"{name} {first} comes back as {second}", "correct the rule, or say lossy: and why that is right"
    else:
        name = f"{context.mapping.outside.name}.{format_path(path)}"
        message, fix = f"{name} is {first} after one round trip and {second} after two", "make the rules agree"
    if code == "W180":
        context.lose(rule, rule.where, code, message, fix)
    else:
        context.find(rule.where, code, message, fix)
