"""What the documentation says that a mapping does with a record; written from it, not from the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.generated.case import SIDES, Case, Place
from tests.generated.records import DATES
from tests.generated.schemas import at, types
from tests.generated.selectors import Selector
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, Record, copy, get, overlap, put, take_away
from tests.generated.words.above import fill_above
from tests.generated.words.asked import Asked
from tests.generated.words.base import Word, in_objects, translated
from tests.generated.words.copied import Copied
from tests.generated.words.entries import Entry
from tests.generated.words.every import word_of
from tests.generated.words.group import Group
from tests.generated.words.nested import Nested, all_in
from tests.generated.words.rows import is_formula
from tests.generated.words.scene import OTHER, REFUSED, Reason, Scene
from tests.generated.words.sent import entries_of, sent
from tests.generated.words.shared import share, together


@dataclass(frozen=True)
class Verdict:
    """What becomes of a record: another one, and every reason why it is rejected, none if it is accepted."""

    record: Record
    reasons: tuple[Reason, ...]

    @property
    def accepted(self) -> bool:
        return not self.reasons

    @property
    def blamed(self) -> tuple[Reason, ...]:
        """The reasons that are the mapping's fault; only if none is the record's."""
        return () if any(reason.excused for reason in self.reasons) else self.reasons


class Oracle:
    """Both directions of a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.scene = scene = Scene.of(case)
        self.words = [word_of(rule, (index,), scene) for index, rule in enumerate(case.mapping["rules"])]
        share(self.words)
        self.rows = case.rows
        self.looks_back = any(word.looks_back for word in self.words)
        self.keep: bool | str = case.system("outside").get("keep", False)
        self.asked = Asked(case.system("outside").get("import_when", {}), scene.specs["outside"])
        self.sources = {side: Validator(case.schema(side), side) for side in SIDES}
        self.sending = None if case.sent is None else Validator(case.sent, "outside")
        stamped = frozenset(case.system("inside")["mongodb"].get("on_import", ()))
        silent = [path for _, path, entry in self.entries() if entry.place(path) is None and in_objects(path)]
        self.targets = {
            "inside": Validator(case.inside, "inside", stamped),
            "outside": Validator(case.outside, "outside", needless=frozenset(silent))
            if silent
            else self.sources["outside"],
        }

    def translate(self, source: str, record: Record, last: Record | None = None) -> Verdict:
        """Return what becomes of a record that the schema of its side accepts, where that was there last."""
        made, reasons = self.bare(source, record, last)
        side = OTHER[source]
        wrote_nothing = {reason.place for reason in reasons}
        for path, keyword in self.targets[side].faults(made):
            places = self.writers(side, path, made)
            if keyword != "required" or not places or not wrote_nothing.issuperset(places):
                writing = [place for place in places if place not in wrote_nothing] or places
                if keyword == "maxItems" and (first := self.adding(side, path, made)) in writing:
                    writing = [first]
                excused = bool(writing) and self._only_listed_there(source, writing[-1], path, keyword)
                reasons.append(Reason(writing[-1] if writing else None, "schema", path, keyword, excused))
        return Verdict(made, tuple(reasons))

    def _only_listed_there(self, source: str, place: Place, path: Path, keyword: str) -> bool:
        """Return whether a path of what was made leads through a member that only the schema of that side lists.

        The schema of the source lists others of its object: then the documentation does not reckon with it.
        """
        word, side = self.word(place), OTHER[source]
        if not word.copies:
            return False
        bases = {one: word.scene.full(one, word.reads(one)[0]) for one in SIDES}
        below = path[len(bases[side]) :]
        for length in range(len(below) - (keyword == "required")):
            here, there = (at(self.case.schema(one), (*bases[one], *below[:length])) for one in (source, side))
            listing = [node for node in here if "properties" in node]
            if listing and all(
                below[length] not in node["properties"] and "additionalProperties" not in node for node in listing
            ):
                return any(below[length] in node.get("properties", ()) for node in there)
        return False

    def bare(self, source: str, record: Record, last: Record | None = None) -> tuple[Record, list[Reason]]:
        """Return what the rules make of a record, whatever a schema says, and why they reject it."""
        record = self.read(record) if source == "outside" else record
        made: Record = {}
        reasons = translated([word.over(last or {}) for word in self.words], source, record, made)
        if source == "inside":
            fill_above(self.words, made)
        return made, reasons

    def entries(self) -> list[tuple[Word, Path, Entry]]:
        """Return the outside fields of rules that `written` speaks of."""
        return list(entries_of(self.words))

    def unsent(self, expected: Record, inside: Record) -> list[Reason]:
        """Return why an expected record that was made of an inside one cannot be sent."""
        made, reasons = self.sent(expected, inside)
        wrong = {reason.place for reason in reasons}
        for path, keyword in self.sent_faults(made):
            place = self.sender(path)
            if place is None or place not in wrong:
                reasons.append(Reason(place, "schema", path, keyword))
        return reasons

    def sent_faults(self, made: Record) -> list[tuple[Path, str]]:
        """Return what the schema of what is sent refuses, where there is one."""
        return [] if self.sending is None else self.sending.faults(made)

    def sender(self, path: Path) -> Place | None:
        """Return the rule whose value is sent at a path, None where none is."""
        written = self.scene.written
        for word in self.words:
            places = (written.place(one) for one in word.writes("outside"))
            if any(place is not None and overlap(place, path) for place in places):
                return word.place
        return None

    def sent(self, expected: Record, inside: Record) -> tuple[Record, list[Reason]]:
        """Return what is sent of an expected record that was made of an inside one, and why that cannot be."""
        return sent(self.words, expected, inside)

    def read(self, record: Record) -> Record:
        """Return an outside record as it is read from a file of the mapping's format: CSV has nothing but text."""
        if not self.rows:
            return record
        found = as_row(record)
        return found if isinstance(found, dict) else {}

    def runs(self, record: Record) -> bool:
        """Return whether a spreadsheet takes a text of what is sent for a formula, in a file that does not say."""
        files = self.case.system("outside")["files"]
        return self.rows and "spreadsheet" not in files.get("csv", {}) and _has_formula(record)

    def stamped(self, record: Record) -> Record:
        """Return an inside record as it lies in the collection after an import."""
        stamps = self.case.system("inside")["mongodb"].get("on_import", {})
        return {**record, **{name: DATES[0] if value == "$now" else value for name, value in stamps.items()}}

    def imported(self, record: Record, made: Record) -> Record:
        """Return an inside record after an import of what was made: what is absent is taken away, and what it leaves.

        That is an object, or the last element of a list, of which nothing is left. A null, which says as much, stays.
        """
        after: Record = copy(record)
        for path in (path for word in self.words if "write" not in word.raw for path in word.writes("inside")):
            value = get(made, path)
            if value is not MISSING:
                put(after, path, copy(value))
            elif get(after, path) not in (MISSING, None):
                take_away(after, path)
        return after

    def asking(self) -> list[Word]:
        """Return the rules that write a field of which `import_when` asks."""
        return [word for word in self.words if any(path in self.asked.asked for path in word.writes("outside"))]

    def leaves_aside(self, record: Record) -> bool:
        """Return whether a record that was sent is not imported when it comes back; what nobody writes is not asked."""
        written = {path for word in self.words for path in word.writes("outside")}
        return not self.asked.takes(self.read(record), written)

    def keeps(self, word: Word) -> bool:
        """Return whether what came may go back in the form in which it came, of a rule or of one for its elements.

        Of a field that another rule writes as well, no more than one can keep it, but where a table asks of it.
        """
        top = self.words[word.place[0]]
        if not self.keep or not top.two_way or top.raw.get("key"):
            return False
        group = self.group(top)
        others = [one for one in self.words if all(one is not beside for beside in group)]
        beside = [path for other in others for path in other.writes("outside")]
        return not any(overlap(path, other) for path in top.paths("outside") for other in beside)

    def group(self, word: Word) -> list[Word]:
        """Return a rule at the top with those that share fields with it, in the order in which they run."""
        return together(self.words, word)

    def word(self, place: Place) -> Word:
        words = self.words
        for index in place[:-1]:
            found = words[index]
            words = found.words if isinstance(found, Nested) else []
        return words[place[-1]]

    def all_words(self) -> Iterator[Word]:
        yield from all_in(self.words)

    def changed(self, side: str, one: Record, other: Record) -> list[Word]:
        """Return the two-way rules to which two records of a side do not say the same."""
        return [word for word in self.words if word.two_way and not word.equal(side, one, other)]

    def refusing(self, source: str, reason: Reason) -> Word | None:
        """Return the rule that says why a record may be rejected, None if none does.

        That goes for some of its values: not for all, nor for all of a type.
        """
        places = [] if reason.place is None else [reason.place[: n + 1] for n in range(len(reason.place))]
        saying = [word for word in map(self.word, places) if word.may(REFUSED)]
        if not saying or reason.place is None:
            return None
        word, other = self.word(reason.place), OTHER[source]
        if reason.what != "schema" or reason.detail not in {"required", "type"} or word.raw.get("key"):
            return saying[-1]
        if reason.detail == "type" and self._makes_fractions(word, other):
            return saying[-1]
        fields = (word.scene.full(other, path) for path in word.writes(other))
        deeper = all(len(reason.path) > len(field) for field in fields if overlap(reason.path, field))
        return saying[-1] if deeper else None

    def _makes_fractions(self, word: Word, side: str) -> bool:
        """Return whether a codec makes numbers of which a side takes those without a fraction: that is some values."""
        nodes = [node for path in word.writes(side) for node in word.scene.nodes(side, path)]
        return isinstance(word, Copied) and word.codec is not None and any("integer" in types(node) for node in nodes)

    def writer(self, side: str, path: Path, made: Record | None = None) -> Place | None:
        """Return the rule that writes what lies at a path of a record, the most exact one."""
        return next(reversed(self.writers(side, path, made)), None)

    def taking(self, side: str, path: Path, left: Record | None = None) -> Place | None:
        """Return the rule that takes away what lies at a path: what goes of a group goes with the whole of it.

        left: what is left of the record.
        """
        place = self.writer(side, path, left)
        return place[:1] if place and isinstance(self.words[place[0]], Group) else place

    def adding(self, side: str, path: Path, made: Record, *, again: bool = False) -> Place:
        """Return the first rule that writes something into a list, () for none. again: where the record is there."""
        words = (
            word
            for word in self.words
            for written in word.writes(side)
            if overlap(path, written) and get(made, written) is not MISSING and not (again and "write" in word.raw)
        )
        return next((word.place for word in words), ())

    def writers(self, side: str, path: Path, made: Record | None = None) -> list[Place]:
        """Return the rules that write what lies at a path, or below it. made: the record in which it lies."""
        found: list[Place] = []
        for word in self.words:
            if isinstance(word, Nested):
                is_meant = bool(word.writes(side)) and _is_at(path, made, word.path[side])
                found += word.writers(side, path) if is_meant else []
                continue
            found += [word.place] * any(map(partial(_is_at, path, made), word.writes(side)))
        return found


def _is_at(path: Path, made: Record | None, written: Path) -> bool:
    """Return whether a written path leads to another one of a record, or through it."""
    steps = zip(range(len(path)), path, written, strict=False)
    chosen = [
        made is None or step.holds(get(made, path[: length + 1]))
        for length, at, step in steps
        if isinstance(step, Selector) and isinstance(at, int)
    ]
    return all(chosen) and overlap(written, path)


def as_row(value: Any) -> Any:
    """Return a value as a CSV file gives it back: text, without what is empty; MISSING for nothing."""
    if isinstance(value, dict):
        found = {key: as_row(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not MISSING} or MISSING
    if value is None or value == "" or isinstance(value, list):
        return MISSING
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _has_formula(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_formula, value.values()))
    return isinstance(value, str) and is_formula(value)
