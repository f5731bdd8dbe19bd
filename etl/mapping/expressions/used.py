"""What an expression uses of a record: the values of which its result depends, and none that it only leads through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final, TypeAlias

import jmespath

_BY: Final = frozenset({"sort_by", "max_by", "min_by"})
"""Functions that ask an expression of every element, and return one of these elements, or all."""
_LOOKING: Final = frozenset({"length", "type", "keys"})
"""Functions that ask of a list or an object nothing that stands in it."""


@dataclass(frozen=True, slots=True)
class Used:
    """A value that is used. path: names and indices to it, None for every element. is_whole: with all that is in it."""

    path: tuple[str | int | None, ...] = ()
    is_whole: bool = True

    def below(self, step: str | int | None) -> Used:
        """Return what is used at a step below it."""
        return replace(self, path=(*self.path, step))


_From: TypeAlias = frozenset[tuple[Used, int]]
"""Values, of which a result is one: each with how many lists deep it stands in a list that the expression makes."""

_NOTHING: Final[_From] = frozenset()


def uses(text: str) -> tuple[Used, ...]:
    """Return what a JMESPath expression uses of a record; at least that, where it cannot be told exactly."""
    walk = _Walk()
    walk.use(walk.made(jmespath.compile(text).parsed, frozenset({(Used(), 0)})))
    return tuple(walk.found)


class _Walk:
    """A walk through the parts of an expression, with all that these use."""

    def __init__(self) -> None:
        self.found: dict[Used, None] = {}

    def use(self, values: _From, *, is_whole: bool = True) -> _From:
        """Note that values are used; return no value."""
        for one, _ in values if is_whole else ((one, depth) for one, depth in values if depth == 0):
            self.found[replace(one, is_whole=is_whole)] = None
        return _NOTHING

    def made(self, node: Mapping[str, Any], at: _From) -> _From:
        """Return of which values a node makes its own, applied to a value."""
        parts = [part for part in node["children"] if isinstance(part, dict)]
        match node["type"]:
            case "identity" | "current" | "field" | "index" | "slice":
                return _step(node, at)
            case "subexpression" | "index_expression" | "pipe":
                return reduce(lambda above, part: self.made(part, above), parts, at)
            case "flatten":
                elements = _elements(self.made(parts[0], at))
                return _listed(elements | _elements(elements))
            case "projection" | "filter_projection" | "value_projection":
                return self._projected(parts, at)
            case "or_expression" | "and_expression":
                first, second = (self.made(part, at) for part in parts)
                self.use(first, is_whole=False)
                return first | second
            case "multi_select_list":
                return _listed(self._all(parts, at))
            case "function_expression":
                return self._called(node["value"], parts, at)
        return self.use(self._all(parts, at), is_whole=node["type"] != "not_expression")

    def _all(self, parts: Iterable[Mapping[str, Any]], at: _From) -> _From:
        return _NOTHING.union(*(self.made(part, at) for part in parts))

    def _projected(self, parts: Sequence[Mapping[str, Any]], at: _From) -> _From:
        elements = _elements(self.made(parts[0], at))
        for condition in parts[2:]:
            self.use(self.made(condition, elements), is_whole=False)
        return _listed(self.made(parts[1], elements))

    def _called(self, name: str, parts: Sequence[Mapping[str, Any]], at: _From) -> _From:
        """Return of which values a function makes its own; of what most return, they are used where they go in."""
        plain = [part for part in parts if part["type"] != "expref"]
        asked = [part["children"][0] for part in parts if part["type"] == "expref"]
        given = self._all(plain, at)
        elements = _elements(given)
        made = self._all(asked, elements)
        if name == "map":
            return _listed(made)
        self.use(made)
        if name in _BY:
            return _listed(elements) if name == "sort_by" else elements
        if name == "not_null":
            self.use(given, is_whole=False)
            return given
        return self.use(given, is_whole=name not in _LOOKING)


def _step(node: Mapping[str, Any], at: _From) -> _From:
    """Return what one step leads to: nothing in a list that the expression makes, but its elements."""
    match node["type"]:
        case "field":
            return frozenset((one.below(node["value"]), 0) for one, depth in at if depth == 0)
        case "index":
            return frozenset((one, depth - 1) if depth else (one.below(node["value"]), 0) for one, depth in at)
        case "slice":
            return _listed(_elements(at))
    return at


def _elements(values: _From) -> _From:
    return frozenset((one, depth - 1) if depth else (one.below(None), 0) for one, depth in values)


def _listed(values: _From) -> _From:
    return frozenset((one, depth + 1) for one, depth in values)
