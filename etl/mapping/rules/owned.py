"""What in a field belongs to tables: members of its list, or words of its text, each in the form of its table.

The rule that maps the field passes over them where it reads, and leaves them where it writes. Where the codec of that
rule reads the form of its system as well, or members stand in a text, the value is taken apart first, as tables see it.
"""

from __future__ import annotations

from typing import Any

from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct, same
from etl.mapping.rules.conditions import Condition, Parts, part_key, parts_of
from etl.mapping.terms import Field, Others
from etl.record import ABSENT


class Owned:
    """Tells what in the values of a field belongs to tables, and what does not."""

    def __init__(self, field: Field, others: Others) -> None:
        form = field.form if field.by_codec else None
        self._forms = [one for one in (form, others.whole) if one is not None]
        self._keys = [(distinct(name), form) for name, form in others.named]
        self._lacking = {
            kind: [Condition(lacks=(name,), parts=kind, form=form) for name, form in others.named] for kind in Parts
        }
        self._nothing: tuple[Any, ...] = ([], "", [""]) if others.whole is not None else ([], "")
        self._is_emptied = others.is_emptied

    def passed_over(self, value: Any) -> Any:
        """Return a value without what belongs to tables; ABSENT where nothing else is in it."""
        apart = self._apart(value)
        if not isinstance(apart, list | str):
            return value
        left: Any = apart
        for condition in self._lacking[_kind(apart)]:
            left = condition.written(left)
        if left == apart:
            return ABSENT if apart in ([], "") and not self._is_emptied else value
        if left in self._nothing:
            return self._together(type(apart)()) if self._is_emptied else ABSENT
        try:
            return self._together(left)
        except CodecError:
            return value  # what is in it is refused where it is written

    def beside(self, value: Any, last: Any) -> Any:
        """Return a value with what the last one had that belongs to tables; ABSENT where there is nothing to add.

        Where the value is what the last one had beside that, it is the last one, in its order.

        Raises:
            CodecError: when the two cannot stand beside each other.

        """
        there, was = self._apart(value), self._apart(last)
        stay = [part for part in parts_of(was, _kind(was)) or () if self._is_owned(part)]
        if not stay or not (there is ABSENT or type(there) is type(was)):
            return ABSENT
        if same(value, self.passed_over(last)):
            return last
        if isinstance(was, list):
            return self._together([*([] if there is ABSENT else there), *stay])
        return self._together(" ".join([*([there] if isinstance(there, str) and there else []), *stay]))

    def first_in(self, value: Any) -> Any:
        """Return the first of what is in a value that belongs to tables; ABSENT for nothing."""
        apart = self._apart(value)
        there = parts_of(apart, _kind(apart)) if isinstance(apart, list | str) else None
        return next((part for part in there or () if self._is_owned(part)), ABSENT)

    def _is_owned(self, part: Any) -> bool:
        return any(part_key(part, form) == key for key, form in self._keys)

    def _apart(self, value: Any) -> Any:
        """Return a value as tables see it; what has not its form stays, and is told by whoever reads it."""
        made = value
        for form in self._forms if value is not ABSENT else ():
            try:
                made = form.read(made)
            except CodecError:
                return value
        return made

    def _together(self, value: Any) -> Any:
        for form in reversed(self._forms):
            value = form.lay(value)
        return value


def _kind(value: Any) -> Parts:
    return Parts.MEMBERS if isinstance(value, list) else Parts.WORDS
