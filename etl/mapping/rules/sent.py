"""What is sent: made of an expected record and the inside record that it was made of, in one step.

sent = expected, without what is only read and with what is only written, of the rules that are sent on an occasion,
       under the names and in the forms that `written` says
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Final

from etl.mapping.codecs import CodecError
from etl.mapping.equality import same
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign, format_path, get, put, take_away
from etl.mapping.places import overlap
from etl.mapping.rules.access import Step
from etl.mapping.rules.arranged import Arrange
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.elsewhere import Moved, is_absent, moved_fields, reached
from etl.mapping.rules.expected import taking_away
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.staying import SentPlace
from etl.mapping.rules.wanted import Wanted
from etl.mapping.terms import Direction, Field, Place, Side, Use, When
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, json_form


@dataclass(frozen=True, slots=True)
class News:
    """What a record says that is new to whom it is sent.

    rules: those that say something new, by their places; None for all. written: those that are only written, and say
    otherwise than they did last; None for all. is_new: the outside is not known to have the record.
    """

    rules: Collection[int] | None = None
    written: Collection[int] | None = None
    is_new: bool = False

    def says(self, place: int) -> bool:
        """Return whether a rule says something new."""
        return self.rules is None or place in self.rules


EVERYTHING: Final = News()


@dataclass(frozen=True, slots=True)
class OnlyWritten:
    """What a rule writes that is only written. place: the rule's among the rules. steps: how it writes.

    reads: inside. is_alone: the rule writes nothing else.
    """

    place: int
    fields: tuple[Field, ...]
    steps: tuple[Step, ...]
    reads: tuple[Path, ...]
    is_alone: bool

    def add(self, sent: Record, inside: Record) -> None:
        """Write it."""
        for field, value in self._made(inside):
            if value is not ABSENT:
                assign(sent, field.path, value)

    def is_sent(self, inside: Record, news: News) -> bool:
        """Return whether it is written into what is sent."""
        if news.is_new:
            return news.says(self.place) and not self._is_absent(inside)
        return news.says(self.place) and (not self.is_alone or news.written is None or self.place in news.written)

    def _is_absent(self, inside: Record) -> bool:
        is_nothing = all(get(inside, path) in (None, ABSENT) for path in self.reads)
        return is_nothing and all(value is ABSENT or is_absent(field, value) for field, value in self._made(inside))

    def _made(self, inside: Record) -> list[tuple[Field, Any]]:
        made: Record = {}
        for step in self.steps:
            step(inside, NOTHING_KNOWN, made, [])
        return [(field, get(made, field.path)) for field in self.fields]


@dataclass(frozen=True, slots=True)
class Timed:
    """When a rule is sent. place: the rule's among the rules. fields: those that it writes."""

    place: int
    when: When
    fields: tuple[Field, ...]

    def is_sent(self, news: News) -> bool:
        """Return whether it is."""
        if self.when is When.CREATION:
            return news.is_new
        return self.when is When.ALWAYS or news.is_new or news.says(self.place)


