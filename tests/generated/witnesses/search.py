"""A finding, where it stands, and the records to look through for one that shows that it is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice, product
from random import Random
from typing import Any, Final

from etl.errors import Finding
from tests.generated.bases import least
from tests.generated.case import SIDES, Place
from tests.generated.court import Court
from tests.generated.oracle import Verdict
from tests.generated.records import DATES
from tests.generated.values import MISSING, Path, Record, any_element, get
from tests.generated.witnesses.named import places, values
from tests.generated.words.base import Word
from tests.generated.words.each import Each
from tests.generated.words.first import First
from tests.generated.words.laid import changed
from tests.generated.words.nested import Nested
from tests.generated.words.scene import OTHER, Reason
from tests.generated.words.shared import together

_LASTS: Final = 200
_JOINT: Final = 500
_FEW: Final = 8
"""How many records that may have been there last are tried, and how many of them with what the finding names."""


_OTHERS: Final = ("some other text", 77, False, 0.5)
"""What is tried where a finding is about any other value than those that are named."""

_FINER: Final = tuple(date.replace(microsecond=0) + timedelta(milliseconds=120) for date in DATES)
"""What is tried where a finding is about what dates lose: all that stands in lists of values is of a whole second."""

_LETTERS: Final = ("xA", "Ab", "aB")
"""What is tried where a finding is about the case of letters: it may be asked of texts that begin in some way."""

_BLANK: Final = ("x ", " x", "a ", "  a")
"""What is tried where a finding is about blanks: few texts that come have any."""


@dataclass(frozen=True)
class Search:
    """A finding, where it stands, and the records to look through."""

    court: Court
    finding: Finding
    place: Place | None
    line: int | None

    @property
    def word(self) -> Word:
        assert self.place is not None
        return self.court.oracle.word(self.place)

    @property
    def beside(self) -> Sequence[Word]:
        """The rules among which the one stands that is meant, with it."""
        oracle = self.court.oracle
        above = oracle.word(self.place[:-1]) if self.place is not None and len(self.place) > 1 else None
        return above.words if isinstance(above, Nested) else oracle.words

    @property
    def group(self) -> list[Word]:
        """The rule, with those that share fields with it, in the order in which they run."""
        return together(list(self.court.oracle.all_words()), self.word)

    def made(self, side: str, record: Record, last: Record, *, grouped: bool = True) -> Record | None:
        """Return what the rule makes of a record, with those that share its fields; None where one rejects it."""
        made: Record = {}
        words = self.group if grouped else [self.word]
        wrong = (True for word in words for _ in word.over(last).translate(side, record, made))
        return None if any(wrong) else made

    def records(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield what the court has, then more that differ in what the rule reads."""
        for side in SIDES:
            for record, verdict in self.court.pool[side]:
                yield side, record, verdict
        yield from self._smallest()
        yield from self._named()
        yield from self._many()
        if self.place is None:
            return
        top = self.court.oracle.words[self.place[0]]
        for side in SIDES:
            for record, verdict in self.court.tried(side, top):
                yield side, record, verdict
        for side in SIDES:
            for word in self.court.oracle.words:
                is_beside = _together(word, top, OTHER[side]) or any(word is one for one in self.group)
                if word is not top and is_beside:
                    together = chain(self.court.tried_together(side, top, word), self.court.tried(side, word))
                    yield from ((side, record, verdict) for record, verdict in together)
        if isinstance(top, Each):
            yield from self._bare(top)
        yield from self._joint() if len(self.place) == 1 and len(self.group) > 1 else ()

    def _joint(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield records with any of a few values in each field of the rule, and of those that share its fields."""
        rng = Random(0)
        for side in SIDES:
            base, choices = self.court.bases[side] or {}, dict[Path, list[Any]]()
            for word in self.group:
                for path in word.paths(side):
                    choices.setdefault(path, []).extend(word.short(side, path))
            for _ in range(_JOINT):
                record = changed(base, {path: rng.choice(items) for path, items in choices.items()})
                if self.court.legal(side, record):
                    yield side, record, self.court.verdict(side, record)

    def _smallest(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield the record of each side that says least."""
        for side in SIDES:
            if (record := least(self.court, side)) is not None:
                yield side, record, self.court.verdict(side, record)

    def _bare(self, top: Each) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield records with one element in a list, which has what one rule reads of it, and else what it must."""
        for side in SIDES:
            path, read = top.paths(side)[0], [one for word in top.words for one in word.reads(side)]
            lists = ((record, get(record, path)) for record, _ in self.court.pool[side])
            there = ((record, found[0]) for record, found in lists if isinstance(found, list) and found)
            for (record, item), kept in product(islice(there, _FEW), read):
                less = changed(record, {path: [item]})
                for other in (one for one in read if one != kept and isinstance(item, dict)):
                    fewer = changed(less, {(*path, 0, *other): MISSING})
                    less = fewer if self.court.legal(side, fewer) else less
                if self.court.legal(side, less):
                    yield side, less, self.court.verdict(side, less)

    def lasts(self, side: str) -> list[Record]:
        """Return what may have been on a side last: nothing, or many records where rules look back."""
        return [{}, *(part for record in self.court.lasts(side, _LASTS) for part in self.parts(side, record))]

    def parts(self, side: str, record: Record) -> Iterator[Record]:
        """Yield what the rule reads of a record: the whole, or the elements of its list, or its group."""
        found = [record]
        for length in range(1, len(self.place or ())):
            word = self.court.oracle.word((self.place or ())[:length])
            assert isinstance(word, Nested)
            found = [part for one in found for part in word.parts(side, one)]
        yield from found

    def overs(self) -> Iterator[tuple[str, Record, Record, Verdict]]:
        """Yield records with what was on the other side last, where rules look back: also with what they came from."""
        for side in SIDES:
            lasts = [*self.court.lasts(OTHER[side]), *(self._lasts_in_each_field() if side == "inside" else ())]
            lasts += [] if not lasts else [record for one, record, _ in self._named() if one == OTHER[side]][:_FEW]
            for one, record, _ in self.records() if lasts else ():
                if one == side:
                    yield from ((side, record, last, self.court.verdict(side, record, last)) for last in lasts)
        for side, record, verdict in self.records() if self.court.oracle.looks_back else ():
            if verdict.accepted and (back := self.court.back(side, record, verdict)) is not None:
                yield OTHER[side], self.court.made(side, verdict), record, back

    def _lasts_in_each_field(self) -> Iterator[Record]:
        """Yield records with some value in one of the fields of which the first counts: each of them has to fit."""
        if self.place is None or not isinstance(self.word, First):
            return
        for path in self.word.paths("outside"):
            there = (value for value in (True, 1, "x") if not self.word.specs["outside"].absent(value))
            yield from (changed({}, {path: value}) for value in islice(there, 1))

    def reasons(self) -> Iterator[Reason]:
        """Yield why records are rejected; then why what is written is not read, or refused once it is imported."""
        for _, _, verdict in self.records():
            yield from verdict.reasons
        for _, _, _, verdict in self.overs():
            yield from verdict.reasons
        for side, record, verdict in self.records():
            if side == "inside":
                yield from self.court.left(record, verdict)
                yield from self.court.unread(verdict)
                yield from self.court.unsent(record, verdict)
        yield from (reason for _, reason in (*self.court.cleared, *self.court.staying, *self.court.added))

    def _named(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield records that have the values that the finding names, where it names them and where the rule reads."""
        message, court = self.finding.message, self.court
        for side, dates, gone in product(SIDES, (False, True), (MISSING, None)):
            found = places(message, court.case.name(side), dates=dates, gone=gone)
            for base in (court.bases[side], least(court, side)) if found else ():
                record = None if base is None else changed(base, found)
                if record is not None and court.legal(side, record):
                    yield side, record, court.verdict(side, record)
        shown = values(message) or (_OTHERS if "any other value" in message else ())
        shown += _FINER if "finer than" in message else ()
        shown += _LETTERS if "capital and small letters" in message else ()
        shown += _BLANK if "without blanks" in message else ()
        if self.place is None or not shown:
            return
        top = court.oracle.words[self.place[0]]
        for side in SIDES:
            yield from ((side, *tried) for tried in court.tried_with(side, top, shown))

    def _many(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield records with as many elements in a list as the finding says are too many, all alike."""
        named = re.search(r"\b(\d+) elements of ", self.finding.message)
        if named is None or self.place is None or len(self.place) > 1:
            return
        for side in SIDES:
            for record, _ in self.court.pool[side]:
                path = self.word.paths(side)[0]
                items = get(record, path)
                for item in items if isinstance(items, list) else ():
                    many = changed(record, {path: [item] * int(named[1])})
                    if self.court.legal(side, many):
                        yield side, many, self.court.verdict(side, many)

    def near(self, place: Place | None) -> bool:
        """Return whether a reason's place is the finding's, or above or below it."""
        if place is None or self.place is None:
            return place is self.place
        shared = min(len(place), len(self.place))
        return place[:shared] == self.place[:shared]

    def above(self, path: Path) -> bool:
        """Return whether the rule writes below a path."""
        if self.place is None:
            return False
        return any(
            any_element(word.scene.full(side, written))[: len(path)] == any_element(path)
            for word in (self.court.oracle.word(self.place[: n + 1]) for n in range(len(self.place)))
            for side in SIDES
            for written in word.touches(side)
        )


def _together(one: Word, other: Word, side: str) -> bool:
    """Return whether two rules write below one field of a side."""
    return any(len(path) > 1 and path[0] == beside[0] for path in one.writes(side) for beside in other.writes(side))


Shown = Callable[[Search], bool]


def read(search: Search) -> Iterator[tuple[str, Record]]:
    """Yield what the rule reads: records, or the elements of their lists, or their groups."""
    for side, record, _ in search.records():
        yield from ((side, part) for part in search.parts(side, record))


def alone(search: Search, *, grouped: bool = True) -> Iterator[tuple[str, Record, Record]]:
    """Yield what the rule makes of a record, there and back, with those that share its fields or by itself."""
    for side, record in read(search):
        if side == "outside" and search.court.oracle.keeps(search.word):
            continue  # it goes back as it came
        made = search.made(side, record, {}, grouped=grouped)
        if made is None:
            continue
        made = search.court.as_read(OTHER[side], made)
        if side == "inside" and search.court.is_unread(search.word, made):
            continue
        if (back := search.made(OTHER[side], made, record, grouped=grouped)) is not None:
            yield side, record, back


def trip(search: Search, side: str, record: Record) -> Record | None:
    """Return a record after a round trip, whatever the schemas say of it; None if a rule rejects it."""
    made, reasons = search.court.oracle.bare(side, record)
    back, more = search.court.oracle.bare(OTHER[side], made, record)
    return None if reasons or more else back
