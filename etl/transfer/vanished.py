"""Complete extracts: what the outside had said, and does not say in the last file any more, is gone there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, runtime_checkable

from etl.mapping.terms import Sort
from etl.record import Key, printable
from etl.transfer.agreement import Agreement
from etl.transfer.batches import gathered
from etl.transfer.delivered import Newest
from etl.transfer.deliveries import Standing, file_of, fingerprint, standing
from etl.transfer.model import Candidate, Doubt, Item, Notice, Notify, Outcome, Result
from etl.transfer.prepare import Prepared, Preparer
from etl.transfer.seen import Seen


@runtime_checkable
class Extracting(Protocol):
    """A reader of files of which each may be all that the outside has."""

    @property
    def last(self) -> str:
        """The file that is read last, known once reading has begun; "" where there is none."""
        ...

    @property
    def extract(self) -> Newest | None:
        """The same, once it was read to its end, and nothing of it waits."""
        ...

    def older(self, extract: Newest, earlier: Newest) -> str:
        """Return by what an extract is older than one that was read before, in words; "" where it is not."""
        ...


@dataclass(slots=True)
class Vanished:
    """Finds what is missing in the last file.

    heard: yields the keys of which the outside has said something by the end of the last file, and not that there is
    none any more; some twice. known: returns what is agreed of keys. earlier: the last extract, in their order, that
    earlier runs have read. size: of a batch. lacking: told of the keys that the last file lacks, where that is not
    whole.
    """

    reader: Extracting
    heard: Callable[[], Iterable[Key]]
    known: Callable[[Iterable[Key]], Table[Key, Agreement]]
    earlier: Newest | None
    notify: Notify
    size: int
    lacking: Callable[[Key], None] = lambda _: None

    def over(self, prepare: Preparer) -> Preparer:
        """Return a preparer that adds, after the last record, one for each that is gone."""
        return lambda batches: self._prepared(prepare, batches)

    def _prepared(self, prepare: Preparer, batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        seen, count, spoilt, late, is_read = Seen(), 0, "", list[Key](), False
        for candidates, results in prepare(batches):
            mine = [candidate.key for candidate in candidates if file_of(candidate.item) == self.reader.last]
            refused = self._refused(results)
            for key in (*mine, *filter(None, (result.known_key for result in refused))):
                seen.add(key)
                is_read = True
            count += len(mine)
            late += self._late(candidates)
            spoilt = spoilt or (f"has a record that is rejected, {refused[0].item.origin}" if refused else "")
            yield candidates, results
        if not self.reader.last:
            return
        if why := spoilt or self._doubt(count):
            text = f"{self.reader.last} {why}, so nothing that is missing in it is taken for gone"
            self.notify(Notice(Doubt.INCOMPLETE, text))
            if is_read and (spoilt or self.reader.extract is None):
                self._tell_lacking(seen)
            return
        yield from self._gone(seen, late)

    def _tell_lacking(self, seen: Seen) -> None:
        for key in self.heard():
            if not seen.add(key):
                self.lacking(key)

    def _refused(self, results: Iterable[Result]) -> list[Result]:
        """Return what is rejected of the last file: that may be what seems to be gone."""
        bad = (result for result in results if result.outcome is Outcome.REJECTED)
        return [result for result in bad if file_of(result.item) == self.reader.last]

    def _doubt(self, count: int) -> str:
        extract = self.reader.extract
        if extract is None:
            return "may not be whole yet"
        if not count:
            return "is empty"
        if self.earlier is not None and (by := self.reader.older(extract, self.earlier)):
            return f"is older than {self.earlier.file}, {by}"
        return ""

    def _gone(self, seen: Seen, late: Iterable[Key]) -> Iterator[Prepared]:
        """Yield what is gone. late: keys that were gone before, and that an older file has as if they were news."""
        gone: list[Candidate] = []
        for key in chain(self.heard(), late):
            if not seen.add(key):
                gone.append(self._candidate(key))
            if len(gone) == self.size:
                yield gone, []
                gone = []
        if gone:
            yield gone, []

    def _late(self, candidates: Sequence[Candidate]) -> list[Key]:
        """Return the keys that are gone, and that older files have which no run has read: the last one still counts."""
        older = [one for one in candidates if one.sort is Sort.RECORD and file_of(one.item) != self.reader.last]
        known = gathered(self.known, {one.key for one in older}) if self.earlier is not None and older else {}
        gone = [(one, known[one.key]) for one in older if one.key in known and known[one.key].sort is Sort.GONE]
        return [one.key for one, agreed in gone if standing(one, fingerprint(one.source), agreed) is Standing.NEWS]

    def _candidate(self, key: Key) -> Candidate:
        file, name = self.reader.last, printable(", ".join(map(str, key)))
        return Candidate(Item(f"{file} without {name}", {}, part_of=file), key, {}, {}, sort=Sort.GONE)


def gone_again(prepare: Preparer) -> Preparer:
    """Return a preparer of conflicts, in which an empty record says that there is none. Receipts are their keys."""

    def prepared(batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        for batch in batches:
            gone = [Candidate(item, item.receipt, {}, {}, sort=Sort.GONE) for item in batch if item.record == {}]
            for candidates, results in prepare([[item for item in batch if item.record != {}]]):
                yield [*candidates, *gone], results

    return prepared
