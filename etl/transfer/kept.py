"""What is kept of the outside: how values lie there, where the rules would write them otherwise; and what it was last.

It is remembered of what is only read, for the rules that look back, and for all that go both ways where the mapping
says `keep`. A rule of which a run that died may have told the outside something is as if nothing were kept of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from etl.mapping.equality import same_at
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign, format_path
from etl.mapping.rules.expected import paths_only_read
from etl.mapping.rules.kept import Held, Lying, held_of
from etl.mapping.rules.rest import Rest, WithRest, rest_of
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.terms import Direction, Keep, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record
from etl.transfer.agreement import Agreement, alike, noted
from etl.transfer.unit import Unit

_NO_REST: Final = rest_of(())


def _itself(record: Record) -> Record:
    return record


def _nothing(record: Record) -> Record:
    del record
    return {}


@dataclass(frozen=True, slots=True)
class Keeper:
    """Knows what is kept for one mapping.

    keep: as the mapping says. held: that of which something is kept. units: what every import writes. meant: what
    an outside record means inside. writes: what the rules write of an inside record, as it is read. as_read: an outside
    record as it is read again. rest: what no rule writes of an outside record. always: whether some rule has to know
    what the target was last, whatever is kept.
    """

    keep: Keep = Keep.NOTHING
    held: tuple[Lying, ...] = ()
    units: tuple[Unit, ...] = ()
    meant: Callable[[Record], Record | None] = _nothing
    writes: Callable[[Record], Record] = _nothing
    as_read: Callable[[Record], Record] = _itself
    rest: Rest = _NO_REST
    always: bool = False

    @property
    def recalls(self) -> bool:
        """Whether anything is ever kept, or has to be known of what the outside was last."""
        return bool(self.held) or self.keep is Keep.WHOLE

    @property
    def reads_alike(self) -> bool:
        """Whether what lies outside counts as what was sent where it says as much, in another form."""
        return self.keep is not Keep.NOTHING and any(isinstance(one, Held) for one in self.held)

    def heard(self, outside: Record, meant: Record, before: Agreement | None, after: Agreement) -> Agreement:
        """Return what is agreed, with what is kept of a record that has come.

        Of a rule of which the outside has not said yet what it was told, that is what was kept when it was told. So it
        is of one that means what it meant in the record that is read again: how it was sent since counts.
        """
        if not self.recalls:
            return _without(after)
        kept = self._lying(outside, meant)
        again = before is not None and (before.file, before.fingerprint) == (after.file, after.fingerprint)
        for unit in self.units:
            if unit.mark and (noted(after.told, unit) is not None or (again and _says_the_same(before, after, unit))):
                kept.pop(unit.mark, None)
                if before is not None and unit.mark in before.kept:
                    kept[unit.mark] = before.kept[unit.mark]
        return replace(after, kept=kept, rest=self._rest(outside))

    def sent(self, expected: Record, meant: Record | None, agreed: Agreement) -> Agreement:
        """Return what is agreed, with what is kept once the outside has a record. meant: None where it says no news."""
        if not self.recalls:
            return _without(agreed)
        known = {one.mark for one in self.held}
        if meant is None:
            kept = {mark: lying for mark, lying in agreed.kept.items() if mark in known}
        else:
            kept = self._lying(self.as_read(expected), meant)
        return agreed if kept == dict(agreed.kept) else replace(agreed, kept=kept)

    def last(self, agreed: Agreement, record: Record) -> Record:
        """Return the outside record of an inside one as it was last known; {} where it matters to no rule.

        It is what the rules write of what the outside was told, else of what it said, with what is kept in its place.
        What is known of no agreement, and what a run that died may have told otherwise, is as the inside record has it.
        """
        doubtful = {unit.mark for unit in self.units if noted(agreed.telling, unit) is not None}
        certain = [unit for unit in self.units if unit.mark not in doubtful] if doubtful else self.units
        kept = [
            (one, agreed.kept[one.mark]) for one in self.held if one.mark in agreed.kept if one.mark not in doubtful
        ]
        rest = agreed.rest if self.keep is Keep.WHOLE else b""
        if not (kept or rest or self.always) or agreed.is_empty:
            return NOTHING_KNOWN
        made = self.writes(_as_known(record, agreed, certain))
        for one, cells in kept:
            one.lay(made, cells)
        if not rest:
            return made
        left = orjson.loads(rest)
        self.rest.lay(made, left)
        return WithRest(made, left)

    def says_as_much(self, one: Record, other: Record, path: Path) -> bool:
        """Return whether two outside records mean the same in the rule that keeps what lies at a path."""
        rule = next((one.rule for one in self.held if isinstance(one, Held) and path in one.paths), None)
        if rule is None or self.keep is Keep.NOTHING:
            return False
        first, second = self.meant(one), self.meant(other)
        inside = rule.paths(Side.INSIDE)
        return first is not None and second is not None and same_at(first, second, inside)

    def _lying(self, outside: Record, meant: Record) -> dict[bytes, bytes]:
        """Return how values lie in a record, of the rules that would write otherwise what it means."""
        plain = self.writes(meant)
        pairs = ((one.mark, one.lying(outside), one.lying(plain)) for one in self.held)
        return {mark: lying for mark, lying, written in pairs if lying != written}

    def _rest(self, outside: Record) -> bytes:
        if self.keep is not Keep.WHOLE:
            return b""
        rest = self.rest(outside)
        return orjson.dumps(rest, option=orjson.OPT_SORT_KEYS) if rest else b""


KEEPS_NOTHING: Final = Keeper()


def make_keeper(mapping: Mapping, units: Sequence[Unit], inward: Translator) -> Keeper:
    """Return what keeps for a mapping. inward: its inbound direction."""
    held = held_of(mapping.rules, mapping.keep)
    read = paths_only_read(mapping)
    two_way = replace(mapping, rules=tuple(rule for rule in mapping.rules if rule.only is None))
    outward, as_read = compile_mapping(two_way, Direction.OUTBOUND), mapping.files.as_read

    def meant(outside: Record) -> Record | None:
        made, _, violations = inward.meaning(outside)
        return None if violations else made

    def writes(inside: Record) -> Record:
        return as_read(outward(inside)[0])

    always = mapping.keep is not Keep.NOTHING or any(one.rule.looks_back(Direction.OUTBOUND) for one in held)
    every: tuple[Lying, ...] = (*held, Lying(read)) if read else held
    return Keeper(mapping.keep, every, tuple(units), meant, writes, as_read, rest_of(mapping.rules), always)


def values_kept(mapping: Mapping, agreed: Agreement) -> Record:
    """Return what is kept by the text of its path, null where there is no value, for people."""
    held = [one for one in held_of(mapping.rules, mapping.keep) if one.mark in agreed.kept]
    cells = [pair for one in held for pair in zip(one.paths, orjson.loads(agreed.kept[one.mark]), strict=True)]
    return {format_path(path): cell[0] if len(cell) == 1 else None for path, cell in cells}


def _says_the_same(before: Agreement | None, after: Agreement, unit: Unit) -> bool:
    return before is not None and before.seen is not None and alike(before.said(unit), after.said(unit))


def _without(agreed: Agreement) -> Agreement:
    return replace(agreed, kept={}, rest=b"") if agreed.kept or agreed.rest else agreed


def _as_known(record: Record, agreed: Agreement, units: Iterable[Unit]) -> Record:
    """Return an inside record with the values that the outside has; its own nested values are not touched."""
    made = dict(record)
    for unit in units:
        for path, value in zip(unit.paths, agreed.known(unit), strict=True):
            if len(path) > 1 and path[0] in made:
                made[str(path[0])] = _copied(made[str(path[0])])
            assign(made, path, ABSENT if value is None else value)
    return made


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
