"""What every word has in common: the sides of a rule, absent values, reasons to reject, and what to try."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from copy import copy as shallow
from dataclasses import replace
from functools import cache, cached_property, partial
from itertools import islice, product
from typing import Any, ClassVar

from tests.generated.case import SIDES, Place, table_of
from tests.generated.records import edges
from tests.generated.schemas import whole
from tests.generated.validator import Validator
from tests.generated.values import (
    ITSELF,
    MISSING,
    Path,
    Record,
    among,
    any_element,
    copy,
    drop,
    get,
    parse_path,
    put,
    selected_list,
    with_selecting,
)
from tests.generated.words.above import nearest
from tests.generated.words.around import above, fits_several
from tests.generated.words.scene import MANY, Reason, Scene, Spec


class Word(ABC):
    """One rule, by the documentation."""

    kind: ClassVar[str]
    two_way: bool = True

    def __init__(self, raw: dict[str, Any], place: Place, scene: Scene) -> None:
        self.raw, self.place, self.scene = raw, place, scene
        reasons = raw.get("lossy", {})
        self.reasons: frozenset[str] | None = frozenset(reasons) if isinstance(reasons, dict) else None
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
        """Return whether the rule says why something of a kind may be lost; one text says it of any one kind."""
        return self.reasons is None or bool(self.reasons & kind)

    def _spec(self, side: str) -> Spec:
        name, system = self.scene.names[side], self.scene.specs[side]
        nulls = self.raw.get("nulls", {}).get(name, system.nulls)
        absent = self.raw.get("when_absent", {}).get(name, system.when_absent)
        spec = Spec(nulls, MISSING if absent == "omit" else absent, is_cell=system.is_cell)
        if side == "inside" or spec.when_absent is MISSING:
            return spec
        place = partial(nearest, self.scene.schemas[side], self.scene.bases[side], spec.when_absent)
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

    @abstractmethod
    def paths(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule is about."""

    def reads(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule reads or writes."""
        return [one for path in self.paths(side) for one in with_selecting(path)]

    def keeps(self, side: str) -> list[Path]:
        """Return the fields of an element of a side that are kept with it."""
        return self.reads(side)

    def writes(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule writes."""
        return [] if side == "outside" and self.is_only_read else self.paths(side)

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
                if value is MISSING or value == {} or self.specs[source].absent(value):
                    break
                if not isinstance(value, dict if isinstance(step, str) else list):
                    yield Reason(self.place, "path", path[:length])
                    return
                if fits_several(step, value):
                    yield Reason(self.place, "path", path[:length], "several", excused=True)
                    return

    @abstractmethod
    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        """Write what the rule makes of a record of the source side; yield why the record is rejected, if it is."""

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

    def standing(self, side: str, values: Iterable[Any]) -> list[Any]:
        """Return values of lines as they stand in records: first as they are written, then in other forms."""
        del side
        return list(values)

    def is_made(self, side: str, value: Any) -> bool:
        """Return whether a line can meet a value of its own: one that a codec makes, where there is one."""
        del side, value
        return True

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

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        """Return values worth trying at a path, beside those at the edges of its schema."""
        del path
        spec = self.specs[side]
        return [*spec.nulls, *([] if spec.when_absent is MISSING else [spec.when_absent])]

    def gone(self, side: str, path: Path) -> Any:
        """Return what an absent value is that the schema takes: none at all, or null where it requires the field."""
        above = self.scene.nodes(side, path[:-1])
        return None if any(path[-1] in node.get("required", ()) for node in above) else MISSING

    def choices(self, side: str, path: Path) -> list[Any]:
        """Return the values to try at a path; MISSING and None first."""
        schema = self.scene.schemas[side]
        found: list[Any] = [MISSING, None]
        nodes = self.scene.nodes(side, path)
        for item in [
            *self.to_try,
            *self.extra(side, path),
            *(value for node in nodes for value in edges(schema, node, side)),
        ]:
            if not among(item, found):
                found.append(item)
        return found

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        """Yield records that differ from `base` in what the rule reads."""
        paths = self.paths(side)
        for path in paths:
            for length in range(1, len(path)):
                others = [*Word.extra(self, side, path), *above(base, path[:length], path[length])]
                yield from (changed(base, {path[:length]: item}) for item in (MISSING, None, *others))
        for item in self.short(side, paths[0]) if len(paths) > 1 else ():
            yield changed(base, dict.fromkeys(paths, item))
        choices = [self.choices(side, path) for path in paths]
        if len(paths) == 1:
            for item in choices[0]:
                yield changed(base, {paths[0]: item})
            return
        for path, items in zip(paths, choices, strict=True):
            for item in items:
                yield changed(base, {path: item})
        if 1 < len(paths) < 5:  # no value in any of them, by whatever is not there
            nothing = (MISSING, None, *Word.extra(self, side, paths[0]))
            gone = ([(path, None), *((path[:1], item) for item in nothing)] for path in paths)
            yield from (changed(base, dict(one)) for one in islice(product(*gone), MANY))
        for together in islice(product(*(self.short(side, path) for path in paths)), MANY):
            yield changed(base, dict(zip(paths, together, strict=True)))

    def short(self, side: str, path: Path) -> list[Any]:
        """Return the few values to combine with those of other fields."""
        return self.choices(side, path)[:6]


def translated(words: Sequence[Word], source: str, record: Record, target: Record) -> list[Reason]:
    """Write what rules make of a record of the source side; return why it is rejected."""
    for word in words if source == "inside" else ():
        word.stay(target)
    words = sorted((word for word in words if word.goes(source)), key=lambda word: word.rank)
    reasons = [reason for word in words for reason in word.blocked(source, record)]
    return reasons or [reason for word in words for reason in word.translate(source, record, target)]


def changed(base: Record, values: dict[Path, Any]) -> Record:
    """Return a record with other values; MISSING takes a field away."""
    made: Record = copy(base)
    for path, item in values.items():
        if item is MISSING:
            drop(made, path)
        else:
            put(made, path, copy(item))
    return made


def with_more(record: Record, path: Path) -> Record:
    """Return a record with one more member, or element, in what stands at a path; as it is where that is neither."""
    there = get(record, path)
    if isinstance(there, list):
        return changed(record, {path: [*there, *there[-1:]]})
    return changed(record, {path: {**there, "more": "more"}}) if isinstance(there, dict) else record


def fits(scene: Scene, side: str, path: Path, value: Any) -> bool:
    """Return whether a value may lie at a path by itself."""
    schema = scene.schemas[side]
    nodes = whole(schema, scene.full(side, path))
    return any(Validator({**node, "$defs": schema.get("$defs", {})}, side).accepts(value) for node in nodes)


def paths_of(value: Any) -> list[Path]:
    """Return the paths that one side of a rule names: one, or several fields."""
    return [parse_path(text) for text in (value if isinstance(value, list) else [value])]


def in_objects(path: Path) -> bool:
    """Return whether a path leads through objects alone."""
    return all(isinstance(step, str) for step in path)


def full_hints(word: Word, side: str, values: Iterable[tuple[Path, Sequence[Any]]]) -> dict[Path, Sequence[Any]]:
    full = {word.scene.full(side, path): items for path, items in values if items}
    return {any_element(path[:-1] if path[-1] == ITSELF else path): items for path, items in full.items()}
