"""Whose records: which outside records a mapping imports, asked before anything else is.

What is not imported is still known by its key, since a work order may be known that has come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.rules.access import reader
from etl.mapping.rules.conditions import Accepted, accepted_text, acceptor
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.key import key_reader
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Field, Side, Sort
from etl.record import ABSENT, Key, Record, shown


@dataclass(frozen=True, slots=True)
class Selection:
    """Tells the outside records of one mapping apart.

    matches: whether one is imported. why: says why one is not, "" of one that is. why_not_again: the same of one that
    was sent, as far as rules write what decides. keys: translates its key.
    """

    matches: Callable[[Record], bool]
    why: Callable[[Record], str]
    why_not_again: Callable[[Record], str]
    keys: Translator

    def sort_of(self, record: Record) -> Sort:
        """Return what a record is to the mapping."""
        return Sort.RECORD if self.matches(record) else Sort.ASIDE

    def key_of(self, record: Record) -> Key | None:
        """Return the key of a record, whatever else is in it; None where it has none."""
        _, key, violations = self.keys(record)
        return None if violations else key


def compile_selection(mapping: Mapping) -> Selection | None:
    """Return what tells the outside records of a mapping apart; None where all are imported."""
    if not mapping.import_when:
        return None
    owned = mapping.owned_paths(Side.OUTSIDE)
    steps, read_key = compiled_rules(mapping.keys, Direction.INBOUND), key_reader(mapping.keys, Direction.INBOUND)
    return Selection(
        _holding(mapping.import_when),
        _saying(mapping.import_when),
        _saying((field, accepted) for field, accepted in mapping.import_when if field.path in owned),
        Translator(steps, read_key, makes_inside=True),
    )


def _holding(conditions: Iterable[tuple[Field, Accepted]]) -> Callable[[Record], bool]:
    """Return a function that says whether a record has all that is asked of it."""
    asked = [(reader(field), acceptor(accepted)) for field, accepted in conditions]

    def holds(record: Record) -> bool:
        for read, accepts in asked:  # noqa: SIM110 - a generator costs more, for every record
            if not accepts(read(record)):
                return False
        return True

    return holds


def _saying(conditions: Iterable[tuple[Field, Accepted]]) -> Callable[[Record], str]:
    asked = [(format_path(field.path), accepted, reader(field), acceptor(accepted)) for field, accepted in conditions]

    def said(record: Record) -> str:
        values = ((name, accepted, read(record), accepts) for name, accepted, read, accepts in asked)
        return "; ".join(
            f"{name} is {'absent' if value is ABSENT else shown(value)}, and import_when asks for "
            f"{accepted_text(accepted)}"
            for name, accepted, value, accepts in values
            if not accepts(value)
        )

    return said
