"""Whether both sides agree: every outside record against its inside one, then every inside one that none was for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from etl.mapping.paths import Path
from etl.mapping.terms import Side
from etl.record import Record, Violation
from etl.transfer.agreement import Agreement, same_at
from etl.transfer.compare import fingerprint
from etl.transfer.conflicts import values_at
from etl.transfer.endpoint import KeyedReader, LookUp
from etl.transfer.ledger import Remembered
from etl.transfer.loop import Read
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Item, Outcome, Result, result_of
from etl.transfer.plan import displayed


@dataclass(frozen=True, slots=True)
class Verification:
    """Compares records, and says what differs: agreeing ones are unchanged, others in conflict. names: of both sides.

    met: the hashes of the keys that outside records have; a number each, so that a million of them fit in memory.
    """

    records: LookUp
    ledger: Remembered
    merger: Merger
    names: Table[Side, str]
    met: set[int] = field(default_factory=set)

    def compare_outside(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Compare outside records with inside ones; hold those of a key that several have: the last one counts."""
        keys = [candidate.key for candidate in candidates]
        agreed, found = self.ledger.load(keys), self.records.find(keys).records
        return [self._outside(c, found.get(c.key), agreed.get(c.key)) for c in candidates]

    def compare_inside(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Compare inside records with what the outside was last told of them."""
        agreed = self.ledger.load([candidate.key for candidate in candidates])
        return [self._inside(candidate, agreed.get(candidate.key)) for candidate in candidates]

    def apply_outside(self, changes: Sequence[Change[None]]) -> list[Result]:
        """Write nothing, and note which keys were met."""
        self.met.update(hash(change.candidate.key) for change in changes)
        return self.apply_inside(changes)

    def apply_inside(self, changes: Sequence[Change[None]]) -> list[Result]:
        """Write nothing."""
        return [result_of(change) for change in changes]

    def remaining(self, reader: KeyedReader) -> Read:
        """Return what reads the inside records that no outside one was for."""

        def read(size: int) -> Iterator[list[Item]]:
            for batch in reader.batches(size):
                keyed = [(item, reader.key_of(item)) for item in batch]
                yield [item for item, key in keyed if key is None or hash(key) not in self.met]

        return read

    def _outside(self, candidate: Candidate, record: Record | None, agreed: Agreement | None) -> Change[None]:
        if not candidate.last and agreed is not None and agreed.shared:
            return Change(candidate, Outcome.UNCHANGED, hold=True)
        if record is None:
            why = f"{self.names[Side.OUTSIDE]} has it, {self.names[Side.INSIDE]} has not"
            return _judged(candidate, (Violation("", "only outside", why),))
        said = candidate.target
        if agreed is not None and agreed.sent is not None and agreed.fingerprint == fingerprint(candidate.source):
            said = agreed.sent
        return _judged(candidate, self._differences(said, record))

    def _inside(self, candidate: Candidate, agreed: Agreement | None) -> Change[None]:
        if agreed is None or not agreed.base:
            why = f"{self.names[Side.INSIDE]} has it, {self.names[Side.OUTSIDE]} was never told"
            return _judged(candidate, (Violation("", "only inside", why),))
        return _judged(candidate, self._differences(agreed.base, candidate.source))

    def _differences(self, said: Record, record: Record) -> tuple[Violation, ...]:
        """Return what differs between the inside values that the outside has and those of an inside record."""
        suspects = [unit for unit in self.merger.units if not same_at(said, record, unit.paths)]
        settled = self.merger.normalise(record) if suspects else record
        differing = [unit for unit in suspects if not same_at(said, settled, unit.paths)]
        return tuple(Violation(u.name, "differs", self._difference(said, record, u.paths)) for u in differing)

    def _difference(self, said: Record, record: Record, paths: Sequence[Path]) -> str:
        outside, inside = self.names[Side.OUTSIDE], self.names[Side.INSIDE]
        return f"{outside} has {_values(said, paths)}, {inside} {_values(record, paths)}"


def _judged(candidate: Candidate, reasons: tuple[Violation, ...]) -> Change[None]:
    return Change(candidate, Outcome.CONFLICT if reasons else Outcome.UNCHANGED, reasons=reasons)


def _values(record: Record, paths: Sequence[Path]) -> str:
    return ", ".join(map(displayed, values_at(record, paths).values()))
