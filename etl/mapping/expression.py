"""`from:` expressions: JMESPath over one record, compiled once, a plain path to a direct look-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from etl.mapping.paths import PathError, getter, parse_path
from etl.record import ABSENT, Record


class ExpressionError(ValueError):
    """An expression that does not parse, or that does not fit the record it is applied to."""


def compile_expression(text: str) -> Callable[[Record], Any]:
    """Compile a JMESPath expression to a function of a record; it returns ABSENT where the result is null.

    The function raises ExpressionError where the record does not fit, as in `length(summary)` of a number.

    Raises:
        ExpressionError: when the text is not JMESPath.

    """
    try:
        read = getter(parse_path(text))
    except PathError:
        return _compile_jmespath(text)
    return lambda record: ABSENT if (value := read(record)) is None else value


def _compile_jmespath(text: str) -> Callable[[Record], Any]:
    try:
        search = jmespath.compile(text).search
    except JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())) from None

    def evaluate(record: Record) -> Any:
        try:
            value = search(record)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise ExpressionError(f"{text} fails: {error}") from None
        return ABSENT if value is None else value

    return evaluate


def names_read(text: str) -> tuple[str, ...]:
    """Return every name that a JMESPath expression looks up anywhere: at least all that it reads from a record."""
    names: set[str] = set()
    nodes: list[Any] = [jmespath.compile(text).parsed]
    while nodes:
        node = nodes.pop()
        if node["type"] == "field":
            names.add(node["value"])
        nodes.extend(child for child in node["children"] if isinstance(child, dict))
    return tuple(sorted(names))
