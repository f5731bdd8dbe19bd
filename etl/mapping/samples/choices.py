"""Choices: what is left open when a record is made of a schema. Whoever answers decides which record it becomes.

`Counting` makes the n-th record, every time the same. `Systematic` makes the smallest one and, in turn, every record
that differs from an earlier one in a single choice. Hypothesis is a third source, beside the tests of mappings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar

from etl.mapping.paths import Path, StepOf
from etl.record import ABSENT, Record

T = TypeVar("T")

_FEW: Final = 2
_MANY: Final = 50
"""So many more elements than it must have, a list may have to be a little longer, and to be long."""

_FIRST: Final = datetime(2025, 1, 1, 8, 0, tzinfo=UTC)


class Form(Enum):
    """What a value is made of."""

    WHOLE = "a whole number"
    NUMBER = "a number"
    TEXT = "text of some length"
    DATE = "a date"
    LISTED = "one of the notable values"


@dataclass(frozen=True, slots=True)
class Room:
    """What a single value may be.

    low, high: the bounds of a number, or of the length of text. step: what a number is a multiple of. notable: values
    that are worth trying, the plainest first; all of them are right. accepts: whether a value is. is_key: whether it
    identifies a record.
    """

    form: Form
    notable: tuple[Any, ...]
    accepts: Callable[[Any], bool]
    low: float = 0
    high: float = 0
    step: float = 0
    is_key: bool = False

    def multiple(self, count: int) -> Any:
        """Return the number that is so many steps from 0; without steps, the count itself."""
        if not self.step:
            return count
        product = count * self.step
        return round(product, 12) if isinstance(product, float) else product


class Choices(ABC):
    """Answers what a maker of records asks. at: the place in the record for which it asks.

    varied: how many more elements than it must have, a list has that may differ, those that follow being like the last;
    None for all.
    """

    varied: int | None = None

    @abstractmethod
    def kind(self, options: Sequence[T], at: Path) -> T:
        """Return one of several ways to go on, the plainest of which is first."""

    @abstractmethod
    def one(self, values: Sequence[T], at: Path) -> T:
        """Return one of the values that are listed for a place."""

    @abstractmethod
    def is_present(self, at: Path) -> bool:
        """Return whether a value that may be missing is there."""

    @abstractmethod
    def count(self, fewest: int, most: int, at: Path) -> int:
        """Return how many elements a list has."""

    @abstractmethod
    def value(self, room: Room, at: Path) -> Any:
        """Return a single value; ABSENT where none can be found."""

    @abstractmethod
    def special(self, values: Sequence[T], at: Path, *, usual: bool) -> T | None:
        """Return one of the values that a rule knows there, or None for any other. usual: they are what comes."""


class Counting(Choices):
    """Makes the n-th record, n from 1: with all that is required and nothing else, differing from one to the next.

    shift: makes another series of the same numbers. title: what a record is called.
    """

    def __init__(self, number: int, shift: int = 0, title: str = "record") -> None:
        self._number = number
        self._shift = shift
        self._title = title

    def kind(self, options: Sequence[T], at: Path) -> T:
        """Return the first."""
        del at
        return options[0]

    def one(self, values: Sequence[T], at: Path) -> T:
        """Return each in turn."""
        del at
        return values[(self._number - 1 + self._shift) % len(values)]

    def is_present(self, at: Path) -> bool:
        """Return that it is missing."""
        del at
        return False

    def count(self, fewest: int, most: int, at: Path) -> int:
        """Return the fewest."""
        del most, at
        return fewest

    def value(self, room: Room, at: Path) -> Any:
        """Return a value that tells the number, where one can."""
        for value in self._telling(room):
            if room.accepts(value):
                return value
        return self.one(room.notable, at) if room.notable else ABSENT

    def special(self, values: Sequence[T], at: Path, *, usual: bool) -> T | None:
        """Return any other value."""
        del values, at, usual
        return None

    def _telling(self, room: Room) -> Iterator[Any]:
        match room.form:
            case Form.WHOLE | Form.NUMBER:
                yield room.multiple(self._number)
            case Form.DATE:
                yield _FIRST + timedelta(hours=self._number)
            case Form.TEXT if not room.is_key:
                text = f"Example {self._title} #{self._number}"
                yield text[: int(min(room.high, len(text)))]
            case Form.TEXT | Form.LISTED:
                digits = str(self._number)
                yield from (digits, digits.zfill(max(1, int(room.low))))


Decision: TypeAlias = tuple[Path, str]
"""A choice: the place for which it is made, and what is chosen."""


class Systematic(Choices):
    """Answers as it is told, and otherwise the first.

    options: how many there were, of each choice that matters. closed: choices whose consequences are not varied.
    """

    varied = _FEW + 1

    def __init__(self, decided: dict[Decision, int], matters: Callable[[Path], bool]) -> None:
        self._decided = decided
        self._matters = matters
        self.options: dict[Decision, int] = {}
        self.closed: set[tuple[Decision, int]] = set()

    def kind(self, options: Sequence[T], at: Path) -> T:
        """Return the one that was decided."""
        return self._chosen(options, at, "kind")

    def one(self, values: Sequence[T], at: Path) -> T:
        """Return the one that was decided."""
        return self._chosen(values, at, "one")

    def is_present(self, at: Path) -> bool:
        """Return what was decided; at first, that it is missing."""
        return self._chosen((False, True), at, "present")

    def count(self, fewest: int, most: int, at: Path) -> int:
        """Return the fewest, one more, two more, or many; of many elements none is varied."""
        few = range(fewest, min(most, fewest + _FEW) + 1)
        many = min(most, fewest + _MANY)
        counts: list[int] = [*few, many] if many > few[-1] else [*few]
        if many > few[-1] and self._matters(at):
            self.closed.add(((at, "count"), len(few)))
        return self._chosen(counts, at, "count")

    def value(self, room: Room, at: Path) -> Any:
        """Return the notable value that was decided."""
        return self._chosen(room.notable, at, "value") if room.notable else ABSENT

    def special(self, values: Sequence[T], at: Path, *, usual: bool) -> T | None:
        """Return the one that was decided; at first, any other value."""
        del usual
        return self._chosen((None, *values), at, "special")

    def _chosen(self, options: Sequence[T], at: Path, what: str) -> T:
        decision = (at, what)
        if len(options) > 1 and self._matters(at):
            self.options[decision] = len(options)
        chosen = self._decided.get(decision, 0)
        return options[chosen] if chosen < len(options) else options[0]


@dataclass(frozen=True, slots=True)
class Varied:
    """A record with the place that was varied in it; () for the smallest. decided: all that is not the first choice."""

    at: Path
    record: Record
    decided: dict[Decision, int]


Make: TypeAlias = Callable[[Choices, Record | None, frozenset[StepOf]], Record]
"""Makes a record: the whole; or, of one that is there, a copy in which what stands under some names is made anew."""


def systematic(
    make: Make, matters: Callable[[Path], bool], most: int, base: dict[Decision, int] | None = None
) -> Iterator[Varied]:
    """Yield the smallest record, then such that differ from one that came before in one choice; at most so many.

    What a choice leads to, such as the fields of an object that is there, is varied in its turn. matters: the places
    whose choices are varied. base: choices that are made in all of the records.
    """
    decided = base or {}
    source = Systematic(decided, matters)
    smallest = make(source, None, frozenset())
    yield Varied((), smallest, decided)
    waiting = deque(_variations(decided, source, frozenset()))
    while waiting and (most := most - 1) > 0:
        at, decided, known = waiting.popleft()
        source = Systematic(decided, matters)
        changed = [decision[0] for decision in decided if decided[decision] != (base or {}).get(decision)]
        names = frozenset(place[0] for place in changed if place)
        yield Varied(at, make(source, smallest if all(changed) else None, names), decided)
        if known is not None:
            waiting.extend(_variations(decided, source, known))


def _variations(
    decided: dict[Decision, int], source: Systematic, known: frozenset[Decision]
) -> Iterator[tuple[Path, dict[Decision, int], frozenset[Decision] | None]]:
    """Yield what may be chosen otherwise where nobody has chosen yet, with all choices that are known then.

    They are None where nothing that follows is varied.
    """
    seen = known | source.options.keys()
    for decision in [decision for decision in source.options if decision not in known]:
        for option in range(source.options[decision]):
            if option != decided.get(decision, 0):
                is_closed = (decision, option) in source.closed
                yield decision[0], {**decided, decision: option}, None if is_closed else seen
