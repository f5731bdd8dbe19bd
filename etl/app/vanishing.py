"""Complete extracts: what is missing in the last one counts as deleted outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etl.app.deliveries import last_extract
from etl.mapping.terms import Sort
from etl.record import Key
from etl.transfer.deliveries import file_of
from etl.transfer.model import Item, Notify, Outcome, Result
from etl.transfer.prepare import Prepared, Preparer
from etl.transfer.seen import key_mark
from etl.transfer.vanished import Extracting, Vanished

if TYPE_CHECKING:
    from etl.app.session import Session


def finding_gone(
    session: Session, prepare: Preparer, notify: Notify, size: int, heard: Callable[[], Iterable[Key]] | None = None
) -> Preparer:
    """Return an inbound preparer that finds what is gone, where each delivery is all that the outside has.

    heard: see `Vanished`; None where what is decided is remembered at once, or nothing is decided.
    """
    reader = session.outside_reader
    if not session.mapping.files.pickup.complete or not isinstance(reader, Extracting):
        return prepare
    ledger, earlier = session.ledger, last_extract(session.runs)
    lacking = session.unread.note_lacking
    return Vanished(reader, heard or ledger.heard, ledger.load, earlier, notify, size, lacking).over(prepare)


def leaving_gone(session: Session, prepare: Preparer, size: int) -> Preparer:
    """Return an inbound preparer that passes over what older extracts have and the last one, which is whole, lacks."""
    reader = session.outside_reader
    if not session.mapping.files.pickup.complete or not isinstance(reader, Extracting):
        return prepare
    there: set[int] = set()
    for candidates, _ in prepare(reader.batches(size)):
        there.update(key_mark(one.key) for one in candidates if file_of(one.item) == reader.last)
    if reader.extract is None:
        return prepare

    def prepared(batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        for candidates, results in prepare(batches):
            yield [one for one in candidates if key_mark(one.key) in there], results

    return prepared


@dataclass(frozen=True, slots=True)
class Passing:
    """Which records a run would make of an older extract, and mark as deleted since the last one lacks them.

    made: of each key that would be made of an older extract, whether it could still be marked as deleted.
    """

    session: Session
    made: dict[Key, bool] = field(default_factory=dict)

    def heard(self) -> Iterator[Key]:
        """Yield the keys of which the outside would have said something by the end of the last extract."""
        yield from self.session.ledger.heard()
        yield from self.made

    def deletes(self, result: Result) -> bool:
        """Return whether a result would mark a record as deleted that the same run would have made; note what is made.

        It is asked of each result, in their order.
        """
        candidate, reader = result.candidate, self.session.outside_reader
        if candidate is None or not self.session.mapping.files.pickup.complete or not isinstance(reader, Extracting):
            return False
        if candidate.sort is Sort.GONE:
            return self.made.get(candidate.key, False)
        if result.outcome is Outcome.CREATED and file_of(candidate.item) != reader.last:
            self.made[candidate.key] = not self.session.merger.is_deleted(candidate.target)
        return False
