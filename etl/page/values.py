"""Values in words: as they stand there, what a line of a table accepts, and what is written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from etl.mapping.paths import Path, format_path
from etl.mapping.rules.conditions import Accepted, Condition, Parts, Pattern
from etl.mapping.terms import Field
from etl.page.model import Code, Inline
from etl.record import ABSENT, Absent, Scalar


def literal(value: Scalar | Absent) -> Code:
    """Return a value as JSON."""
    return Code("null" if value is ABSENT else json.dumps(value, ensure_ascii=False))


def listed(parts: Iterable[str | Code], glue: str = ", ") -> Inline:
    """Return parts with `glue` between them."""
    return tuple(itertools.islice(itertools.chain.from_iterable((glue, part) for part in parts), 1, None))


def accepted(cell: Accepted) -> Inline:
    """Return what a line accepts: values, of which null is no value at all, and conditions."""
    return listed_parts([condition(one) if isinstance(one, Condition) else _value(one) for one in cell], " or ")


def listed_parts(parts: Iterable[Inline], glue: str) -> Inline:
    """Return pieces of text with `glue` between them."""
    return tuple(piece for part in parts for piece in (glue, *part))[1:]


def _value(value: Scalar) -> Inline:
    return ("no value",) if value is None else (literal(value),)


def condition(one: Condition) -> Inline:
    """Return what a condition asks of a value."""
    said: list[Inline] = []
    if one.excluded:
        named = [value for value in one.excluded if value is not None]
        any_value: Inline = ("any value",) if None in one.excluded else ("anything",)
        said.append((*any_value, *((" but ", *listed(map(literal, named), " and ")) if named else ())))
    if one.parts is not None:
        what = _PARTS[one.parts]
        said += [(f"{what} ", *listed(map(literal, one.has), " or "))] if one.has else []
        said += [(f"no {what} ", *listed(map(literal, one.lacks), " or "))] if one.lacks else []
    return listed_parts(said, " and ") or ("anything",)


_PARTS: Final = {Parts.MEMBERS: "member", Parts.WORDS: "word"}


def written_of(cell: Accepted, field: Field | None) -> Inline:
    """Return what is written of what a line accepts: the first that can be."""
    said: list[Inline] = []
    for one in cell:
        if not isinstance(one, Condition):
            said.append(written(field) if one is None else (literal(one),))
            break
        said.append(_stays(one))
    return listed_parts(said, ", else ")


def _stays(one: Condition) -> Inline:
    """Return what a condition leaves there."""
    if one.parts is None:
        return ("as it was", *((f", where that is {''.join(_plain(condition(one)))}",) if one.excluded else ()))
    what = _PARTS[one.parts]
    said: list[Inline] = []
    if one.has:
        said.append((f"{what} ", literal(one.has[0]), " added"))
    if one.lacks:
        said.append((f"{what} ", *listed(map(literal, one.lacks), " and "), " taken away"))
    return listed_parts(said, ", ")


def _plain(said: Inline) -> Iterator[str]:
    return (piece.text if isinstance(piece, Code) else str(piece) for piece in said)


def matches(pattern: Pattern, path: Callable[[Path], str]) -> Inline:
    """Return what a record has that matches a pattern. path: the text of a path."""
    parts = ((", ", Code(path(field.path)), " is ", *accepted(values)) for field, values in pattern)
    return tuple(piece for part in parts for piece in part)[1:]


def written(field: Field | None) -> Inline:
    """Return what is written for an absent value of a field."""
    if field is not None and field.above is not None:
        return (literal(field.above.value), " written at ", Code(format_path(field.above.path)))
    what = ABSENT if field is None else field.stand_in_text or field.when_absent
    return ("left out",) if what is ABSENT else (literal(what), " written")
