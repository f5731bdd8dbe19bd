"""What the outside has said and is not taken over, unread or rejected: whoever sends leaves the records of these keys.

Told something else, the outside would count as changed later than it was, and win over an edit that nobody has
compared with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from typing import Final, Protocol, TypeAlias, runtime_checkable

from etl.mapping.terms import Sort
from etl.record import Key, Record
from etl.transfer.agreement import Agreement
from etl.transfer.births import Births
from etl.transfer.compare import brings_news, is_held
from etl.transfer.deliveries import comes_before, file_of, fingerprint, natural
from etl.transfer.ledger import Remembered
from etl.transfer.loop import Read
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Doubt, Item, Notice, Notify, Outcome, Result, result_of
from etl.transfer.seen import key_mark

_Cause: TypeAlias = tuple[Doubt, str]
_Place: TypeAlias = tuple[str, str]
"""The file in which an item came, and what a person calls it."""

_UNREAD: Final = (
    Doubt.UNREAD,
    "for an import: the outside has said something of them that was not read: run both directions",
)
_REJECTED: Final = Doubt.REJECTED, "for what the outside says of them, which was rejected: see `etl dead-letters list`"
_REFUSED: Final = (
    Doubt.REJECTED,
    "for what the outside says of them, which an import rejects: run both directions, and see `etl dead-letters list`",
)
_UNCLEAR: Final = Doubt.UNREAD, "for a decision on what the outside says, which may be theirs: see `etl conflicts list`"
_LACKING: Final = Doubt.UNREAD, "for a complete extract that is whole: the last one lacks them"


@runtime_checkable
class Waiting(Protocol):
    """A reader that leaves deliveries for later."""

    def waiting(self, size: int) -> Iterator[list[Item]]:
        """Yield the records of those that the last reading has left, as far as they can be read."""
        ...

    def torn(self, size: int) -> Iterator[list[Item]]:
        """Yield the records of the others that the last reading has left, since they may not be whole."""
        ...


class Unread:
    """Knows of which keys the outside says something that is not taken over: that was rejected, or only looked at.

    It keeps a number for each that was only looked at, so that a million of them fit in memory. births: finds records
    without a key.
    """

    def __init__(self, ledger: Remembered, merger: Merger, births: Births | None) -> None:
        self._ledger = ledger
        self._merger = merger
        self._births = births
        self._marks: set[int] = set()
        self._rejected: dict[int, _Place] = {}
        self._spoilt: dict[int, _Place] = {}
        self._why_rejected: _Cause = _REJECTED
        self._lacking: set[int] = set()
        self._nameless: dict[int, _Cause] = {}
        self._compared: set[tuple[Key, bytes]] = set()

    def leave_out(self, records: Iterable[tuple[Key, Record]]) -> None:
        """Take outside records for read, by their keys: whoever sends has just compared them itself."""
        self._compared.update((key, fingerprint(record)) for key, record in records)

    def note(self, results: Sequence[Result]) -> None:
        """Note what was rejected; of a key that several outside records have, the one that is read last counts."""
        self._note(results, self._rejected, self._why_rejected)

    def note_looked_at(self, results: Sequence[Result]) -> None:
        """Note what an import would reject, where there is none: nobody keeps it."""
        self._why_rejected = _REFUSED
        self.note(results)

    def note_waiting(self, results: Sequence[Result]) -> None:
        """Note what is rejected in a delivery that waits: it is unread as well."""
        self._note(results, self._spoilt, _UNREAD)

    def _note(self, results: Sequence[Result], rejected: dict[int, _Place], cause: _Cause) -> None:
        for result in results:
            if result.outcome is Outcome.REJECTED and result.known_key:
                place, mark = _place_of(result.item), key_mark(result.known_key)
                if mark not in rejected or self._follows(place, rejected[mark]):
                    rejected[mark] = place
        for result in results if rejected else ():
            if result.outcome is not Outcome.REJECTED and result.candidate is not None:
                mark = key_mark(result.candidate.key)
                if mark in rejected and self._follows(_place_of(result.item), rejected[mark]):
                    del rejected[mark]
        if self._births is not None:
            self._note_births(self._births, results, {Outcome.REJECTED: cause, Outcome.CONFLICT: _UNCLEAR})

    def _follows(self, place: _Place, other: _Place) -> bool:
        """Return whether what lies at a place is read after what lies at another one, as far as anybody can tell."""
        (file, origin), (before, at) = place, other
        return natural(origin) >= natural(at) if file == before else not comes_before(file, before, self._merger.rank)

    def _note_births(self, births: Births, results: Sequence[Result], causes: Table[Outcome, _Cause]) -> None:
        """Note what waits for its key, and may be what was not taken over: sent as new, it would be there twice."""
        for outcome, cause in causes.items():
            left = [known for r in results if r.outcome is outcome and (known := _candidate_of(r)) is not None]
            agreed = self._ledger.load([candidate.key for candidate in left if candidate.key])
            self._nameless.update((key_mark(key), cause) for key in births.matched(left, (), agreed))

    def note_lacking(self, key: Key) -> None:
        """Note a key that the outside may have deleted: a complete extract lacks it that is not whole."""
        self._lacking.add(key_mark(key))

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Look at candidates; of a key that several have, at the last one, as an import would."""
        return self._look(candidates, self._brings_news)

    def compare_waiting(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Look at candidates of a delivery that waits: such may come again and again, and say what was said before."""
        return self._look(candidates, self._differs)

    def _look(
        self, candidates: Sequence[Candidate], is_news: Callable[[Candidate, bytes, Agreement], bool]
    ) -> list[Change[None]]:
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        changes: list[Change[None]] = []
        for candidate in candidates:
            print_, known = fingerprint(candidate.source), agreed.get(candidate.key)
            waits = is_held(candidate, print_, known, self._merger.rank)
            is_read = waits or (candidate.key, print_) in self._compared
            if not is_read and (known is None or is_news(candidate, print_, known)):
                self._marks.add(key_mark(candidate.key))
            changes.append(Change(candidate, Outcome.UNCHANGED, hold=waits))
        if self._births is not None:  # what waits for its key may be what the outside has made of it, or has as well
            self._marks.update(map(key_mark, self._births.matched(candidates, (), agreed)))
        return changes

    def _brings_news(self, candidate: Candidate, print_: bytes, agreed: Agreement) -> bool:
        return brings_news(candidate, print_, agreed, self._merger)

    def _differs(self, candidate: Candidate, print_: bytes, agreed: Agreement) -> bool:
        """Return whether it brings news, and not just what the outside has said last: that stays no news, once sent."""
        is_record = candidate.sort is agreed.sort is Sort.RECORD
        says_the_same = (
            is_record and agreed.seen is not None and self._merger.same_values(candidate.target, agreed.seen)
        )
        return not says_the_same and self._brings_news(candidate, print_, agreed)

    def apply(self, changes: Sequence[Change[None]]) -> list[Result]:
        """Write nothing."""
        return [result_of(change) for change in changes]

    def left(self, read: Read, key_of: Callable[[Item], Key | None], notify: Notify) -> Read:
        """Return what reads none of which the outside says what is not taken over. notify: told how many those are."""

        def others(size: int) -> Iterator[list[Item]]:
            waiting = Counter[_Cause]()
            for batch in read(size):
                causes = [self._cause(key_mark(key_of(item))) for item in batch]
                waiting.update(cause for cause in causes if cause is not None)
                yield [item for item, cause in zip(batch, causes, strict=True) if cause is None]
            for doubt, why in (_UNREAD, _REJECTED, _REFUSED, _UNCLEAR, _LACKING):
                if count := waiting[doubt, why]:
                    notify(Notice(doubt, f"{count} {'waits' if count == 1 else 'wait'} {why}"))

        known = self._marks, self._rejected, self._spoilt, self._lacking, self._nameless
        return others if any(known) else read

    def is_left(self, key: Key) -> bool:
        """Return whether the outside says something of a key that is not taken over."""
        return self._cause(key_mark(key)) is not None

    def _cause(self, mark: int) -> _Cause | None:
        """Return why a record waits; None where it does not."""
        if mark in self._rejected:
            return self._why_rejected
        if mark in self._marks or mark in self._spoilt:
            return _UNREAD
        return _LACKING if mark in self._lacking else self._nameless.get(mark)


def _place_of(item: Item) -> _Place:
    return file_of(item), item.origin


def _candidate_of(result: Result) -> Candidate | None:
    """Return what a record was translated to, as far as it was; None where it could not be read."""
    item = result.item
    if result.candidate is not None or item.legible is None or result.target is None:
        return result.candidate
    return Candidate(item, result.key, item.legible, result.target)
