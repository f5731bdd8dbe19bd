"""Selectors after docs/language.md: a step of a path to the element of a list in which values are as they are named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TERM = re.compile(r"([\w.]+)=('[^']*'|[^,\]]+)")


@dataclass(frozen=True)
class Selector:
    """A step to an element. text: as a mapping writes it, which tells `1` from `true`. wanted: each value, by names."""

    text: str
    wanted: tuple[tuple[tuple[str, ...], Any], ...] = field(compare=False)

    def __repr__(self) -> str:
        return self.text

    def holds(self, element: Any) -> bool:
        """Return whether an element fits: strictly on type."""
        return isinstance(element, dict) and all(_is(_below(element, names), value) for names, value in self.wanted)

    def found(self, items: list[Any]) -> list[int]:
        """Return where elements stand that fit."""
        return [index for index, item in enumerate(items) if self.holds(item)]

    def element(self, more: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return an element that fits, with more in it."""
        made = dict(more or {})
        for names, value in self.wanted:
            place = made
            for name in names[:-1]:
                below = place.get(name)
                place[name] = place = dict(below) if isinstance(below, dict) else {}
            place[names[-1]] = value
        return made

    def may_meet(self, other: Selector) -> bool:
        """Return whether one element may fit both."""
        theirs = dict(other.wanted)
        return all(names not in theirs or _is(theirs[names], value) for names, value in self.wanted)


def _below(element: dict[str, Any], names: tuple[str, ...]) -> Any:
    value: Any = element
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def selector(text: str) -> Selector:
    """Return the selector of a text without its brackets, such as `kind='a', nr=1`."""
    return select(*((tuple(names.split(".")), _value(said)) for names, said in _TERM.findall(text)))


def select(*wanted: tuple[tuple[str, ...], Any]) -> Selector:
    terms = (f"{'.'.join(names)}={_said(value)}" for names, value in wanted)
    return Selector(f"[{', '.join(terms)}]", wanted)


def _value(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1]
    return text == "true" if text in ("true", "false") else int(text)


def _said(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
