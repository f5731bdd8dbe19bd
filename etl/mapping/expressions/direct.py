"""The commonest parts of JMESPath as plain Python: names, constants, alternatives, lists, and `join` of them.

What is taken over means the same as in JMESPath. It takes one step for each node of the expression, and builds at most
a part of the record in each, so it needs no limit but the one on nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from jmespath.visitor import TreeInterpreter

from etl.mapping.expressions.functions import compare, is_plain

Search: TypeAlias = Callable[[Any], Any]
Pair: TypeAlias = Callable[[Search, Search], Search]

_MAX_NODES: Final = 24


class NotDirectError(Exception):
    """A value that JMESPath itself shall judge."""


def direct(node: Any) -> Search | None:
    """Return a function that does what JMESPath does with a parsed expression; None for one that is not taken over.

    The function raises NotDirectError for a value that JMESPath itself shall judge.
    """
    return _search(node) if _size(node) <= _MAX_NODES else None


def _size(node: Any) -> int:
    return 1 + sum(_size(child) for child in node["children"] if isinstance(child, dict))


def _search(node: Any) -> Search | None:
    parts = [_search(child) for child in node["children"] if isinstance(child, dict)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    match node["type"], known:
        case ("field" | "index" | "literal") as kind, []:
            return _LEAVES[kind](node["value"])
        case "multi_select_list", _:
            return _list(known)
        case "function_expression", [_, _] if node["value"] == "join":
            return _join(*node["children"])
        case kind, [first, second] if (join := _PAIRS.get((kind, node.get("value")))) is not None:
            return join(first, second)
        case _:
            return None


def _field(name: str) -> Search:
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _index(at: int) -> Search:
    return lambda value: value[at] if isinstance(value, list) and -len(value) <= at < len(value) else None


def _literal(constant: Any) -> Search | None:
    return None if isinstance(constant, dict | list) else lambda _: constant


def _list(parts: list[Search]) -> Search:
    return lambda value: None if value is None else [part(value) for part in parts]


def _then(first: Search, second: Search) -> Search:
    return lambda value: second(first(value))


def _is_false(value: Any) -> bool:
    return value is None or value is False or (not value and isinstance(value, str | list | dict))


def _or(first: Search, second: Search) -> Search:
    def either(value: Any) -> Any:
        found = first(value)
        return second(value) if _is_false(found) else found

    return either


def _and(first: Search, second: Search) -> Search:
    def both(value: Any) -> Any:
        found = first(value)
        return found if _is_false(found) else second(value)

    return both


def _comparison(word: str) -> Pair:
    compare_plain = TreeInterpreter.COMPARATOR_FUNC[word]

    def comparison(first: Search, second: Search) -> Search:
        def compared(value: Any) -> Any:
            one, other = first(value), second(value)
            plain = is_plain(one) and is_plain(other)
            return compare_plain(one, other) if plain else compare(word, one, other)

        return compared

    return comparison


def _join(glue: Any, texts: Any) -> Search | None:
    """Join a list that is written out by a constant, as nearly all are."""
    between, parts = glue.get("value"), [part for child in texts["children"] if (part := _search(child)) is not None]
    if glue["type"] != "literal" or type(between) is not str or texts["type"] != "multi_select_list":
        return None

    def join(value: Any) -> Any:
        joined = []
        for part in parts:
            text = part(value)
            if type(text) is not str or value is None:
                raise NotDirectError
            joined.append(text)
        return between.join(joined)

    return join


_LEAVES: Final[dict[str, Callable[[Any], Search | None]]] = {"field": _field, "index": _index, "literal": _literal}
_PAIRS: Final[dict[tuple[str, Any], Pair]] = {
    ("and_expression", None): _and,
    ("comparator", "eq"): _comparison("eq"),
    ("comparator", "ne"): _comparison("ne"),
    ("index_expression", None): _then,
    ("or_expression", None): _or,
    ("subexpression", None): _then,
}
