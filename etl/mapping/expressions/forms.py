"""What simple JMESPath expressions are: a path that is read, converted or joined, fields of elements, one element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import jmespath

from etl.mapping.expressions.expression import plain_path
from etl.mapping.paths import Path
from etl.mapping.selectors import Selector, Wanted, select
from etl.record import ABSENT

_CONVERTING: Final = ("to_number", "to_string")


@dataclass(frozen=True, slots=True)
class Reading:
    """A path that is read: `a`, `to_number(a)`, `a && to_number(a) || 0`.

    convert: the function, "" for none. otherwise: what stands there without a value, ABSENT for nothing.
    """

    path: Path
    convert: str = ""
    otherwise: Any = ABSENT


@dataclass(frozen=True, slots=True)
class Joining:
    """Texts with something between them: `join(' ', [a, b])`, or of one list, `join(',', a)`."""

    separator: str
    paths: tuple[Path, ...]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """The elements of a list, made anew: `a[*].{b: c}`."""

    path: Path
    members: tuple[tuple[str, Reading], ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A list of one element, of which some members are constants: "[{id: `1`, value: a}]"."""

    selector: Selector
    member: str
    reading: Reading

    def under(self, path: Path) -> Path:
        """Return the path of its value in a list."""
        return (*path, self.selector, self.member)


Form: TypeAlias = Reading | Joining | Items | Element


def form_of(text: str) -> Form | None:
    """Return what an expression is; None for one that is none of these."""
    if (path := plain_path(text)) is not None:
        return Reading(path)
    node = jmespath.compile(text).parsed
    return reading(node) or _joining(node) or _items(node) or _element(node)


def path_of(node: Any) -> Path | None:
    """Return the path that a node reads, () for all of a record; None where it does anything else."""
    match node:
        case {"type": "field", "value": name}:
            return (name,)
        case {"type": "identity" | "current"}:
            return ()
        case {"type": "index", "value": int(at)} if at >= 0:
            return (at,)
        case {"type": "subexpression" | "index_expression", "children": [first, second]}:
            one, other = path_of(first), path_of(second)
            return None if one is None or other is None else (*one, *other)
        case {"type": "pipe", "children": [{"type": "filter_projection", "children": [over, below, asked]}, then]}:
            parts, wanted = [path_of(over), path_of(below), path_of(then)], _wanted(asked)
            if wanted and parts[0] and parts[1] is not None and parts[2] and parts[2][0] == 0:
                return (*parts[0], select(*wanted), *parts[1], *parts[2][1:])
    return None


def _wanted(node: Any) -> tuple[Wanted, ...]:
    match node:
        case {"type": "comparator", "value": "eq", "children": [one, {"type": "literal", "value": value}]}:
            path = path_of(one) or ()
            names = tuple(step for step in path if isinstance(step, str))
            return ((names, value),) if names and names == path and not isinstance(value, dict | list) else ()
        case {"type": "and_expression", "children": [first, second]}:
            one, other = _wanted(first), _wanted(second)
            return (*one, *other) if one and other else ()
    return ()


def reading(node: Any) -> Reading | None:
    """Return the path that a node reads and no more; a guard before it says what the path itself says."""
    match node:
        case {"type": "or_expression", "children": [first, {"type": "literal", "value": value}]}:
            inner = reading(first)
            is_all = inner is not None and inner.otherwise is ABSENT and not isinstance(value, dict | list)
            said = ABSENT if value is None else value
            return Reading(inner.path, inner.convert, said) if inner is not None and is_all else None
        case {"type": "and_expression", "children": [guard, then]}:
            asked, inner = path_of(guard), reading(then)
            is_guard = inner is not None and bool(asked) and inner.path[: len(asked or ())] == asked
            return inner if is_guard else None
        case {"type": "function_expression", "value": name, "children": [one]} if name in _CONVERTING:
            path = path_of(one)
            return Reading(path, name) if path else None
    path = path_of(node)
    return Reading(path) if path else None


def _joining(node: Any) -> Joining | None:
    match node:
        case {
            "type": "function_expression",
            "value": "join",
            "children": [{"type": "literal", "value": str(separator)}, joined],
        }:
            if joined["type"] == "multi_select_list":
                paths = _paths(joined["children"])
                return Joining(separator, paths) if paths else None
            path = path_of(joined)
            return Joining(separator, (path,), is_list=True) if path else None
    return None


def _paths(nodes: Sequence[Any]) -> tuple[Path, ...]:
    found = [path_of(node) for node in nodes]
    known = tuple(path for path in found if path)
    return known if len(known) == len(found) else ()


def _items(node: Any) -> Items | None:
    match node:
        case {"type": "projection", "children": [over, {"type": "multi_select_dict", "children": members}]}:
            path = path_of(over["children"][0] if over["type"] == "flatten" else over)
            found = [(member["value"], reading(member["children"][0])) for member in members]
            known = tuple((name, one) for name, one in found if one is not None)
            return Items(path, known) if path and len(known) == len(found) else None
    return None


def _element(node: Any) -> Element | None:
    match node:
        case {"type": "multi_select_list", "children": [{"type": "multi_select_dict", "children": members}]}:
            said = [(member["value"], member["children"][0]) for member in members]
            wanted = [((name,), one["value"]) for name, one in said if one["type"] == "literal"]
            other = [(name, found) for name, one in said if (found := reading(one)) is not None]
            if wanted and len(other) == 1 and len(said) == len(wanted) + 1:
                return Element(select(*wanted), *other[0])
    return None
