"""The way to a field: what stands above a path, where it is neither an object or a list nor means absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl.mapping.checks.context import Context
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.access import absence
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.mapping.terms import Direction, Field, Side
from etl.record import shown


def check_ways(context: Context) -> None:
    """W156: a record is not rejected since the way to a field leads through a value that does not mean absent."""
    for rule in context.rules:
        told: set[tuple[Side, Path]] = set()
        for side in (way.source for way in Direction if rule.goes(way) and not context.is_text(way.source)):
            for field in rule.passes(Direction.towards(side.other)):
                for above, values in _in_the_way(context, side, field):
                    if (side, above) not in told:
                        told.add((side, above))
                        name = context.name(side, Field(above))
                        message = (
                            f"a record with {name} {' or '.join(values)} is rejected, since {format_path(field.path)}"
                        )
                        fix = "add it to nulls, or let the schema have none"
                        context.lose(rule, field.where, "W156", f"{message} leads through it", fix)
    for inner in context.elements():
        check_ways(inner)


def _in_the_way(context: Context, side: Side, field: Field) -> Iterator[tuple[Path, list[str]]]:
    """Yield the places above a field where something else may stand, with what that is."""
    for length in range(1, len(field.path)):
        above, step = field.path[:length], field.path[length]
        shape = context.coming(side, Field(above))
        if shape.known and shape.types != TYPES:
            wanted = "object" if isinstance(step, str) else "array"
            if values := list(dict.fromkeys(_others(shape, wanted, field))):
                yield above, values


def _others(shape: Shape, wanted: str, field: Field) -> Iterator[str]:
    """Yield what else may stand there: values, where the schema lists them, and types."""
    is_absent = absence(field)
    for alternative in shape.alternatives:
        if alternative.enum is None:
            kinds = sorted(alternative.types - {wanted, "null"})
            yield from (f"that is {_article(kind)} {kind}" for kind in kinds if not _is_all_absent(kind, is_absent))
        else:
            odd = (one for one in alternative.enum if not isinstance(one, dict | list) and not is_absent(one))
            yield from (shown(one) for one in odd if shape.accepts(one))


def _is_all_absent(kind: str, is_absent: Any) -> bool:
    return kind == "boolean" and is_absent(True) and is_absent(False)


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"
