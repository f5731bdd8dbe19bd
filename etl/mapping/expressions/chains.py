"""Expressions that choose between constants: `a == 'x' && 'y' || contains(b, 'z') && 'v' || 'w'`, as lines in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import jmespath

from etl.mapping.expressions.forms import path_of
from etl.mapping.paths import Path

_MOST: Final = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a path.

    values: that it is one of these, or with `has` that it has one of them in it; () that it is there, and not empty.
    no: the opposite is asked.
    """

    path: Path
    values: tuple[Any, ...] = ()
    has: bool = False
    no: bool = False


Asking: TypeAlias = tuple[Asked, ...]
"""What is asked together."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the constants, and what is asked for it; what stands above it is chosen first."""

    asked: Asking
    value: Any


class _NoChainError(Exception):
    """An expression that does more than choose."""


def chain_of(text: str) -> tuple[Choice, ...]:
    """Return between what an expression chooses, in order; () for one that does anything else."""
    try:
        found = tuple(_chain(jmespath.compile(text).parsed))
    except _NoChainError:
        return ()
    return found if 1 < len(found) <= _MOST else ()


def _chain(node: Any) -> Iterator[Choice]:
    match node:
        case {"type": "literal", "value": value}:
            yield Choice((), value)
        case {"type": "multi_select_list", "children": parts} if all(part["type"] == "literal" for part in parts):
            yield Choice((), [part["value"] for part in parts])
        case {"type": "or_expression", "children": [first, second]} if _is_choice(first):
            above = list(_chain(first))
            if any(choice.value in (None, False, "", [], {}) for choice in above):
                raise _NoChainError
            yield from above
            yield from _chain(second)
        case {"type": "and_expression", "children": [guard, then]} if _is_choice(then):
            for asked in _asked(guard):
                yield from (replace(choice, asked=(*asked, *choice.asked)) for choice in _chain(then))
        case _ if _is_condition(node):
            yield from (Choice(asked, value=True) for asked in _asked(node))
            yield Choice((), value=False)
        case _:
            raise _NoChainError


def _is_choice(node: Any) -> bool:
    """Return whether a node makes a constant, and is not what is asked."""
    kind, children = node["type"], node["children"]
    if kind in ("and_expression", "or_expression"):
        return _is_choice(children[1])
    return kind == "literal" or (kind == "multi_select_list" and all(one["type"] == "literal" for one in children))


def _is_condition(node: Any) -> bool:
    """Return whether a node is true or false, whatever it reads."""
    kind, children = node["type"], node["children"]
    if kind in ("and_expression", "or_expression"):
        return all(map(_is_condition, children))
    return kind in ("comparator", "not_expression") or (kind == "function_expression" and node["value"] == "contains")


def _asked(node: Any) -> list[Asking]:
    """Return what a condition asks, as alternatives."""
    match node:
        case {"type": "and_expression", "children": [first, second]}:
            return [(*one, *other) for one in _asked(first) for other in _asked(second)]
        case {"type": "or_expression", "children": [first, second]}:
            return _together([*_asked(first), *_asked(second)])
        case {"type": "not_expression", "children": [inner]}:
            found = _asked(inner)
            if len(found) != 1 or len(found[0]) != 1:
                raise _NoChainError
            return [(replace(found[0][0], no=not found[0][0].no),)]
        case {"type": "comparator", "value": "eq" | "ne" as word, "children": [one, other]}:
            path, value = (one, other) if other["type"] == "literal" else (other, one)
            if value["type"] == "literal" and not isinstance(value["value"], dict | list):
                return [(Asked(_path(path), (value["value"],), no=word == "ne"),)]
        case {"type": "function_expression", "value": "contains", "children": [over, wanted]}:
            return [(_contains(over, wanted),)]
    return [(Asked(_path(node)),)]


def _contains(over: Any, wanted: Any) -> Asked:
    listed = over["value"] if over["type"] == "literal" else None
    if over["type"] == "multi_select_list" and all(one["type"] == "literal" for one in over["children"]):
        listed = [one["value"] for one in over["children"]]
    if isinstance(listed, list):
        return Asked(_path(wanted), tuple(listed))
    if wanted["type"] != "literal":
        raise _NoChainError
    return Asked(_path(over), (wanted["value"],), has=True)


def _path(node: Any) -> Path:
    path = path_of(node)
    if not path:
        raise _NoChainError
    return path


def _together(found: list[Asking]) -> list[Asking]:
    """Return alternatives of which two that want values of one path are one."""
    first, *rest = found
    for one in rest:
        same = len(first) == len(one) == 1 and (first[0].path, first[0].has) == (one[0].path, one[0].has)
        if not same or first[0].no or one[0].no or not (first[0].values and one[0].values):
            return found
        first = (replace(first[0], values=(*first[0].values, *one[0].values)),)
    return [first]
