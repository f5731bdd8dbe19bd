"""Conditions of tables after docs/language.md: what they accept, and what is written over what was there last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Any, Final

from tests.generated.values import MISSING, among, same
from tests.generated.words.parts import PARTS, Parts


class Unwritable:
    """The type of UNWRITABLE: nothing that is accepted can be written over what was there."""


UNWRITABLE: Final = Unwritable()


@dataclass(frozen=True)
class Condition:
    """What is asked of a value, all of which must hold. part: "has" or "word" where members or words are asked for."""

    excluded: tuple[Any, ...] = ()
    there: tuple[Any, ...] = ()
    gone: tuple[Any, ...] = ()
    part: str = ""
    parts: Parts = field(default_factory=Parts)
    """How members or words stand in the field."""

    @classmethod
    def of(cls, said: Any) -> Condition:
        """Return what a mapping writes as `$any` or as an object."""
        excluded: tuple[Any, ...] = ()
        there: tuple[Any, ...] = ()
        gone: tuple[Any, ...] = ()
        part = ""
        for word, value in said.items() if isinstance(said, dict) else ():
            if word in PARTS:
                there, part = _several(value), word
            elif isinstance(value, dict):
                [(part, named)] = value.items()
                gone = _several(named)
            else:
                excluded = tuple(MISSING if item is None else item for item in _several(value))
        return cls(excluded, there, gone, part, Parts(part))

    def holds(self, value: Any) -> bool:
        """Return whether a value, MISSING for none, meets it."""
        if value is MISSING:
            return not self.there and MISSING not in self.excluded
        if among(value, self.excluded):
            return False
        if not self.part:
            return True
        if not self.parts.are_in(value):
            return False
        found = list(map(self.parts.meaning, self.parts.found(value)))
        return (not self.there or any(among(one, found) for one in self.there)) and not any(
            among(one, found) for one in self.gone
        )

    def written(self, last: Any) -> Any:
        """Return what is written over the last value: that, with what has to be in it and without what must not.

        Raises: NotUnderstoodError, where the codec of a form does not write what has to be in it.
        """
        made = last
        if self.part and (last is MISSING or self.parts.are_in(last)):
            found = [] if last is MISSING else list(map(self.parts.meaning, self.parts.found(last)))
            left = [not among(one, self.gone) for one in found]
            is_there = not self.there or any(among(one, found) and not among(one, self.gone) for one in self.there)
            added = [] if is_there else [self.parts.written(self.there[0])]
            if added or not all(left):
                made = self.parts.joined(added) if last is MISSING else self.parts.changed(last, left, added)
        return made if self.holds(made) else UNWRITABLE


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


Cell = list[Any]
"""What a line accepts of a field, MISSING for null: values and conditions."""


def cell(value: Any) -> Cell:
    """Return what a cell of a table accepts."""
    found = value if isinstance(value, list) else [value]
    return [
        MISSING if item is None else Condition.of(item) if item == "$any" or isinstance(item, dict) else item
        for item in found
    ]


def in_parts(accepted: Cell, parts: Parts) -> Cell:
    """Return a cell whose members or words stand in a form."""
    return [replace(one, parts=parts) if isinstance(one, Condition) and one.part else one for one in accepted]


def accepts(accepted: Cell, value: Any) -> bool:
    """Return whether a cell accepts a value, MISSING for none."""
    return any(one.holds(value) if isinstance(one, Condition) else _is(one, value) for one in accepted)


def _is(one: Any, value: Any) -> bool:
    return value is one if one is MISSING or value is MISSING else same(one, value)


def written(accepted: Cell, last: Any) -> Any:
    """Return the first that can be written: a value always can, a condition where the last value is there and meets it.

    What has to be in a value is put there where there was none. A condition that stands alone is also met by nothing.
    """
    for one in accepted:
        if not isinstance(one, Condition):
            return one
        if last is not MISSING or one.there or len(accepted) == 1:
            made = one.written(last)
            if made is not UNWRITABLE:
                return made
    return UNWRITABLE


def asks(accepted: Cell) -> bool:
    """Return whether a cell has a condition."""
    return any(isinstance(one, Condition) for one in accepted)


def plain(accepted: Cell) -> list[Any]:
    """Return the values that a cell accepts as such."""
    return [one for one in accepted if not isinstance(one, Condition) and one is not MISSING]


def named(accepted: Cell) -> list[Any]:
    """Return the values that a cell names: as such, or as what a value is not to be."""
    excluded = [item for one in accepted if isinstance(one, Condition) for item in one.excluded]
    return [*plain(accepted), *(item for item in excluded if item is not MISSING)]


def said(accepted: Cell) -> Iterator[Any]:
    """Yield values that a cell names, none and what a value is not to be among them; then what has members or words."""
    yield from (one for one in accepted if not isinstance(one, Condition))
    yield from (item for one in accepted if isinstance(one, Condition) for item in one.excluded)
    made = (one.written(MISSING) for one in accepted if isinstance(one, Condition) and one.there)
    yield from (one for one in made if one is not UNWRITABLE)


def members(accepted: Cell) -> list[Any]:
    """Return what a cell asks to be in a list, or not to be in it, as it stands there."""
    asked = (one for one in accepted if isinstance(one, Condition) and one.part == "has" and not one.parts.separator)
    return [one.parts.forms(item)[0][0] for one in asked for item in (*one.there, *one.gone)]


def marks(accepted: Cell) -> list[Any]:
    """Return what a cell asks to be in a value, or not to be in it, as lines have it."""
    return [item for one in accepted if isinstance(one, Condition) for item in (*one.there, *one.gone)]


def own_marks(cells: Sequence[Cell], value: Any) -> list[Any]:
    """Return which of what cells ask to be in a value are in it; and whether there is one, where they ask for that."""
    conditions = [one for accepted in cells for one in accepted if isinstance(one, Condition) and one.part]
    said = [one for accepted in cells for one in accepted]
    asks_for_none = MISSING in said or any(isinstance(one, Condition) and one.excluded for one in said)
    there: list[Any] = ["there"] if asks_for_none and value is not MISSING else []
    if not conditions or not conditions[0].parts.are_in(value):
        return there
    found = list(map(conditions[0].parts.meaning, conditions[0].parts.found(value)))
    asked = [item for one in conditions for item in (*one.there, *one.gone)]
    unique = [item for index, item in enumerate(asked) if not among(item, asked[:index])]
    return [*there, *(item for item in unique if among(item, found))]


def parted(cells: Sequence[Cell]) -> str:
    """Return the word by which cells of a field ask for what is in its value, "" where none does."""
    conditions = (one for accepted in cells for one in accepted if isinstance(one, Condition))
    return next((one.part for one in conditions if one.part), "")


def samples(cells: Sequence[Cell]) -> Iterator[Any]:
    """Yield values with and without what cells ask to be in a value; first as it is written, then in other forms."""
    conditions = [one for accepted in cells for one in accepted if isinstance(one, Condition) and one.part]
    if not conditions:
        return
    parts = conditions[0].parts
    asked: list[Any] = []
    for one in (item for condition in conditions for item in (*condition.there, *condition.gone)):
        if not among(one, asked):
            asked.append(one)
    forms = [parts.forms(one) for one in asked]
    some = [[found[0]] for found, _ in forms]
    none: list[list[Any]] = [["line"], []]
    more = [[*pair] for pair in combinations((found[0] for found, _ in forms), 2)]
    other = [[form] for found, unlike in forms for form in (*found[1:], *unlike)]
    beside = [[form, found[0]] for found, unlike in forms for form in (*found[1:], *unlike)]
    for found in [*some, *none, *more, *(["line", *one] for one in (*some, *more)), *other, *beside]:
        yield parts.joined(found)


def drawn(rng: Random, values: Sequence[Any]) -> Any:
    """Return a cell with a condition of a field that has some values, two at least."""
    one, other = rng.sample(values, 2)
    asked = ["$any", {"not": one}, {"not": [one, other]}, {"not": None}, {"not": [None, one]}]
    first = [[one, "$any"], ["$any", one], [None, "$any"], [one, {"not": other}], [one, other, {"not": None}]]
    return rng.choice([*asked, *first])
