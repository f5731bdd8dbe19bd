"""JMESPath as docs/language.md has it: what does not convert or has no order fails, and dates stay dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

from tests.generated.values import Path
from tests.generated.words.codec import NotUnderstoodError
from tests.generated.words.dates import moment


class FailsError(Exception):
    """An expression makes nothing of a record, which is rejected."""


_NUMBER = re.compile(r"[+-]?(?:([0-9]+)|[0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PASSED_ON: Final = ("not_null", "max", "min", "sort", "reverse", "to_array", "values", "merge", "map", "sort_by")
"""Functions that hand a date on as a date; any other has its text."""
_ORDERED: Final[dict[str, Callable[[list[datetime]], Any]]] = {"max": max, "min": min, "sort": sorted}
_DATES = moment({})


class Expression:
    """An expression over a record of one system."""

    def __init__(self, text: str) -> None:
        self._parsed: Any = jmespath.compile(text).parsed
        self.path = _trail(self._parsed)
        """The path that it is, None if it is more."""
        self.reads = _fields(self._parsed)

    def of(self, record: Any) -> Any:
        """Return what the expression makes of a record, None for nothing.

        Raises: FailsError.
        """
        try:
            return _Interpreter(Options(custom_functions=_Functions())).visit(self._parsed, record)
        except JMESPathError as error:
            raise FailsError(str(error)) from None


class _Functions(Functions):
    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        if function_name not in _PASSED_ON:
            resolved_args = [_with_texts(item) for item in resolved_args]
        elif function_name in _ORDERED and (dates := _dates(resolved_args)):
            return _ORDERED[function_name](dates)
        return super().call_function(function_name, resolved_args)

    @signature({"types": []})
    def _func_to_number(self, item: Any) -> Any:
        if item is None or (isinstance(item, int | float) and not isinstance(item, bool)):
            return item
        if not isinstance(item, str):
            raise FailsError(f"{item!r} is no number")
        found = _NUMBER.fullmatch(item.strip(" "))
        if found is None:
            raise FailsError(f"{item!r} is no number")
        if found[1] and not found[2]:
            if abs(int(item)) >= 2**63:
                raise FailsError(f"{item!r} has too many digits")
            return int(item)
        if Decimal(repr(float(item))) != Decimal(item):
            raise FailsError(f"{item!r} has too many digits")
        return float(item)


class _Interpreter(TreeInterpreter):
    def visit_comparator(self, node: Any, value: Any) -> Any:
        one, other = (self.visit(child, value) for child in node["children"])
        if isinstance(one, datetime) or isinstance(other, datetime):
            one, other = _instant(one), _instant(other)
        if node["value"] in {"eq", "ne"}:
            return super().visit_comparator(node, value) if not isinstance(one, datetime) else _equal(node, one, other)
        if one is None or other is None:
            return None
        if not _ordered(one, other):
            raise FailsError(f"{one!r} and {other!r} have no order")
        return {"lt": one < other, "lte": one <= other, "gt": one > other, "gte": one >= other}[node["value"]]


def _dates(arguments: Iterable[Any]) -> list[datetime]:
    """Return the elements of the one list that is handed over, if all of them are dates."""
    items = next(iter(arguments))
    found = [item for item in items if isinstance(item, datetime)] if isinstance(items, list) else []
    return found if found and len(found) == len(items) else []


def _equal(node: Any, one: Any, other: Any) -> bool:
    return bool((one == other) == (node["value"] == "eq"))


def _ordered(one: Any, other: Any) -> bool:
    numbers = [isinstance(item, int | float) and not isinstance(item, bool) for item in (one, other)]
    return all(numbers) or any(isinstance(one, kind) and isinstance(other, kind) for kind in (str, datetime))


def _instant(item: Any) -> Any:
    """Return text that says a date as that date; all else as it is."""
    try:
        return _DATES.decode((item,))
    except NotUnderstoodError:
        return item


def _with_texts(item: Any) -> Any:
    """Return a value with the text of each date in it."""
    if isinstance(item, dict):
        return {key: _with_texts(below) for key, below in item.items()}
    if isinstance(item, list):
        return [_with_texts(below) for below in item]
    if not isinstance(item, datetime):
        return item
    return item.isoformat().replace("+00:00", "Z")


def _fields(parsed: Any) -> list[Path]:
    """Return the fields of a record that an expression reads, from the tree that jmespath makes of it."""
    trail = _trail(parsed)
    if trail is not None:
        return [trail]
    found = [path for child in parsed["children"] if isinstance(child, dict) for path in _fields(child)]
    return list(dict.fromkeys(found))


def _trail(parsed: Any) -> Path | None:
    """Return a path that an expression is, None if it is none."""
    match parsed["type"]:
        case "field":
            return (parsed["value"],)
        case "index":
            return (parsed["value"],)
        case "subexpression" | "index_expression":
            trails = [_trail(child) for child in parsed["children"]]
            return None if None in trails else tuple(step for trail in trails if trail for step in trail)
    return None
