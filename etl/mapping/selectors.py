"""Selectors: which element of a list a path leads to, by what stands in it, as in `contacts[role='owner'].name`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from etl.record import Record, printable_json

Wanted: TypeAlias = tuple[tuple[str, ...], str | int | float | bool]
"""The names that lead to a value in an element, and what it has to be."""

_TERM: Final = re.compile(
    r"""\s*(?P<names>(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*")(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"))*)
    \s*=\s*(?:'(?P<text>(?:[^'\\]|\\.)*)'|(?P<plain>true|false|-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,15})?))
    \s*(?P<end>[\],])""",
    re.VERBOSE,
)
_NAMES: Final = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"')
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPED: Final = re.compile(r"\\(['\\])")


@dataclass(frozen=True, slots=True)
class Selector:
    """A step of a path: to the element of a list in which all of some values are as they are wanted.

    text: as it is written. Two selectors are one where their texts are: `1` is no `true`.
    """

    text: str
    wanted: tuple[Wanted, ...] = field(compare=False)

    def __str__(self) -> str:
        return self.text

    def holds(self, element: Any) -> bool:
        """Return whether an element is wanted."""
        return isinstance(element, dict) and all(_is(_found(element, names), value) for names, value in self.wanted)

    def places(self, items: list[Any]) -> list[int]:
        """Return the places of the elements that are wanted."""
        return [at for at, item in enumerate(items) if self.holds(item)]

    def element(self) -> Record:
        """Return an element that has what is wanted, and nothing else."""
        made: Record = {}
        self.stamp(made)
        return made

    def stamp(self, element: Record) -> None:
        """Write what is wanted into an element."""
        for (*above, last), value in self.wanted:
            spot = element
            for name in above:
                below = spot.get(name)
                if not isinstance(below, dict):
                    spot[name] = below = {}
                spot = below
            spot[last] = value

    def may_meet(self, other: Selector) -> bool:
        """Return whether both may want one element: nothing in it would have to be two values at once."""
        theirs = dict(other.wanted)
        return all(names not in theirs or _is(theirs[names], value) for names, value in self.wanted)


def parse_selector(text: str, at: int) -> tuple[Selector, int] | None:
    """Return the selector that begins with the bracket at a place in a text, and where it ends; None for none."""
    wanted: list[Wanted] = []
    at += 1
    while match := _TERM.match(text, at):
        try:
            names = tuple(json.loads(n) if n.startswith('"') else n for n in _NAMES.findall(match["names"]))
        except ValueError:
            return None
        plain = match["plain"]
        wanted.append((names, _ESCAPED.sub(r"\1", match["text"]) if plain is None else json.loads(plain)))
        at = match.end()
        if match["end"] == "]":
            return select(*wanted), at
    return None


def select(*wanted: Wanted) -> Selector:
    """Return the selector of elements with these values."""
    return Selector(f"[{', '.join(f'{_names(names)}={_value(value)}' for names, value in wanted)}]", wanted)


def _names(names: tuple[str, ...]) -> str:
    quoted = (n if _PLAIN.match(n) else printable_json(json.dumps(n, ensure_ascii=False)) for n in names)
    return ".".join(quoted)


def _value(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


def _found(element: Record, names: tuple[str, ...]) -> Any:
    value: Any = element
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is(found: Any, value: object) -> bool:
    """Return whether a value is the wanted one, strictly on type: `True` is not `1`, and neither is `1.0`."""
    kinds = (isinstance(one, bool) or 2 * isinstance(one, float) for one in (found, value))
    return bool(found == value) and len({*kinds}) == 1
