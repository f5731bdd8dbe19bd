"""What both sides last agreed on, rule by rule: what the outside said, what it was told, and what the inside had."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from etl.mapping.equality import same
from etl.mapping.paths import Path, assign, get, only_name
from etl.mapping.terms import Sort
from etl.record import ABSENT, Record
from etl.transfer.unit import Unit

Projection: TypeAlias = Callable[[Record], Record]

Oscillation: TypeAlias = tuple[bytes, int]
"""What the last import replaced by what, and how often in a row it did just that."""

Noted: TypeAlias = dict[str, Any]
"""Inside values by the text of their path; null for one that is absent. It has all paths of a rule, or none."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a run was about to do to an inside record.

    values: inside values that it would write. stamps: top-level fields that say when. done: what is agreed once it is
    done; None where an earlier version of the engine has not said.
    """

    values: Noted
    stamps: Record = field(default_factory=dict)
    done: Agreement | None = None


@dataclass(slots=True)
class Agreement:
    """What is remembered of one key; not frozen, see `etl.transfer.model`.

    fingerprint: of the outside record that was last decided on, b"" if none was. file: what that was called.
    deliveries: by a mark of a file's name, the fingerprint of what it last held. seen: the inside values that the
    outside last said. told: those that it was told since, and has not said itself. had: where it has said nothing since
    it was told first, or deleted its record: what it had before it was told something else. inside: the inside values
    of that moment, where they are neither. is_normalised: `told` is what the inside values come to when they go out and
    come back, and what they were is not known. sent: by rule, a mark of what an outbound-only one wrote last. shared:
    several outside records had this key when it was last read. oscillations: by rule. intent: what a run was about to
    do to the inside record. telling: what a run that died may have told the outside, rule by rule. is_unsure: what was
    sent last is not known, since such a run may have sent the record otherwise, or since it said no more than the
    outside, which now says something else. record_sent: a mark of what lasts in the record as the outside was last sent
    it. lacks: the outside fields that had no value when it last said something, where what it meant does not show that;
    None where that is not known. sort: what the outside record that was last decided on is to the mapping. is_gone: it
    was told last that the record is deleted.
    told_whole: what the first form of this memory had in the place of `told`. kept: by the mark of a rule, how its
    outside values lie, as JSON, where it would write them otherwise. rest: what no rule writes of the outside record,
    as JSON, where all of it goes back; b"" for nothing.
    """

    fingerprint: bytes = b""
    file: str = ""
    deliveries: Table[bytes, bytes] = field(default_factory=dict)
    seen: Record | None = None
    told: Noted = field(default_factory=dict)
    had: Noted = field(default_factory=dict)
    inside: Noted = field(default_factory=dict)
    is_normalised: bool = False
    sent: Table[str, bytes] = field(default_factory=dict)
    shared: bool = False
    oscillations: Table[str, Oscillation] = field(default_factory=dict)
    intent: Intent | None = None
    telling: Noted = field(default_factory=dict)
    is_unsure: bool = False
    record_sent: bytes = b""
    lacks: Sequence[str] | None = ()
    is_gone: bool = False
    sort: Sort = Sort.RECORD
    told_whole: Record | None = None
    kept: Table[bytes, bytes] = field(default_factory=dict)
    rest: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever said or told."""
        return self.seen is None and not (self.told or self.telling or self.told_whole is not None)

    @property
    def is_had(self) -> bool:
        """Whether the outside is known to have the record: it said so, or was told of it, and neither deleted it."""
        told = self.told or self.told_whole is not None or self.record_sent
        return not self.is_gone and (self.seen is not None or bool(told))

    @property
    def may_be_had(self) -> bool:
        """Whether the outside has the record, or was perhaps told of it by a run that died."""
        return self.is_had or self.is_unsure

    @property
    def is_unknown(self) -> bool:
        """Whether nothing was ever agreed, not even that the outside has deleted its record."""
        return self.is_empty and self.sort is not Sort.GONE

    def oscillations_after(self, changed: Iterable[Unit], desired: Record, current: Record) -> dict[str, Oscillation]:
        """Return how often in a row each changed unit has been changed from and to just these values."""
        oscillations = dict(self.oscillations)
        for unit in changed:
            mark = change_mark(unit, current, desired)
            before, count = oscillations.get(unit.name, (b"", 0))
            oscillations[unit.name] = (mark, count + 1 if mark == before else 1)
        return oscillations

    def said(self, unit: Unit) -> Sequence[Any]:
        """Return what the outside last said of a rule."""
        return values_of(self.seen or {}, unit)

    def first(self, unit: Unit) -> Sequence[Any] | None:
        """Return what the outside has of a rule until it takes up what it is told next; None where that is nothing."""
        if self.seen is not None:
            return self.said(unit)
        every = (noted(values, unit) for values in (self.had, self.told, self.telling))
        return next((values for values in every if values is not None), None)

    def is_old(self, unit: Unit, values: Sequence[Any]) -> bool:
        """Return whether values of a rule are what the outside has until it takes up what it was told."""
        had = noted(self.had, unit) if self.seen is None else self.said(unit)
        return had is not None and alike(values, had)

    def known(self, unit: Unit) -> Sequence[Any]:
        """Return what the outside was last told of a rule, else what it last said."""
        told = noted(self.told, unit)
        return self.said(unit) if told is None else told

    def is_over(self, unit: Unit, values: Sequence[Any]) -> bool:
        """Return whether the outside has values of a rule that is sent once, and is told nothing of it any more."""
        return unit.is_once and self.is_had and alike(values, self.known(unit))

    def ours(self, unit: Unit) -> Sequence[Any]:
        """Return the inside values of a rule at the last agreement."""
        inside = noted(self.inside, unit)
        return self.known(unit) if inside is None else inside

    def base(self, units: Iterable[Unit]) -> Record:
        """Return the inside values of these rules at the last agreement, as a record."""
        made: Record = {}
        for unit in units:
            for path, value in zip(unit.paths, self.ours(unit), strict=True):
                assign(made, path, ABSENT if value is None else value)
        return made


