"""Whose records: which outside records a mapping imports, asked before anything else is.

What is not imported is still known by its key, since a work order may be known that has come of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from etl.mapping.model import Mapping, Tombstone
from etl.mapping.paths import assign, format_path
from etl.mapping.rules.access import reader
from etl.mapping.rules.conditions import Accepted, accepted_text, acceptor, asker
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.key import key_reader
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Field, Side, Sort
from etl.record import ABSENT, Key, Record, Violation, shown

Asked: TypeAlias = Callable[[Record, Record | None], bool]
"""Says whether a record has what is asked of it, and of what stands around it, where that is known."""


def never(record: Record, around: Record | None = None) -> bool:
    """Return that it is none."""
    del record, around
    return False


def _itself(record: Record, around: Record | None = None) -> Record:
    del around
    return copy.copy(record)


@dataclass(frozen=True, slots=True)
class Selection:
    """Tells the outside records of one mapping apart.

    matches: whether one is imported. why: says why one is not, "" of one that is. why_not_again: the same of one that
    was sent, as far as rules write what decides. keys: translates its key. is_gone: whether one says that there is none
    any more. key_record: returns a record in which the key of such a one stands where it does in any. key_names: where
    it stands in such a one, by where it does in any.
    """

    matches: Asked
    why: Callable[[Record, Record | None], str]
    why_not_again: Callable[[Record, Record | None], str]
    keys: Translator
    is_gone: Asked = never
    key_record: Callable[[Record, Record | None], Record] = _itself
    key_names: Table[str, str] = field(default_factory=dict)

    def sort_of(self, record: Record, around: Record | None = None) -> Sort:
        """Return what a record is to the mapping. around: what the document says in which it lies, if that is known."""
        if self.is_gone(record, around):
            return Sort.GONE
        return Sort.RECORD if self.matches(record, around) else Sort.ASIDE

    def key_of(self, record: Record, sort: Sort, around: Record | None = None) -> tuple[Key, list[Violation]]:
        """Return the key of a record, whatever else is in it, with what is wrong with it."""
        if sort is not Sort.GONE:
            _, key, violations = self.keys(record)
            return key, violations
        _, key, violations = self.keys(self.key_record(record, around))
        return key, [replace(one, path=self.key_names.get(one.path, one.path)) for one in violations]

    def skipped(self, record: Record, around: Record | None = None) -> str:
        """Return why a record is not translated, "" of one that is."""
        if self.is_gone(record, around):
            return "it says that its record is deleted, as deleted_when asks"
        return self.why(record, around)


def compile_selection(mapping: Mapping) -> Selection | None:
    """Return what tells the outside records of a mapping apart; None where all are imported."""
    if not mapping.import_when and mapping.tombstone is None:
        return None
    owned, tombstone = mapping.owned_paths(Side.OUTSIDE), mapping.tombstone
    steps, read_key = compiled_rules(mapping.keys, Direction.INBOUND), key_reader(mapping.keys, Direction.INBOUND)
    gone: tuple[Any, ...] = ()
    if tombstone is not None:
        pairs = zip(mapping.keys, tombstone.keys, strict=False)
        names = {format_path(rule.outside[0].path): named(there) for rule, there in pairs}
        gone = (_holding(tombstone.asked, unknown=False), _key_record(mapping, tombstone), names)
    return Selection(
        _holding(mapping.import_when, unknown=True),
        _saying(mapping.import_when),
        _saying((one, accepted) for one, accepted in mapping.import_when if one.path in owned and not one.is_around),
        Translator(steps, read_key, makes_inside=True),
        *gone,
    )


def named(field: Field) -> str:
    """Return how a mapping names a field of which something is asked."""
    text = format_path(field.path) + (f"[].{format_path(field.of_each)}" if field.of_each else "")
    return f"$.{text}" if field.is_around else text


def _reader(field: Field) -> Callable[[Record, Record | None], Any]:
    """Return a function that reads a field of a record, or of what stands around it."""
    read = reader(field)
    if field.is_around:
        return lambda _record, around: read(around or {})
    return lambda record, _around: read(record)


def _key_record(mapping: Mapping, tombstone: Tombstone) -> Callable[[Record, Record | None], Record]:
    """Return what makes of a tombstone a record with its key, where that stands in any record."""
    if not tombstone.keys:
        return _itself
    moves = [(_reader(field), rule.outside[0].path) for field, rule in zip(tombstone.keys, mapping.keys, strict=True)]

    def made(record: Record, around: Record | None) -> Record:
        found: Record = {}
        for read, path in moves:
            assign(found, path, read(record, around))
        return found

    return made


def _holding(conditions: Iterable[tuple[Field, Accepted]], *, unknown: bool) -> Asked:
    """Return a function that says whether a record has all that is asked of it.

    unknown: what is said of what stands around a record where that is not known.
    """
    accepting = asker if unknown else acceptor  # nothing is deleted since something has another form
    asked = [(_reader(field), accepting(accepted), field.is_around) for field, accepted in conditions]

    def holds(record: Record, around: Record | None = None) -> bool:
        for read, accepts, is_around in asked:
            if is_around and around is None:
                if not unknown:
                    return False
            elif not accepts(read(record, around)):
                return False
        return True

    return holds


def _saying(conditions: Iterable[tuple[Field, Accepted]]) -> Callable[[Record, Record | None], str]:
    asked = [
        (named(field), accepted, _reader(field), asker(accepted), field.is_around) for field, accepted in conditions
    ]

    def said(record: Record, around: Record | None = None) -> str:
        values = (
            (name, accepted, read(record, around), accepts)
            for name, accepted, read, accepts, is_around in asked
            if not is_around or around is not None
        )
        return "; ".join(
            f"{name} is {'absent' if value is ABSENT else shown(value)}, and import_when asks for "
            f"{accepted_text(accepted)}"
            for name, accepted, value, accepts in values
            if not accepts(value)
        )

    return said
