"""What every word has in common: the sides of a rule, absent values, reasons to reject, and what to try."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from copy import copy as shallow
from dataclasses import replace
from functools import cache, cached_property, partial
from typing import Any, ClassVar

from tests.generated.case import SIDES, Place, table_of
from tests.generated.schemas import finite
from tests.generated.values import (
    ITSELF,
    MISSING,
    Path,
    Record,
    any_element,
    copy,
    get,
    parse_path,
    put,
    selected_list,
    with_selecting,
)
from tests.generated.words.above import nearest
from tests.generated.words.around import fits_several
from tests.generated.words.column import Column
from tests.generated.words.scene import CHANGED, Reason, Scene, Spec, UnsentError
from tests.generated.words.trying import Trying


class Word(Trying):
    """One rule, by the documentation."""

    kind: ClassVar[str]
    two_way: bool = True

    def __init__(self, raw: dict[str, Any], place: Place, scene: Scene) -> None:
        self.raw, self.place, self.scene = raw, place, scene
        reasons = raw.get("lossy", {})
        self.reasons: frozenset[str] | None = frozenset(reasons) if isinstance(reasons, dict) else None
        column = scene.specs["outside"].column
        self.common: frozenset[str] = column.reasons if column is not None else frozenset()
        """What the form of all texts says of this rule as well."""
        self.specs = {side: self._spec(side) for side in SIDES}
        self.to_try: tuple[Any, ...] = ()
        """Values to try before all others: those that a finding names."""
        self.last: Record = {}
        """What was there last, on the side that is written."""

    rank: int = 0
    """How late it comes among the rules that ask of what others have written."""

    looks_back: bool = False
    """Whether what it writes may depend on what was there last."""

    @cached_property
    def is_only_read(self) -> bool:
        """Whether none of its outside fields is sent, so that it goes one way; a key names files all the same."""
        paths = () if self.raw.get("key") else self.paths("outside")
        return bool(paths) and all(self.scene.written.place(path) is None for path in paths)

    def goes(self, source: str) -> bool:
        """Return whether it makes something of a record of a side."""
        return source == "outside" or not self.is_only_read

    def stay(self, target: Record) -> None:
        """Put what is only read, and the lists of which it selects an element outside, as they were last."""
        for path in filter(in_objects, self.paths("outside") if self.is_only_read else ()):
            if (value := get(self.last, path)) is not MISSING:
                put(target, path, copy(value))
        for items in map(selected_list, self.writes("outside")):
            if items is not None and get(target, items) is MISSING and isinstance(there := get(self.last, items), list):
                put(target, items, copy(there))

    def over(self, last: Record) -> Word:
        """Return the rule as it is where that was there last."""
        if not self.looks_back or not last:
            return self
        made = shallow(self)
        made.last = last
        return made

    def may(self, kind: frozenset[str]) -> bool:
        """Return whether the rule says why something of a kind may be lost; one text says it of any one kind.

        Of what the form of texts loses, `forgives` speaks.
        """
        return self.reasons is None or bool((self.reasons | (self.common - CHANGED)) & kind)

    def forgives(self, side: str, one: Record, other: Record) -> bool:
        """Return whether two records differ by no more than what the form of texts says that it loses."""
        column = self.scene.specs["outside"].column
        if column is None or not self.common & CHANGED:
            return False
        if self.removed(side, one, other) or self._is_emptied(column, side, one, other):
            return "W180" in self.common
        settled = column.settled if side == "inside" else column.normal
        return "W165" in self.common and self.equal(side, settled(one), settled(other))

    def _is_emptied(self, column: Column, side: str, one: Record, other: Record) -> bool:
        """Return whether an inside record has empty text, which means absent in the form of texts."""
        lost = [get(one, path) for path in self.paths(side) if get(other, path) is MISSING]
        return side == "inside" and any(item == "" and column.is_blank(item) for item in lost)

    def _spec(self, side: str) -> Spec:
        name, system = self.scene.names[side], self.scene.specs[side]
        nulls = self.raw.get("nulls", {}).get(name, system.nulls)
        absent = self.raw.get("when_absent", {}).get(name, system.when_absent)
        spec = Spec(nulls, MISSING if absent == "omit" else absent, is_cell=system.is_cell, column=system.column)
        if side == "inside" or spec.when_absent is MISSING:
            return spec
        place = partial(nearest, self.scene.schemas[side], self.scene.bases[side], spec.none)
        return replace(spec, above=cache(place))

    def is_there(self, side: str, record: Record) -> bool:
        """Return whether a record has a value that the rule writes."""
        return any(self.specs[side].read(record, path) is not MISSING for path in self.writes(side))

    @property
    def label(self) -> str:
        """How kinds of disagreements call this rule."""
        return self.kind

    @property
    def copies(self) -> bool:
        """Whether it lays a value there as it is, whatever the value is."""
        return False

    def reads(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule reads or writes."""
        return [one for path in self.paths(side) for one in with_selecting(path)]

    def keeps(self, side: str) -> list[Path]:
        """Return the fields of an element of a side that are kept with it."""
        return self.reads(side)

    def writes(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule writes."""
        return [] if side == "outside" and self.is_only_read else self.paths(side)

    def whole(self, side: str) -> list[Path]:
        """Return the fields of a side of which each is absent, or not, as a whole: a group is one."""
        return self.writes(side)

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        """Return the value inside of what is expected at an outside path, MISSING for none; of a table, the line's."""
        del inside
        return self.specs["outside"].read(expected, path)

    def touches(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule writes, or takes away where another one has written them."""
        return self.writes(side)

    def passes(self, source: str) -> list[Path]:
        """Return the paths that lead to what it reads of a side."""
        return self.paths(source)

    def blocked(self, source: str, record: Record) -> Iterator[Reason]:
        """Yield that a path leads through a value that is no object, or no list, and does not mean absent either."""
        for path in self.passes(source):
            for length in range(1, len(path)):
                value, step = get(record, path[:length]), path[length]
                if value is MISSING or value == {} or self.specs[source].is_none(value):
                    break
                if not isinstance(value, dict if isinstance(step, str) else list):
                    yield Reason(self.place, "path", path[:length])
                    return
                if fits_several(step, value):
                    yield Reason(self.place, "path", path[:length], "several", excused=True)
                    return

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        """Write what the rule makes of a record of the source side; yield why the record is rejected, if it is."""
        unread = list(self.unread(record)) if source == "outside" else []
        for path in unread:
            listed = finite(self.scene.schemas[source], self.scene.full(source, any_element(path)))
            is_blank = not str(get(record, path)).strip() and self.scene.specs[source].is_none("")
            yield Reason(self.place, "codec", path, excused=not listed or is_blank, unsaid=is_blank)
        if unread:
            return
        try:
            yield from self.convert(source, record, target)
        except UnsentError as error:
            yield Reason(self.place, "codec", error.path)

    def unread(self, record: Record) -> Iterator[Path]:
        """Yield where text stands, in what the rule reads of an outside record, that has not its form."""
        spec = self.specs["outside"]
        if spec.column is not None:
            for path in self.formed():
                yield from ((*path, *at) for at in spec.column.unread(spec.there(record, path)))

    def formed(self) -> list[Path]:
        """Return the outside fields that the rule has in no other form than that of all texts."""
        return self.paths("outside")

    @abstractmethod
    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        """Do what `translate` says, with texts that the form of the outside reads.

        Raises: UnsentError, where it does not write one.
        """

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        """Return whether two records of a side say the same to this rule."""
        return all(self.specs[side].equal(one, other, path, exact=exact) for path in self.paths(side))

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        """Return the line of the rule's table that decides on a record, None for none, and what kind of match it is."""
        del side, record
        return None, ""

    @property
    def table(self) -> list[Any]:
        """The lines of the rule's table, as they stand."""
        word = table_of(self.raw)
        lines: list[Any] = self.raw[word] if word else []
        return lines

    def standing(self, side: str, values: Iterable[Any], path: Path = ()) -> list[Any]:
        """Return values of lines as they stand in records: first as they are written, then in other forms.

        path: the field that they belong to, () for one of which the form is that of the rule.
        """
        del side, path
        return list(values)

    def is_made(self, side: str, value: Any) -> bool:
        """Return whether a line can meet a value of its own: one that a codec makes, where there is one."""
        del side, value
        return True

    def names_no_part(self, line: Any) -> bool:
        """Return whether a line names a member or a word that no value has in the form in which these stand."""
        del line
        return False

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        """Yield every value of a line of the table, or of `otherwise`, with the field to which it belongs."""
        del line
        yield from ()

    def hidden(self, line: int) -> bool:
        """Return whether a value of a line decides nothing, since a line above has it."""
        del line
        return False

    def has_flags(self, side: str) -> bool:
        """Return whether the fields of a side are flags, so that one which is absent says false."""
        del side
        return False

    def removed(self, side: str, one: Record, other: Record) -> bool:
        """Return whether a value that a codec reads is in one record and not in another: a loss of its own kind."""
        del side, one, other
        return False

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        """Return the values that the rule is made for, by full path."""
        del side
        return {}


def translated(words: Sequence[Word], source: str, record: Record, target: Record) -> list[Reason]:
    """Write what rules make of a record of the source side; return why it is rejected."""
    for word in words if source == "inside" else ():
        word.stay(target)
    words = sorted((word for word in words if word.goes(source)), key=lambda word: word.rank)
    reasons = [reason for word in words for reason in word.blocked(source, record)]
    return reasons or [reason for word in words for reason in word.translate(source, record, target)]


def paths_of(value: Any) -> list[Path]:
    """Return the paths that one side of a rule names: one, or several fields."""
    return [parse_path(text) for text in (value if isinstance(value, list) else [value])]


def in_objects(path: Path) -> bool:
    """Return whether a path leads through objects alone."""
    return all(isinstance(step, str) for step in path)


def full_hints(word: Word, side: str, values: Iterable[tuple[Path, Sequence[Any]]]) -> dict[Path, Sequence[Any]]:
    full = {word.scene.full(side, path): items for path, items in values if items}
    return {any_element(path[:-1] if path[-1] == ITSELF else path): items for path, items in full.items()}