def values_of(record: Record, unit: Unit) -> Sequence[Any]:
    """Return the values of a record at the paths of a rule."""
    if unit.keyed is None:
        return [get(record, path) for path in unit.paths]
    return [unit.view(get(record, path)) for path in unit.paths]


def noted(values: Noted, unit: Unit) -> Sequence[Any] | None:
    """Return what was noted of a rule, None where nothing was: an edited mapping may have other paths."""
    if unit.within is not None:
        whole = noted(values, unit.within)
        return None if whole is None else values_of(as_record(unit.within, whole), unit)
    if not values or not all(text in values for text in unit.texts):
        return None
    return [values[text] for text in unit.texts]


def as_record(unit: Unit, values: Sequence[Any]) -> Record:
    """Return the values of a rule as a record of their own."""
    made: Record = {}
    for path, value in zip(unit.paths, values, strict=True):
        assign(made, path, ABSENT if value is None else value)
    return made


def note(values: Noted, unit: Unit, what: Sequence[Any] | None) -> None:
    """Note the values of a rule; None takes away what was noted."""
    for text in unit.texts:
        values.pop(text, None)
    if what is not None:
        values.update((text, None if value is ABSENT else value) for text, value in zip(unit.texts, what, strict=True))


def other_values(units: Iterable[Unit], meant: Record, made: Record | None) -> Noted:
    """Return the inside values of rules where what was made of a document is not what the record means by itself."""
    found: Noted = {}
    if made is None:
        return found
    for unit in units:
        values = values_of(made, unit)
        note(found, unit, None if alike(values, values_of(meant, unit)) else values)
    return found


def alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Return whether two rules' values are the same."""
    return all(map(same, one, other))


def in_this_form(agreed: Agreement, units: Iterable[Unit]) -> Agreement:
    """Return an agreement of the first form as one of this form."""
    whole = agreed.told_whole
    if whole is None:
        return agreed
    told: Noted = {}
    for unit in units:
        values = values_of(whole, unit)
        if unit.is_two_way and (agreed.seen is None or not alike(values, agreed.said(unit))):
            note(told, unit, values)
    return replace(agreed, told=told, is_normalised=True, told_whole=None)


def projection(paths: Iterable[Path]) -> Projection:
    """Return `part` for these paths."""
    every = tuple(paths)
    names = dict.fromkeys(filter(None, map(only_name, every)))
    if len(names) < len(every):
        return lambda record: part(record, every)
    return lambda record: {name: record[name] for name in names if name in record}


def part(record: Record, paths: Iterable[Path]) -> Record:
    """Return a record with the values of `record` at these paths only."""
    made: Record = {}
    for path in paths:
        if len(path) > 1:
            if (value := get(record, path)) is not ABSENT:
                assign(made, path, value)
        elif path[0] in record:
            made[str(path[0])] = record[path[0]]
    return made


def change_mark(unit: Unit, before: Record, after: Record) -> bytes:
    """Return 8 bytes that tell one change of a unit's values from another."""
    text = repr(list(zip(values_of(before, unit), values_of(after, unit), strict=True)))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest()
