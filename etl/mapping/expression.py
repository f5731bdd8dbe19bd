"""`from:` expressions: JMESPath over one record, compiled once; the commonest parts become plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from etl.mapping.paths import Path, PathError, getter, parse_path
from etl.record import ABSENT, Record

Search: TypeAlias = Callable[[Any], Any]


class _NotDirectError(Exception):
    """A value that JMESPath itself shall judge."""


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
        parsed = jmespath.compile(text)
    except JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ExpressionError("nested too deep") from None

    _check_functions(parsed.parsed)
    direct = _direct(parsed.parsed)

    def evaluate(record: Record) -> Any:
        try:
            value = _search(parsed, direct, record)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
            raise ExpressionError(f"{text} fails: {error}") from None
        return ABSENT if value is None else value

    return evaluate


def _search(parsed: Any, direct: Search | None, record: Record) -> Any:
    if direct is not None:
        try:
            return direct(record)
        except _NotDirectError:
            pass
    return parsed.search(record)


def _check_functions(node: Any) -> None:
    if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
        raise ExpressionError(f"there is no function {node['value']}()")
    for child in node["children"]:
        if isinstance(child, dict):
            _check_functions(child)


def _direct(node: Any) -> Search | None:
    """Return a function that does what JMESPath does with the commonest nodes, None for all others.

    It raises _NotDirectError for a value that JMESPath itself shall judge.
    """
    parts = [_direct(child) for child in node["children"] if isinstance(child, dict)]
    match node["type"], parts:
        case "field", []:
            return _field(node["value"])
        case "literal", []:
            return _literal(node["value"])
        case "or_expression", [first, second] if first and second:
            return _or(first, second)
        case "multi_select_list", _ if all(parts):
            return lambda value: [part(value) for part in parts if part]
        case "function_expression", [glue, texts] if glue and texts and node["value"] == "join":
            return _join(glue, texts)
        case _:
            return None


def _field(name: str) -> Search:
    return lambda value: value.get(name)


def _literal(constant: Any) -> Search | None:
    return None if isinstance(constant, dict | list) else lambda _: constant


def _or(first: Search, second: Search) -> Search:
    def either(value: Any) -> Any:
        found = first(value)
        return second(value) if found is None or found is False or found in ("", [], {}) else found

    return either


def _join(glue: Search, texts: Search) -> Search:
    def join(value: Any) -> Any:
        between, parts = glue(value), texts(value)
        if type(between) is not str or type(parts) is not list or any(type(part) is not str for part in parts):
            raise _NotDirectError
        return between.join(parts)

    return join


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


def reads(text: str) -> tuple[Path, ...]:
    """Return the paths that a JMESPath expression reads from a record; a list's elements are its index 0.

    What it reads from values that it computes itself is not among them.
    """
    found: dict[Path, None] = {}
    _walk(jmespath.compile(text).parsed, (), found)
    return tuple(found)


def _walk(node: Any, at: Path | None, found: dict[Path, None]) -> Path | None:
    """Add the paths that a node reads when it is applied at a path; return the path of its own value, if it has one."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    match node["type"]:
        case "field" if at is not None:
            found[(*at, node["value"])] = None
            return (*at, node["value"])
        case "index" if at is not None:
            return (*at, max(node["value"], 0))
        case "identity" | "current" | "slice":
            return at
        case "subexpression" | "index_expression" | "pipe" | "flatten":
            for child in children:
                at = _walk(child, at, found)
            return at
        case "projection" | "filter_projection":
            base = _walk(children[0], at, found)
            element = None if base is None else (*base, 0)
            for child in reversed(children[1:]):
                at = _walk(child, element, found)
            return at
        case "expref" | "value_projection":
            return None
    for child in children:
        _walk(child, at, found)
    return None
