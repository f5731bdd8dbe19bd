"""A case before the judge: its oracle, what the engine says of it, and the records to judge by."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import count, islice, product
from pathlib import Path as FilePath
from random import Random
from typing import Any, Final

from etl import Mapping, MappingError
from etl.errors import Finding
from etl.mapping.load import examine
from tests.generated.adding import adding, with_selected
from tests.generated.bases import accepted_like, filled
from tests.generated.case import SIDES, Case, Place
from tests.generated.oracle import Oracle, Verdict
from tests.generated.records import Maker
from tests.generated.selectors import Selector
from tests.generated.staying import staying
from tests.generated.values import MISSING, Path, Record, get, overlap, parse_path, same
from tests.generated.words.around import selecting
from tests.generated.words.base import Word
from tests.generated.words.copied import Copied
from tests.generated.words.laid import changed, with_more
from tests.generated.words.nested import Nested, all_in
from tests.generated.words.scene import FEW, MANY, OTHER, Reason
from tests.generated.written import text, write

DRAWN: Final = 8
TRIED: Final = 24
LAST: Final = 12
"""How many records are drawn for a side, how many are made of one of them for each rule, and may have been there."""


class Court:
    """A case with its oracle, the engine's mapping and findings, and the records to judge by."""

    def __init__(self, case: Case, folder: FilePath) -> None:
        self.case, self.folder = case, folder
        self.file = write(case, folder)
        self.mapping: Mapping | None = None
        try:
            self.mapping, self.findings = examine(self.file)
        except MappingError as error:
            self.findings = list(error.findings)
        self.oracle = Oracle(case)
        self.rng = Random(zlib.crc32(text(case).encode()))
        self._verdicts: dict[tuple[str, str, str], Verdict] = {}
        self._lasts: dict[tuple[str, int], list[Record]] = {}
        self._tried: dict[tuple[str, Place], tuple[list[tuple[Record, Verdict]], Iterator[tuple[Record, Verdict]]]] = {}
        self.bases: dict[str, Record | None] = dict.fromkeys(SIDES)
        self.fullest: dict[str, Record] = {}
        """Of each side the record that says most, whatever becomes of it."""
        self.pool: dict[str, list[tuple[Record, Verdict]]] = {}

    def gather(self) -> None:
        """Draw records of both sides, change each in what one rule reads, and send what is accepted on."""
        for side in SIDES:
            hints: dict[Path, Sequence[Any]] = {}
            for word in self.oracle.words:
                hints |= {path: word.standing_there(side, items) for path, items in word.hints(side).items()}
                for path, items in selecting(word, side):
                    hints[path] = [*hints.get(path, ()), *items]
            made = Maker(self.case.schema(side), side, hints, self.rng).endless()
            tried = (self.as_read(side, record) for record in islice(made, 4 * DRAWN))
            drawn = list(islice((record for record in tried if self.legal(side, record)), DRAWN))
            self.pool[side] = [(record, self.verdict(side, record)) for record in drawn]
            if drawn:
                self._change(side)
        for side in SIDES:
            for _, verdict in list(self.pool[OTHER[side]]):
                record = self.made(OTHER[side], verdict)
                if self.is_read(OTHER[side], verdict) and self.legal(side, record):
                    self.pool[side].append((record, self.verdict(side, record)))
        for side in SIDES:
            if self.pool[side] and side not in self.fullest:
                self._change(side)
            self.pool[side] = list({repr(record): (record, verdict) for record, verdict in self.pool[side]}.values())

    def _change(self, side: str) -> None:
        """Of the records of a side choose those to change, and change them in what each rule reads."""
        drawn = [record for record, _ in self.pool[side]]
        bases = [record for record, verdict in self.pool[side] if verdict.accepted] or drawn
        self.fullest[side] = filled(self, side, max(drawn, key=lambda record: len(str(record))))
        self.bases[side] = accepted_like(self, side, max(bases, key=lambda record: len(str(record))))
        for word in self.oracle.words:
            self.pool[side] += islice(self.tried(side, word), TRIED)

    def verdict(self, side: str, record: Record, last: Record | None = None) -> Verdict:
        """Return what becomes of a record of a side, where that was on the other one last; asked once of each."""
        last = last if self.oracle.looks_back else None
        key = (side, repr(record), repr(last))
        if key not in self._verdicts:
            self._verdicts[key] = self.oracle.translate(side, record, last)
        return self._verdicts[key]

    def lasts(self, side: str, count: int = LAST) -> list[Record]:
        """Return records that may have been on a side last, where rules look back; none where no rule does."""
        if (side, count) not in self._lasts:
            self._lasts[side, count] = self._found_lasts(side, count)
        return self._lasts[side, count]

    def _found_lasts(self, side: str, count: int) -> list[Record]:
        found = [record for word in self.oracle.words if word.looks_back for record, _ in self.tried(side, word)]
        some = [*found[:: max(1, len(found) // count)], *(record for record, _ in self.pool[side][:2])] if found else []
        return [record for record in some if not self._is_never_there(side, record)]

    def _is_never_there(self, side: str, record: Record) -> bool:
        """Return whether a path selects several elements of a record, or a table does not read it: it is rejected."""
        words = self.oracle.words
        unread = (
            reason.what == "codec" for word in words if word.looks_back for reason in word.translate(side, record, {})
        )
        return any(unread) or any(reason.detail == "several" for word in words for reason in word.blocked(side, record))

    def tried(self, side: str, word: Word) -> Iterator[tuple[Record, Verdict]]:
        """Yield records that differ from one in what a rule reads, with what becomes of them."""
        found, more = self._tried.setdefault((side, word.place), ([], self._trials(side, word)))
        for index in count():
            if index == len(found):
                following = next(more, None)
                if following is None:
                    return
                found.append(following)
            yield found[index]

    def _trials(self, side: str, word: Word) -> Iterator[tuple[Record, Verdict]]:
        for base in (self.bases[side], self.fullest.get(side), *with_selected(self, side, word)):
            for record in word.trials(side, base) if base is not None else ():
                if self.legal(side, record):
                    yield record, self.verdict(side, record)

    def tried_with(self, side: str, word: Word, values: tuple[Any, ...]) -> Iterator[tuple[Record, Verdict]]:
        """Yield records that differ from one in what a rule reads, some values before all others."""
        words = [*all_in([word])]
        for one in words:
            one.to_try = values
        try:
            yield from self._trials(side, word)
        finally:
            for one in words:
                one.to_try = ()

    def tried_together(self, side: str, one: Word, other: Word) -> Iterator[tuple[Record, Verdict]]:
        """Yield records that differ from one in what two rules read."""
        there = (made for made, verdict in self.tried(side, other) if other.is_there(OTHER[side], verdict.record))
        tried = (self.bases[side], self.fullest.get(side), next(there, None))
        bases = [base for base in tried if base is not None]
        for first in (trial for base in bases for trial in _some(one.trials(side, base))):
            for record in _some(other.trials(side, first)):
                if self.legal(side, record):
                    yield record, self.verdict(side, record)

    def legal(self, side: str, record: Record) -> bool:
        """Return whether a record of a side can be read, and its schema accepts it."""
        if side == "outside" and not self.oracle.asked.takes(record):
            return False
        return self.possible(side, record) and self.oracle.sources[side].accepts(record)

    def possible(self, side: str, record: Record) -> bool:
        """Return whether a record can be read on its side: from a CSV file nothing but text is."""
        return side == "inside" or not self.oracle.rows or same(self.oracle.read(record), record)

    def as_read(self, side: str, record: Record) -> Record:
        """Return a record that lies on a side as it is read there."""
        return self.oracle.read(record) if side == "outside" else record

    def is_read(self, side: str, verdict: Verdict) -> bool:
        """Return whether a record's translation is read on the other side."""
        return verdict.accepted and not (side == "inside" and self.oracle.leaves_aside(verdict.record))

    def back(self, side: str, record: Record, verdict: Verdict) -> Verdict | None:
        """Return what becomes of an accepted record's translation on the way back, over the record itself."""
        return self.verdict(OTHER[side], self.made(side, verdict), record) if self.is_read(side, verdict) else None

    def left(self, record: Record, verdict: Verdict) -> Iterator[Reason]:
        """Yield why the inside schema refuses an inside record once what comes back of it has been imported."""
        back = self.back("inside", record, verdict)
        if back is not None and back.accepted:
            silent = (path for word in self.oracle.words if word.is_only_read for path in word.writes("inside"))
            yield from self._left(record, changed(back.record, {path: get(record, path) for path in silent}))

    @cached_property
    def cleared(self) -> list[tuple[Record, Reason]]:
        """Inside records, each with why the schema refuses it once an outside one that lacks a value was imported."""
        found: list[tuple[Record, Reason]] = []
        said = [record for record, verdict in self.pool["outside"] if verdict.accepted]
        for path in (path for word in self.oracle.words for path in word.writes("inside")):
            there = [record for record, _ in self.pool["inside"] if get(record, path) not in (MISSING, None)]
            there = sorted(there, key=lambda record: -len(str(record)))[:LAST]
            there += self._with_null_beside(there, path)
            lacking = (one for one in said if get(self.verdict("outside", one).record, path) is MISSING)
            for one, record in product(islice(lacking, 1), there):
                verdict = self.verdict("outside", one, record)
                if verdict.accepted and get(verdict.record, path) is MISSING:
                    found += ((record, reason) for reason in self._left(record, verdict.record))
        return found

    def _with_null_beside(self, there: list[Record], path: Path) -> Iterator[Record]:
        """Yield inside records with null where rules write beside a path: an import leaves that as it is."""
        beside = [one for word in self.oracle.words for one in word.writes("inside") if one[:-1] == path[:-1] != ()]
        made = (changed(record, {one: None}) for record in there[:1] for one in beside if one != path)
        yield from filter(partial(self.legal, "inside"), made)

    @cached_property
    def staying(self) -> list[tuple[Record, Reason]]:
        """Inside records, each with why the outside schema refuses what stays where they take a value away."""
        return list(staying(self))

    @cached_property
    def added(self) -> list[tuple[Record, Reason]]:
        """Records, each with why the other side's schema refuses what it adds where rules select elements of a list."""
        return list(adding(self))

    def _left(self, record: Record, made: Record) -> Iterator[Reason]:
        """Yield why the inside schema refuses an inside record once what was made has been imported over it.

        Or the same record with more in the objects and lists from which values go, where it may have that.
        """
        paths = [path for word in self.oracle.words for path in word.writes("inside")]
        gone = [path for path in paths if get(record, path) is not MISSING and get(made, path) is MISSING]
        above = dict.fromkeys(
            path[:length] for path in gone for length in range(1, len(path)) if not isinstance(path[length], Selector)
        )
        fuller = (with_more(record, path) for path in above)
        for one in (record, *filter(partial(self.legal, "inside"), fuller)) if gone else ():
            after = self.oracle.imported(one, made)
            for path, keyword in self.oracle.sources["inside"].faults(after):
                taken = next((one for one in gone if overlap(one, path)), gone[0])
                adding = self.oracle.adding("inside", path, made, again=True) if keyword == "maxItems" else ()
                place = adding or self.oracle.taking("inside", path, after) or self.oracle.taking("inside", taken)
                yield Reason(place, "schema", path, keyword)

    def unread(self, verdict: Verdict) -> Iterator[Reason]:
        """Yield why the outside schema refuses what is written of a record, once it is read again.

        What a rule that rejects the record would have written is not missed.
        """
        silent = {reason.place for reason in verdict.reasons} - {None}
        faults = (
            self.oracle.targets["outside"].faults(self.as_read("outside", verdict.record)) if self.oracle.rows else ()
        )
        for path, keyword in faults:
            places = self.oracle.writers("outside", path, verdict.record)
            if silent.isdisjoint(places if keyword == "required" else places[-1:]):
                yield Reason(places[-1] if places else None, "schema", path, keyword)
        if self.oracle.rows and verdict.accepted:
            back = self.verdict("outside", self.as_read("outside", verdict.record))
            by_rules = ((one, one.place) for one in back.reasons if one.what != "schema")
            yield from (one for one, place in by_rules if place and isinstance(self.oracle.word(place), Copied))

    def unsent(self, record: Record, verdict: Verdict) -> list[Reason]:
        """Return why what is expected of an inside record cannot be sent as `written` and the schema of that say."""
        return self.oracle.unsent(verdict.record, record)

    def is_unread(self, word: Word, made: Record) -> bool:
        """Return whether a file of rows has no value for a field of a rule that the outside schema requires."""
        if not self.oracle.rows:
            return False
        lacking = {path for path, keyword in self.oracle.targets["outside"].faults(made) if keyword == "required"}
        return any(path in lacking for path in word.writes("outside"))

    def made(self, side: str, verdict: Verdict) -> Record:
        """Return what a record of a side becomes, as it lies on the other side."""
        return self.oracle.stamped(verdict.record) if side == "outside" else verdict.record

    def there_and_back(self, side: str) -> Iterator[tuple[Record, Record]]:
        """Yield records with what they are after a round trip."""
        for record, verdict in self.pool[side]:
            back = self.back(side, record, verdict)
            if back is not None and back.accepted and not (side == "inside" and any(self.unread(verdict))):
                yield record, self.as_read(side, back.record)

    def place(self, finding: Finding) -> tuple[Place | None, int | None]:
        """Return the rule and the line of its table at which a finding stands; at `written`, the field's rule."""
        file = FilePath(finding.file).relative_to(self.folder).as_posix()
        named = re.match(r"client\.(.*?) cannot be sent", finding.message)
        unsent = None if named is None else self.oracle.writer("outside", parse_path(named[1]))
        return self.case.places.get((file, finding.line), (unsent, None))

    def differing(self, side: str, one: Record, other: Record) -> Iterator[Word]:
        """Yield the rules that wrote two records of a side differently."""
        for word in self.oracle.words:
            if any(not same(get(one, path), get(other, path)) for path in word.writes(side)):
                yield word

    def label(self, place: Place | None) -> str:
        if place is None:
            return "-"
        above = (self.oracle.word(place[:length]) for length in range(1, len(place)))
        around = [f"{word.around} " for word in above if isinstance(word, Nested)]
        return "".join(around) + self.oracle.word(place).label


def _some(records: Iterator[Record]) -> list[Record]:
    """Return a few of the records that come first, from everywhere among them."""
    found = list(islice(records, MANY))
    return found[:: max(1, len(found) // FEW)]
