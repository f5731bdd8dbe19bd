"""`cases`: groups of fields that correspond."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy as shallow
from dataclasses import replace
from typing import Any

from tests.generated.case import SIDES
from tests.generated.schemas import finite
from tests.generated.values import MISSING, Path, Record, among, parse_path, selected_list, take_away
from tests.generated.words.base import Word
from tests.generated.words.codec import Codec, NotUnderstoodError
from tests.generated.words.conditions import (
    UNWRITABLE,
    Cell,
    accepts,
    asks,
    cell,
    in_parts,
    marks,
    members,
    named,
    own_marks,
    parted,
    plain,
    said,
    samples,
    written,
)
from tests.generated.words.laid import changed, fits, takes
from tests.generated.words.parts import Parts
from tests.generated.words.scene import OTHER, Reason, Scene
from tests.generated.words.table import Table, UnreadError

Pattern = dict[Path, Cell]


class Cases(Table):
    """Lines of a pattern for either system."""

    kind = "cases"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.lines = [{side: self.pattern(side, line) for side in SIDES} for line in self.table]
        otherwise = raw.get("otherwise", {})
        self.otherwise = {side: self.pattern(side, otherwise) for side in SIDES if scene.names[side] in otherwise}
        self.patterns = {side: [*(line[side] for line in self.lines), self.otherwise.get(side, {})] for side in SIDES}
        self.fields = {side: self._fields(side) for side in SIDES}
        self.parts = self._parts()
        """The fields whose members or words stand in a form, each with that."""
        for pattern in self.patterns["outside"]:
            pattern.update({path: in_parts(pattern[path], self.parts[path]) for path in self.parts if path in pattern})
        if self.parts and set(self.parts) == set(self.fields["outside"]):
            self.specs["outside"] = replace(self.specs["outside"], blank=False)
        accepted = {
            side: {path: [pattern[path] for pattern in self.patterns[side] if path in pattern] for path in paths}
            for side, paths in ((side, self.paths(side)) for side in SIDES)
        }
        self.accepted: dict[str, dict[Path, list[Cell]]] = accepted
        self.asks = any(map(asks, (one for cells in accepted.values() for found in cells.values() for one in found)))
        selects = any(selected_list(path) is not None for path in self.paths("outside"))
        self.looks_back = self.asks or selects or bool(self.only_read)

        self.shared: dict[str, dict[Path, Word]] = {side: {} for side in SIDES}
        """The fields that other rules write, each with that rule."""
        self.joint: dict[Path, list[Cases]] = {}
        """The outside fields of which several tables name members or words, each with the tables before this one."""
        self.laid: Record | None = None
        """What lies beside it, where these rules do not write it."""

    def _parts(self) -> dict[Path, Parts]:
        """Return the outside fields of which lines name members or words, where these stand in a form."""
        if self.codec is None:
            return {}
        form, found = self.scene.codec(self.raw["as"]), {}
        for path in self.fields["outside"]:
            if part := parted([pattern[path] for pattern in self.patterns["outside"] if path in pattern]):
                found[path] = Parts.of(part, form, self.codec)
        return found

    def codec_at(self, side: str, path: Path) -> Codec | None:
        return None if side == "outside" and path in self.parts else super().codec_at(side, path)

    def names_no_part(self, line: Any) -> bool:
        column = self.specs["outside"].column
        for path, accepted in self.pattern("outside", line).items():
            if part := parted([accepted]):
                parts = self.parts.get(path, Parts(part))
                if not all(parts.is_there(item, column) for item in marks(accepted)):
                    return True
        return False

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        """Return the value of a field as lines have it; members between separators of a text are a list."""
        value, parts = super().inward(path, expected, inside), self.parts.get(path)
        return parts.found(value) if parts is not None and parts.separator and isinstance(value, str) else value

    def only_asks(self, side: str) -> Callable[[Path], bool]:
        """Return what says of a field whether no line writes a value of it: all ask of it, or take it away."""
        return lambda path: not any(map(plain, self.accepted[side][path]))

    def writes(self, side: str) -> list[Path]:
        return [path for path in super().writes(side) if path not in self.shared[side]]

    def touches(self, side: str) -> list[Path]:
        return super().writes(side)

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        """Return whether two records say the same; what another rule writes, that rule says."""
        one, other = (self._own(side, record, exact=exact) for record in (one, other))
        return super().equal(side, one, other, exact=exact)

    def _own(self, side: str, record: Record, *, exact: bool) -> Record:
        """Return a record without what other rules say of it: of members and words those that lines name are there."""
        values: dict[Path, Any] = dict.fromkeys(self.shared[side], MISSING)
        for path in self.joint if side == "outside" and not exact else ():
            values[path] = own_marks(self.accepted[side][path], self.specs[side].read(record, path)) or MISSING
        return changed(record, values) if values else record

    def pattern(self, side: str, line: Any) -> Pattern:
        """Return what a line, or `otherwise`, says of the fields of a side."""
        return {parse_path(name): cell(value) for name, value in line.get(self.scene.names[side], {}).items()}

    @property
    def label(self) -> str:
        return f"{super().label} with conditions" if self.asks else super().label

    def _fields(self, side: str) -> list[Path]:
        return list(dict.fromkeys(path for pattern in self.patterns[side] for path in pattern))

    def paths(self, side: str) -> list[Path]:
        return self.fields[side]

    def values(self, side: str, record: Record) -> dict[Path, Any]:
        return {path: self.read(side, record, path) for path in self.paths(side)}

    def decided(self, source: str, record: Record) -> tuple[int | None, dict[Path, Any] | None]:
        """Return the line that decides on a record, and what is written by it; None where no line is left."""
        values, other = self.values(source, record), OTHER[source]
        lines = [index for index, line in enumerate(self.lines) if _matches(line[source], values)]
        last = self.values(other, self.last) | self._beside(source, record)
        for index in lines:
            made = self._written(other, self.lines[index][other], last)
            if all(value is not UNWRITABLE for value in made.values()):
                self._follow(other, index, made, last)
                return index, made
        pattern = self.otherwise.get(other)
        if pattern is None:
            return None, None
        made = self._written(other, pattern, last)
        self._follow(other, None, made, last)
        return None, made

    def _follow(self, side: str, line: int | None, made: dict[Path, Any], last: dict[Path, Any]) -> None:
        """Put what is only read beside what a line writes, None for `otherwise`."""
        if side == "inside" or not self.only_read:
            return
        own = self.otherwise.get(side, {}) if line is None else self.lines[line][side]
        others = [pattern for pattern in self.patterns[side] if pattern is not own]

        def named(path: Path) -> list[Any]:
            cells = [pattern[path] for pattern in (own, *others) if path in pattern]
            return [one for accepted in cells for one in said(accepted)]

        def is_read(values: dict[Path, Any]) -> bool:
            state = {path: last[path] for path in self.shared[side]} | values
            return next((at for at, one in enumerate(self.lines) if _matches(one[side], state)), None) == line

        self.following(made, named, is_read)

    def beside(self, laid: Record) -> Cases:
        """Return the table as it is where that was laid beside it on the side that is written."""
        made = shallow(self)
        made.laid = laid
        return made

    def _beside(self, source: str, record: Record) -> dict[Path, Any]:
        """Return what other rules have written where this one asks, by path."""
        other = OTHER[source]
        before = {path: tables for path, tables in self.joint.items() if tables} if other == "outside" else {}
        made: Record = {} if self.laid is None else self.laid
        words = [*self.shared[other].values(), *(table for tables in before.values() for table in tables)]
        for word in sorted(words, key=lambda word: word.rank) if self.laid is None else ():
            any(map(bool, word.over(self.last).translate(source, record, made)))
        return {path: self.read(other, made, path) for path in (*self.shared[other], *before)}

    def _comes_later(self, side: str, path: Path) -> bool:
        """Return whether tables before it have written members, or words, of a field."""
        return side == "outside" and bool(self.joint.get(path))

    def names_of(self, other: Cases, path: Path) -> bool:
        """Return whether a member, or a word, is named by this table and another one, or is found in another way."""
        one, beside = self.parts.get(path, Parts()), other.parts.get(path, Parts())
        found = [[mark for cell in table.accepted["outside"][path] for mark in marks(cell)] for table in (self, other)]
        return one.separator != beside.separator or any(
            one.is_one(mine, beside, its) for mine in found[0] for its in found[1]
        )

    def _written(self, side: str, pattern: Pattern, last: dict[Path, Any]) -> dict[Path, Any]:
        """Return what a pattern writes over what is there, by path; where lines ask for members, that stays.

        So does what another rule writes, where the pattern does not name it.
        """
        made: dict[Path, Any] = {}
        silent = {*self.only_read} if side == "outside" else set()
        paths = (one for one in self.paths(side) if one not in silent)
        for path in (one for one in paths if one in pattern or one not in self.shared[side]):
            asked = parted(self.accepted[side][path])
            try:
                value = written(pattern[path], last[path]) if path in pattern else last[path] if asked else MISSING
            except NotUnderstoodError:
                raise UnreadError(Reason(self.place, "codec", path)) from None
            is_empty = bool(asked) and value in ([], "")
            is_none = is_empty and (self.specs[side].absent(value) or not fits(self.scene, side, path, value))
            made[path] = MISSING if is_none else value
        return made

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        try:
            line, _ = self.decided(side, record)
        except UnreadError:
            return None, "unread"
        if line is None:
            return None, "otherwise"
        values, pattern = self.values(side, record), self.lines[line][side]
        if any(value is not MISSING and path not in pattern for path, value in values.items()):
            return line, "unnamed field"
        return line, "" if _matches({path: cells[:1] for path, cells in pattern.items()}, values) else "list"

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        try:
            yield from self._translate(source, record, target)
        except UnreadError as error:
            yield error.reason

    def _translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        _, made = self.decided(source, record)
        if made is None:
            values = self.values(source, record)
            matched = any(_matches(line[source], values) for line in self.lines)
            excused = not matched and self._open(source, values)
            detail = "unwritable" if matched else "no line"
            yield Reason(self.place, "table", next(iter(values), ()), detail, excused=excused)
            return
        other = OTHER[source]
        before = self._beside(source, record) if self.joint else {}
        for path, value in made.items():
            if other == "outside" and path in self.only_read:
                self.lay_only_read(target, path, value)
                continue
            if value is MISSING and before.get(path) is MISSING and path not in self.shared[other]:
                continue  # it has nothing to take away
            is_shared = path in self.shared[other]
            if value is MISSING and (is_shared or self._comes_later(other, path)):
                take_away(target, path)
            if value is MISSING or not is_shared:
                self.lay(other, target, path, value)

    def _open(self, source: str, values: dict[Path, Any]) -> bool:
        """Return whether one of the values is none that a schema or the table lists, and that no line takes."""
        schema = self.scene.schemas[source]
        return any(
            value is not MISSING
            and not finite(schema, self.scene.full(source, path))
            and not among(value, self.named(source, path))
            and self._lists(source, path, value)
            for path, value in values.items()
        )

    def _lists(self, source: str, path: Path, value: Any) -> bool:
        """Return whether a table says by the values that it names of a field which there are. value: another one."""
        patterns = [line[source] for line in self.lines]
        is_taken = any(path not in pattern or accepts(pattern[path], value) for pattern in patterns)
        names_some = any(item is not MISSING for item in self.named(source, path))
        return len(self.paths(source)) == 1 or (names_some and not is_taken)

    def named(self, side: str, path: Path) -> list[Any]:
        """Return the values that lines name, and those with what they ask to be in a value."""
        accepted = self.accepted[side][path]
        found = [*(item for one in accepted for item in named(one)), *samples(accepted)]
        return [item for index, item in enumerate(found) if not among(item, found[:index])]

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        for side in SIDES:
            for path, items in self.pattern(side, line).items():
                yield from ((side, path, item) for item in named(items))
                yield from ((side, (*path, "*"), item) for item in members(items))

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        return self.hints_of({path: self.named(side, path) for path in self.paths(side)}, side)

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        return [*self.standing(side, self.named(side, path), path), *super().extra(side, path)]

    def short(self, side: str, path: Path) -> list[Any]:
        cells = list(map(self.specs[side].sent, self.standing(side, self.named(side, path), path)))
        others = [*self.choices(side, path)[2:], *map(self.specs[side].sent, ("other", 77))]
        more = [item for item in others if not among(item, cells)]
        there = (item for item in more if not self.specs[side].is_none(item) and takes(self.scene, side, path, item))
        count = 6 if parted(self.accepted[side][path]) else 4
        return [*cells[:count], self.gone(side, path), next(there, more[0])]


def _matches(pattern: Pattern, values: dict[Path, Any]) -> bool:
    return all(accepts(accepted, values[path]) for path, accepted in pattern.items())