@dataclass(frozen=True, slots=True)
class SentForm:
    """Makes what is sent.

    dropped: the places of an expected record that are not sent. unsent: the same of fields in one element of a list.
    timed: the rules, where some are not always sent. is_partial: nothing is sent but what rules say that are. wanted:
    says what of a new record is sent although it is absent.
    """

    dropped: tuple[Place, ...]
    unsent: tuple[Path, ...]
    added: tuple[OnlyWritten, ...]
    moved: tuple[Moved, ...]
    timed: tuple[Timed, ...]
    is_partial: bool
    wanted: Wanted

    @property
    def is_as_expected(self) -> bool:
        """Whether what is sent stands where it is expected."""
        return not self.moved and not self.timed

    def place_of(self, path: Path) -> Path:
        """Return where a field of the expected record is sent."""
        return next((one.to for one in self.moved if one.path == path), path)

    def __call__(self, expected: Record, inside: Record, news: News = EVERYTHING) -> tuple[Record, list[Violation]]:
        """Return a record as it is sent, and why it cannot be.

        A new one has no absent value but those without which its schema refuses it.
        """
        without = self._absent(expected, news) if self.is_partial and news.is_new else {}
        while without and (wanted := self._wanted(expected, inside, news, without)):
            without = {at: to for at, to in without.items() if at not in wanted}
        return self._made(expected, inside, news, without)

    def _wanted(self, expected: Record, inside: Record, news: News, without: Table[Path, Path]) -> set[Path]:
        """Return which of what is left out the schema asks for. without: by where it lies, where that is sent."""
        is_sent = self.wanted.is_sent
        made = self._made(expected, inside, news, without)[0] if is_sent else self._of_rules(expected, news, without)
        lacking = self.wanted.places(made)
        return {at for at, to in without.items() if any(overlap(to, place) for place in lacking)}

    def _made(
        self, expected: Record, inside: Record, news: News, without: Collection[Path]
    ) -> tuple[Record, list[Violation]]:
        sent = self._of_rules(expected, news, without) if self.timed else copy.deepcopy(expected)
        late = {rule.place for rule in self.timed if not rule.is_sent(news)}
        for one in self.added:
            if one.place not in late and one.is_sent(inside, news):
                one.add(sent, inside)
        self._drop(sent)
        return sent, self._move(sent, inside)

    def held_back(self, inside: Record, news: News) -> set[int]:
        """Return the rules that do not go out, by their places."""
        late = {rule.place for rule in self.timed if not rule.is_sent(news)}
        return late | {one.place for one in self.added if one.is_alone and not one.is_sent(inside, news)}

    def differing(self, present: Record, sent: Record, paths: Iterable[Path], arrange: Arrange) -> Path | None:
        """Return where a record that was sent says otherwise than it would now; not all of it is always sent.

        paths: of the expected record.
        """
        for path in paths:
            at = self.place_of(path)
            has, should = reached(present, at)[1], reached(sent, at)[1]
            if has is not ABSENT and not same(json_form(arrange(path, has)), json_form(arrange(path, should))):
                return at
        return None

    def again(self, expected: Record, inside: Record) -> Record:
        """Return a record as it is sent to one who has it and is told all of it again, but for what is only written."""
        sent = copy.deepcopy(expected)
        self._drop(sent)
        self._move(sent, inside)
        return sent

    def _drop(self, sent: Record) -> None:
        taking_away(self.dropped)(sent)
        for path in self.unsent:
            take_away(sent, path)

    def resting(self, places: Iterable[SentPlace], inside: Record, news: News) -> tuple[SentPlace, ...]:
        """Return those of some places at which nothing goes out."""
        late = self.held_back(inside, news)
        silent = {one.place for one in self.added if not one.is_sent(inside, news)}
        return tuple(one for one in places if one.place in late or (one.is_only_written and one.place in silent))

    def _absent(self, expected: Record, news: News) -> dict[Path, Path]:
        """Return where what rules send has values that stand for none, with the places at which these are wanted."""
        fields = [field for rule in self.timed if rule.is_sent(news) for field in rule.fields]
        found = [(field, *there) for field in fields if (there := reached(expected, field.path))[1] is not ABSENT]
        to = self.place_of if self.wanted.is_sent else lambda path: path
        return {at: to(field.path) for field, at, value in found if at != field.path or is_absent(field, value)}

    def _of_rules(self, expected: Record, news: News, without: Collection[Path]) -> Record:
        """Return what rules say that are sent. without: where nothing is laid."""
        chosen = [rule for rule in self.timed if rule.is_sent(news)]
        fields = dict.fromkeys(field.path for rule in chosen for field in rule.fields)
        if not self.is_partial:
            sent = copy.deepcopy(expected)
            others = dict.fromkeys(f.path for rule in self.timed for f in rule.fields if f.path not in fields)
            stay = {there[0] for path in fields if (there := reached(sent, path))[1] is not ABSENT}
            for at, _ in [reached(sent, path) for path in others]:
                if at not in stay:
                    take_away(sent, at)
            return sent
        made: Record = {}
        for path in fields:
            at, value = reached(expected, path)
            if value is not ABSENT and at not in without:
                put(made, at, copy.deepcopy(value))
        return made

    def _move(self, sent: Record, inside: Record) -> list[Violation]:
        """Move what is sent under other names; return what cannot be converted."""
        found = [(one, *there) for one in self.moved if (there := reached(sent, one.path))[1] is not ABSENT]
        for one, path, _ in found:
            if len(path) > one.shared:
                take_away(sent, path)
        wrong: list[Violation] = []
        for one, path, value in found:
            convert = one.convert if path == one.path else None  # what stands above stands for none
            try:
                put(sent, one.place_of(path), value if convert is None else json_form(convert(value, inside)))
            except (CodecError, ExpressionError) as error:
                wrong.append(Violation(format_path(one.path), "form", f"cannot be sent: {error}"))
        return wrong


def sent_form(mapping: Mapping) -> SentForm | None:
    """Return what makes that which is sent of what is expected; None where the two are one."""
    dropped, added = mapping.outside.only(Use.READ), tuple(_only_written(mapping.rules))
    moved = tuple(moved_fields(mapping))
    timed = tuple(Timed(place, rule.sent, rule.written(Side.OUTSIDE)) for place, rule in enumerate(mapping.rules))
    timed = timed if any(rule.when is not When.ALWAYS for rule in timed) else ()
    fields = (field for rule in mapping.rules for field in rule.written(Side.OUTSIDE) if field.use is Use.READ)
    unsent = tuple(field.path for field in fields if not all(isinstance(step, str) for step in field.path))
    if not (dropped or unsent or added or moved or timed):
        return None
    return SentForm(dropped, unsent, added, moved, timed, mapping.sends_changes, Wanted(mapping))


def _only_written(rules: Sequence[Rule]) -> Iterator[OnlyWritten]:
    for place, rule in enumerate(rules):
        if fields := tuple({field.path: field for field in _fields(rule)}.values()):
            steps, is_alone = compiled_rules((rule,), Direction.OUTBOUND), rule.way is not None
            yield OnlyWritten(place, fields, steps, rule.reads(Side.INSIDE), is_alone)


def _fields(rule: Rule) -> Iterator[Field]:
    """Yield the outside fields of a rule that are only written; a list is one where anything in it is."""
    for field in rule.fields(Side.OUTSIDE):
        if field.use is Use.WRITE or any(True for inner in rule.inner for _ in _fields(inner)):
            yield field
