"""Conditions: what a pattern asks of a value besides being one of some; and what is written where a pattern has one.

What a condition asks about stays as it was last; members of a list and words of a text are added and taken away. A
condition can be written where what the last value becomes by that meets it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.equality import Distinct, distinct
from etl.mapping.terms import Field, TextForm
from etl.record import ABSENT, Scalar, shown


class Parts(Enum):
    """What a value may have in it: members of a list, or words of a text; by the word of the language."""

    MEMBERS = "has"
    WORDS = "word"


class Unwritable(Enum):
    """The type of `UNWRITABLE`: nothing of what a pattern accepts can be written over the last value."""

    UNWRITABLE = "unwritable"


UNWRITABLE: Final = Unwritable.UNWRITABLE
_WORD: Final = re.compile(r"(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of a value, all of which must hold; `Condition()` asks nothing.

    excluded: what it is not, None for absent. has: one of these is in it. lacks: none of these is. parts: what they
    are in it, None where it asks for none. form: the one in which each of them stands in it, None where that is as it
    is named; what is not of that form is none of them. is_emptied: where nothing else is in it, it is written as an
    empty list, or text, and not as absent.
    """

    excluded: tuple[Scalar, ...] = ()
    has: tuple[Scalar, ...] = ()
    lacks: tuple[Scalar, ...] = ()
    parts: Parts | None = None
    form: TextForm | None = None
    is_emptied: bool = True
    _excluded: frozenset[Distinct] = field(init=False, repr=False, compare=False)
    _has: frozenset[Distinct] = field(init=False, repr=False, compare=False)
    _lacks: frozenset[Distinct] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make what is looked up for every record."""
        for name in ("excluded", "has", "lacks"):
            object.__setattr__(self, f"_{name}", frozenset(map(distinct, getattr(self, name))))

    def holds(self, value: Any) -> bool:
        """Return whether a value, ABSENT for none, meets it."""
        if self._excluded and key_of(value) in self._excluded:
            return False
        if self.parts is None:
            return True
        there = parts_of(value, self.parts)
        if there is None:
            return False
        known = {part_key(part, self.form) for part in there}
        return (not self._has or not self._has.isdisjoint(known)) and self._lacks.isdisjoint(known)

    def written(self, last: Any) -> Any:
        """Return what the last value becomes, UNWRITABLE where that does not meet it."""
        value = last if self.parts is None else self._with_parts(last, self.parts)
        return value if self.holds(value) else UNWRITABLE

    def _with_parts(self, last: Any, parts: Parts) -> Any:
        there = parts_of(last, parts)
        if there is None:
            return last
        left = [part for part in there if part_key(part, self.form) not in self._lacks]
        is_there = not self._has.isdisjoint(part_key(part, self.form) for part in left)
        added = [] if not self.has or is_there else [laid_part(self.has[0], self.form)]
        if not added and left == there:
            return last
        made = [*left, *added] if parts is Parts.MEMBERS else self._text(last, added)
        return made if made or self.is_emptied else ABSENT

    def _text(self, last: Any, added: list[Scalar]) -> str:
        """Return a text without some words and with others, each behind a blank; all else that stands in it stays."""
        text = self._without(last) if isinstance(last, str) else ""
        return " ".join([*([text] if text else []), *map(str, added)])

    def _without(self, text: str) -> str:
        """Return a text without some words: each goes with the blanks behind it, the last ones with one before them.

        What stands behind all words stays, where one is left.
        """
        end = max((one.end(1) for one in _WORD.finditer(text) if not self._is_lacked(one)), default=0)
        left = _WORD.sub(lambda one: "" if self._is_lacked(one) else one[0], text[:end])
        gone = _WORD.search(text, end)
        if gone is None:
            return left + text[end:]
        behind = text[len(text.rstrip()) :] if end else ""
        return left + text[end : max(end, gone.start() - 1)] + behind

    def _is_lacked(self, word: re.Match[str]) -> bool:
        return part_key(word[1], self.form) in self._lacks


ANY: Final = Condition()
"""Whatever is there, or nothing; it stays as it was last."""

Accepted: TypeAlias = tuple[Scalar | Condition, ...]
"""What a pattern accepts of a field: any of these; what is written is the first that can be."""

Pattern: TypeAlias = tuple[tuple[Field, Accepted], ...]
"""Fields with what each accepts; all must match."""


def parts_of(value: Any, parts: Parts) -> list[Any] | None:
    """Return the members of a list, or the words of a text; none of what is absent, None of any other value."""
    if value is ABSENT or value is None:
        return []
    if parts is Parts.MEMBERS:
        return value if isinstance(value, list) else None
    return value.split() if isinstance(value, str) else None


def part_key(part: Any, form: TextForm | None) -> Distinct | None:
    """Return what tells one part from another, as lines name it; None for one that has not their form."""
    try:
        return distinct(part if form is None else form.read(part))
    except CodecError:
        return None


def laid_part(part: Scalar, form: TextForm | None) -> Any:
    """Return a part that lines name as it stands in a value."""
    return part if form is None else form.lay(part)


def key_of(value: Any) -> Distinct:
    """Return what tells one value from another in a table: an absent one is null."""
    return distinct(None if value is ABSENT else value)


def acceptor(accepted: Accepted) -> Callable[[Any], bool]:
    """Return a function that says of a value, ABSENT for none, whether it is accepted."""
    known = {distinct(value) for value in plain(accepted)}
    conditions = [one for one in accepted if isinstance(one, Condition)]
    if not conditions:
        return lambda value: key_of(value) in known
    if all(one.parts is None for one in conditions):
        refused = frozenset.intersection(*(frozenset(map(distinct, one.excluded)) for one in conditions)) - known
        return lambda value: key_of(value) not in refused
    return lambda value: key_of(value) in known or any(one.holds(value) for one in conditions)


def asker(accepted: Accepted) -> Callable[[Any], bool]:
    """Return the same of records that are chosen before their schema is asked.

    What is no list, or no text, has no member, or word, and so none that it is not to have: its schema refuses it.
    """
    accepts = acceptor(accepted)
    denied = [one for one in accepted if isinstance(one, Condition) and one.parts is not None and not one.has]
    return lambda value: (
        accepts(value)
        or any(
            one.parts is not None and parts_of(value, one.parts) is None and key_of(value) not in one._excluded
            for one in denied
        )
    )


def chosen(accepted: Accepted, last: Any) -> Any:
    """Return the first of what is accepted that can be written over the last value; UNWRITABLE where none can.

    A value always can, a condition where the last value is there and meets it. Where nothing was there, and no value is
    named, nothing is left there if a condition is met by that.
    """
    for one in accepted:
        if not isinstance(one, Condition):
            return ABSENT if one is None else one
        if (last is not ABSENT or one.has) and (value := one.written(last)) is not UNWRITABLE:
            return value
    written = (one.written(last) for one in accepted if isinstance(one, Condition))
    return next((value for value in written if value is not UNWRITABLE), UNWRITABLE)


def plain(accepted: Accepted) -> Iterator[Scalar]:
    """Yield the values that are accepted as such."""
    return (one for one in accepted if not isinstance(one, Condition))


def sample_values(accepted: Accepted) -> tuple[Any, ...]:
    """Return values that a line accepts: those that it names, and what has the members or words that it names."""
    conditions = (one for one in accepted if isinstance(one, Condition))
    made = (one.written(ABSENT) for one in conditions if one.has)
    return (*plain(accepted), *(value for value in made if value is not UNWRITABLE))


def named_values(accepted: Accepted) -> Iterator[Scalar]:
    """Yield the values that are accepted as such, and those that a value is not to be."""
    for one in accepted:
        yield from one.excluded if isinstance(one, Condition) else (one,)


def is_plain(accepted: Accepted) -> bool:
    """Return whether no condition is among what is accepted."""
    return not any(isinstance(one, Condition) for one in accepted)


def written_first(accepted: Accepted) -> bool:
    """Return whether a value stands first, which is written whatever was there last."""
    return not isinstance(accepted[0], Condition)


def accepted_text(accepted: Accepted, show: Callable[[Scalar], str] = shown) -> str:
    """Return what a line accepts, as text."""
    return " or ".join(condition_text(one, show) if isinstance(one, Condition) else show(one) for one in accepted)


def condition_text(one: Condition, show: Callable[[Scalar], str] = shown) -> str:
    """Return a condition as the language writes it."""
    said = [f"not: {_listed(one.excluded, show)}"] if one.excluded else []
    if one.parts is not None:
        said += [f"{one.parts.value}: {_listed(one.has, show)}"] if one.has else []
        said += [f"not: {{{one.parts.value}: {_listed(one.lacks, show)}}}"] if one.lacks else []
    return f"{{{', '.join(said)}}}" if said else "$any"


def _listed(values: tuple[Scalar, ...], show: Callable[[Scalar], str]) -> str:
    return show(values[0]) if len(values) == 1 else f"[{', '.join(map(show, values))}]"
