"""Elements: what rules make of each element of a list, or of one object that is a group.

An element of which nothing is written is absent. With a key in it, an element is there exactly when its key is, and
elements are told apart by their keys: those that the target had last, and that have none, stay.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from etl.mapping.equality import distinct
from etl.mapping.paths import Path, assign, drop_emptied, get, written
from etl.mapping.rules.access import Step, means_absent, reader, seen
from etl.mapping.rules.key import is_part, key_refusal
from etl.mapping.selectors import Selector, select
from etl.mapping.terms import Field
from etl.record import ABSENT, NOTHING_KNOWN, Absent, Record, Scalar, Violation, shown

KeyOf: TypeAlias = tuple[Any, ...]
"""What tells an element from the others of its list."""


@dataclass(frozen=True, slots=True)
class Elements:
    """What is done with the elements of one list in one direction.

    steps: of all its rules; key_steps: of those with a key. written: the fields of an element that they write. keys:
    those of the key. is_whole: an element is one value, which is written whole. needs_object: paths lead into it.
    filler: what is written for an absent element, ABSENT for nothing; nothing: what is read as one, beside null.
    keeping: what is done instead of the steps to one that the target had, where what came goes back.
    """

    steps: Sequence[Step]
    key_steps: Sequence[Step]
    written: tuple[Field, ...]
    keys: tuple[Field, ...]
    is_whole: bool
    needs_object: bool
    filler: Scalar | Absent = ABSENT
    nothing: Scalar | Absent = ABSENT
    keeping: Sequence[Step] = ()

    def one(self, item: Any, last: Any, where: str, violations: list[Violation]) -> Any:
        """Return what becomes of one element; ABSENT for nothing. last: what the target had of it."""
        if item is None or (self.nothing is not ABSENT and distinct(item) == distinct(self.nothing)):
            return ABSENT
        if self.needs_object and not isinstance(item, dict):
            violations.append(Violation(where, "type", f"expected an object, found {shown(item)}"))
            return ABSENT
        made: Record = {}
        wrong: list[Violation] = []
        before = last if isinstance(last, dict) else NOTHING_KNOWN
        for step in self.keeping if before and self.keeping else self.steps:
            step(item, before, made, wrong)
        violations.extend(Violation(_inner(where, v.path), v.code, v.message) for v in wrong)
        if not wrong and self._is_absent(made):
            return ABSENT
        return written(made, ()) if self.is_whole else made

    def _is_absent(self, made: Record) -> bool:
        """Return whether nothing was written, or nothing that is a value, or no key."""
        if any(reader(field)(made) is ABSENT for field in self.keys):
            return True
        return not made or all(means_absent(field, written(made, field.path)) for field in self.written)

    def every(self, items: list[Any], last: Any, where: str, violations: list[Violation]) -> list[Any]:
        """Return what becomes of a list. last: what the target had in its place."""
        if self.keys:
            return self._keyed(items, last if isinstance(last, list) else [], where, violations)
        made = (self.one(item, None, f"{where}[{index}]", violations) for index, item in enumerate(items))
        return [self.filler if one is ABSENT else one for one in made if one is not ABSENT or self.filler is not ABSENT]

    def without(self, last: Any) -> Any:
        """Return what is left of what the target had last where the source has nothing: elements without a key."""
        left = self._keyed([], last, "", []) if self.keys and isinstance(last, list) else []
        return left or ABSENT

    def before(self, made: Any, last: Any) -> Record:
        """Return what the target had last of an element."""
        key = self.key_of(made) if self.keys else None
        return next((one for one in last if self.key_of(one) == key), {}) if key and isinstance(last, list) else {}

    def _keyed(self, items: list[Any], last: list[Any], where: str, violations: list[Violation]) -> list[Any]:
        before = {key: one for one in last if (key := self.key_of(one)) is not None}
        made: dict[KeyOf, Any] = {}
        for index, item in enumerate(items):
            at = f"{where}[{index}]"
            if (key := self._key_made(item, at, violations)) is None:
                continue
            if key in made:
                violations.append(Violation(at, "key", "another element of the list has the same key"))
            old = before.get(key)
            if (one := self.one(item, old, at, violations)) is not ABSENT:
                made[key] = one if old is None else self._beside(old, one)
        stay = [(self.key_of(one), one) for one in last]
        kept = [copy.deepcopy(one) if key is None else made.pop(key) for key, one in stay if key is None or key in made]
        return [*kept, *made.values()]

    def _key_made(self, item: Any, where: str, violations: list[Violation]) -> KeyOf | None:
        """Return the key that an element gets, None where it has none; it is text or whole numbers."""
        made: Record = {}
        if not isinstance(item, dict):
            if item is not None:
                violations.append(Violation(where, "type", f"expected an object, found {shown(item)}"))
            return None
        wrong: list[Violation] = []
        for step in self.key_steps:
            step(item, NOTHING_KNOWN, made, wrong)
        violations.extend(Violation(_inner(where, one.path), one.code, one.message) for one in wrong)
        key = None if wrong else self.key_of(made)
        if key is not None:
            parts = [get(made, field.path) for field in self.keys]
            violations.extend(Violation(where, "key", key_refusal(part)) for part in parts if not is_part(part))
        return key

    def key_of(self, element: Any) -> KeyOf | None:
        """Return the key that an element of the target has, None where it has none."""
        return key_of(element, self.keys)

    def _beside(self, old: Record, made: Record) -> Record:
        """Return an element with what was made of it, beside what no rule writes."""
        after = copy.deepcopy(old)
        for field in self.written:
            value = get(made, field.path)
            assign(after, field.path, value)
            if value is ABSENT:
                drop_emptied(after, {}, field.path)
        return after


def key_of(element: Any, keys: Sequence[Field]) -> KeyOf | None:
    """Return what tells an element from others, None where part of that is absent."""
    if not isinstance(element, dict):
        return None
    found = tuple(seen(field, reader(field)(element)) for field in keys)
    return None if any(part is ABSENT for part in found) else tuple(map(distinct, found))


def selecting(element: Any, keys: Sequence[Field]) -> Selector | None:
    """Return the selector of an element by its key, None where it has none that selects."""
    parts = [(field.path, get(element, field.path)) for field in keys]
    if not keys or key_of(element, keys) is None or not all(is_part(value) for _, value in parts):
        return None
    return select(*((names(path), value) for path, value in parts))


def names(path: Path) -> tuple[str, ...]:
    """Return the names of a path that is nothing but names."""
    return tuple(str(step) for step in path)


def _inner(where: str, path: str) -> str:
    """Return the text of a path in an element."""
    return where + (path if not path or path.startswith("[") else f".{path}")
