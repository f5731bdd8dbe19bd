"""The interpreter's laws on generated records, with `inward` and `outward` the directions of one mapping.

    inward(outward(t)) = t                       on what two-way rules own
    N(N(x)) = N(x), where N = outward ∘ inward   a round trip normalises once, then is stable
                                                 (what no rule writes outside stays in x)

and where rules look at what the outside was last, or what came is kept:

    inward(outward(t, x)) = t                    from any x, on what two-way rules own
    outward(inward(x), x) = x                    where it is kept

Of a rule whose `lossy` says why what comes back is another value, and of a codec that writes two inside values alike,
the first law asks no more than the second: what came back once comes back the same. What a rule rejects, and says why,
says nothing of either law. Hypothesis must be installed; it makes the records and finds the smallest that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from etl.mapping.mongodb import Stamp
from etl.mapping.paths import Path, assign, format_path, get
from etl.mapping.rules.access import reader
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each, in_key_order
from etl.mapping.rules.kept import held_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.rest import rest_of
from etl.mapping.rules.table import Table
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Direction, Keep, Position, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation
from etl.testing.cases import Judge, Verdict, differences
from etl.testing.excuses import are_excused, given, is_given
from etl.testing.records import records
from etl.testing.trial import BrokenError, Law, LetGoError, RejectedError, Trial, nothing_left_behind
from etl.transfer.pipeline import Pipeline

COMES_BACK: Final = "what goes out comes back"
COMES_BACK_FROM_ANY: Final = "what goes out comes back, whatever the outside was"
IS_STABLE: Final = "a round trip normalises once"
GOES_BACK: Final = "what came goes back"
_NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
_CHANGED: Final = ("W163", "W165", "W166", "W180")
"""By the codes of what a rule may lose: what comes back as something else."""

_FEW: Final = 10
"""One record in so many, or fewer, is worth a word."""


@dataclass(slots=True)
class Tally:
    """What came of the laws. accepted: records that they were tried on. notes: what a reader is to know."""

    accepted: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_Tried: TypeAlias = tuple[str, Side, st.SearchStrategy[Any], Law]


def check_laws(judge: Judge, examples: int, seed: int) -> Tally:
    """Try all laws on so many accepted records each; the same seed makes the same records."""
    tally = Tally()
    for name, side, drawn, law in _laws_of(judge):
        trial = Trial(law)
        with nothing_left_behind():
            error = trial.run(drawn, examples, seed)
        system = judge.mapping.system(side).name
        if error is not None:
            tally.verdicts.append(_verdict(judge, name, error))
        elif not trial.accepted:
            tally.verdicts.append(Verdict("law", name, str(judge.mapping.file), 1, (trial.complaint(system),)))
        elif trial.accepted * _FEW <= trial.tried:
            tally.notes.append(f"{name}: {trial.complaint(system)}")
        tally.accepted += trial.accepted
    return tally


def _laws_of(judge: Judge) -> Iterator[_Tried]:
    """Yield the laws that there are for a mapping, with what they are tried on."""
    laws, mapping = _Laws(judge), judge.mapping
    outside, inside = (records(mapping, side) for side in Side)
    yield COMES_BACK, Side.INSIDE, inside, laws.comes_back
    yield IS_STABLE, Side.OUTSIDE, outside, laws.is_stable
    if laws.held:
        taken = st.integers(0, 2 ** len(mapping.rules) - 1)
        both = st.fixed_dictionaries({mapping.outside.name: outside, mapping.inside.name: inside, "taken": taken})
        yield COMES_BACK_FROM_ANY, Side.INSIDE, both, laws.comes_back_from
    if mapping.keep is not Keep.NOTHING:
        yield GOES_BACK, Side.OUTSIDE, outside, laws.goes_back


def _verdict(judge: Judge, name: str, error: BrokenError) -> Verdict:
    where = next((one.rule.where for one in error.differences if one.rule is not None), Position(1, 1))
    record: Record = json_form(error.record)
    file = where.file or str(judge.mapping.file)
    return Verdict("law", name, file, where.line, tuple(error.messages), error.differences, record=record)


class _Laws:
    """The laws of one mapping, as functions that raise for a record that breaks one.

    held: the rules whose outside values are known when they write.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.held = held_of(judge.mapping.rules, judge.mapping.keep)
        self._pipelines = {way: replace(pipeline, otherwise=None) for way, pipeline in judge.pipelines.items()}
        expected = RecordSchema(judge.mapping.outside.expected, plain=True)
        self._backwards = {**self._pipelines}
        self._backwards[Direction.INBOUND] = replace(self._pipelines[Direction.INBOUND], source_schema=expected)
        self._given = frozenset(format_path(path) for path in given(judge.mapping))
        self._selection = judge.selection
        stamps = judge.mapping.mongodb.provided.items()
        self._stamps = {
            name: _NOW if stamp is Stamp.NOW else stamp for name, stamp in stamps if stamp is not Stamp.ABSENT
        }

    def comes_back(self, inside: Record) -> None:
        """Check the first law."""
        out = self._translate(Direction.OUTBOUND, inside)
        once = self._returned(inside, inside, out)
        self._compare(inside, out, self._project(inside, lossy=False), self._project(once, lossy=False))
        kept = self._project(once, lossy=True)
        if kept:
            again = self._again(inside, Direction.OUTBOUND, once, out)
            twice = self._returned(inside, once, again)
            self._compare(inside, again, kept, self._project(twice, lossy=True))

    def comes_back_from(self, both: Record) -> None:
        """Check the first law from what the outside was: of some rules the inside has what that means. taken: which."""
        mapping = self._judge.mapping
        last, inside = mapping.files.as_read(both[mapping.outside.name]), both[mapping.inside.name]
        self._refuse_skipped(last)
        meant = self._translate(Direction.INBOUND, last)
        for place, rule in enumerate(mapping.rules):
            if both["taken"] >> place & 1 and not rule.key:
                for path in rule.paths(Side.INSIDE):
                    assign(inside, path, get(meant, path))
        out = self._translate(Direction.OUTBOUND, inside, last)
        once = self._returned(both, inside, out)
        self._compare(both, out, self._project(inside, lossy=False), self._project(once, lossy=False))

    def goes_back(self, outside: Record) -> None:
        """Check that what came and nobody touched goes back as it came, but for what rules say that they lose."""
        mapping = self._judge.mapping
        came = mapping.files.as_read(outside)
        self._refuse_skipped(came)
        inside = {**self._translate(Direction.INBOUND, came), **self._stamps}
        back = mapping.files.as_read(self._again(outside, Direction.OUTBOUND, inside, came))
        bound = (one for one in self.held if not one.rule.may_lose("W180"))
        changed = (path for one in bound for path in one.changed(came, back))
        found = [(path, get(came, path), get(back, path)) for path in dict.fromkeys(changed)]
        if mapping.keep is Keep.WHOLE:
            rest = rest_of(mapping.rules)
            ways = [path for rule in mapping.rules for path in rule.paths(Side.OUTSIDE)]
            others = differences(rest(came), rest(back), exact=True)
            found += (one for one in others if not any(one[0] == way[: len(one[0])] for way in ways))
        if found:
            raise BrokenError(outside, [], self._judge.blame(Direction.OUTBOUND, json_form(inside), found))

    def _refuse_skipped(self, outside: Record) -> None:
        if self._selection is not None and (why := self._selection.skipped(outside)):
            raise RejectedError([Violation("", "import_when", why)])

    def is_stable(self, outside: Record) -> None:
        """Check the second law."""
        self._refuse_skipped(outside)
        first = self._translate(Direction.INBOUND, outside)
        once = self._round(outside, first, outside)
        told = self._told(outside, once)
        inside = self._again(outside, Direction.INBOUND, told, first)
        twice = self._round(outside, inside, told)
        found = list(differences(json_form(once), json_form(twice), exact=True))
        if found:
            stamped = json_form({**inside, **self._stamps})
            raise BrokenError(outside, [], self._judge.blame(Direction.OUTBOUND, stamped, found))

    def _round(self, record: Record, inside: Record, last: Record) -> Record:
        return self._again(record, Direction.OUTBOUND, {**inside, **self._stamps}, last)

    def _told(self, outside: Record, once: Record) -> Record:
        """Return an outside record with what was sent of it, as it is read again.

        Where its schema does not allow the one beside the other, what was sent takes the place of the whole.
        """
        mapping = self._judge.mapping
        told = mapping.files.as_read(mapping.written_into(outside, Side.OUTSIDE, once))
        schema = self._backwards[Direction.INBOUND].source_schema
        return mapping.files.as_read(once) if schema.violations(told) else told

    def _returned(self, drawn: Record, inside: Record, outside: Record) -> Record:
        """Return an inside record after the import of an outside one."""
        self._check_is_imported(drawn, self._judge.mapping.files.as_read(outside))
        made = self._again(drawn, Direction.INBOUND, self._judge.mapping.files.as_read(outside), inside)
        return self._judge.mapping.written_into(inside, Side.INSIDE, made)

    def _check_is_imported(self, drawn: Record, outside: Record) -> None:
        """What was sent is imported when it comes back, unless a rule says why it may not be."""
        why = "" if self._selection is None else self._selection.why_not_again(outside, None)
        if not why:
            return
        mapping = self._judge.mapping
        named = [field.path for field, _ in mapping.import_when if not field.is_around]
        rules = [rule for rule in mapping.rules if any(path in named for path in rule.paths(Side.OUTSIDE))]
        if all(rule.may_lose("W183") for rule in rules):
            raise LetGoError
        raise BrokenError(drawn, [f"what is sent is left aside when it comes back: {why}"], ())

    def _translate(self, direction: Direction, record: Record, last: Record = NOTHING_KNOWN) -> Record:
        return self._made_by(self._pipelines[direction], direction, record, last)

    def _made_by(self, pipeline: Pipeline, direction: Direction, record: Record, last: Record) -> Record:
        made, _, violations, _ = pipeline.translate(record, last)
        if violations and direction is Direction.OUTBOUND and self._judge.mapping.is_farewell(record):
            raise LetGoError
        if violations:
            raise RejectedError(violations)
        return made

    def _again(self, drawn: Record, direction: Direction, record: Record, last: Record) -> Record:
        """Translate what a translation made; it is not to be rejected, unless a rule says why it may be.

        What is only read is not required of it: the outside gives that.
        """
        try:
            return self._made_by(self._backwards[direction], direction, record, last)
        except RejectedError as error:
            wrong = [violation for violation in error.violations if not is_given(self._given, violation)]
            if are_excused(self._judge.mapping.rules, wrong, direction):
                raise LetGoError from None
            reasons = [f"{direction.value}, what was made is rejected: {violation}" for violation in error.violations]
            raise BrokenError(drawn, reasons, ()) from None

    def _project(self, record: Record, *, lossy: bool) -> dict[Path, Any]:
        return dict(_two_way(self._judge.mapping.rules, record, (), lossy=lossy))

    def _compare(self, drawn: Record, outside: Record, expected: dict[Path, Any], actual: dict[Path, Any]) -> None:
        found = [
            difference
            for path in dict.fromkeys([*expected, *actual])
            for difference in differences(
                json_form(expected.get(path, ABSENT)), json_form(actual.get(path, ABSENT)), exact=True, path=path
            )
        ]
        if found:
            raise BrokenError(drawn, [], self._judge.blame(Direction.INBOUND, outside, found))


def _two_way(rules: tuple[Rule, ...], record: Record, at: Path, *, lossy: bool) -> Iterator[tuple[Path, Any]]:
    """Yield the values that two-way rules own inside, either of those that lose something or of the others."""
    for rule in rules:
        if rule.only is not None:
            continue
        if isinstance(rule, Each) and not rule.may_lose(*_CHANGED):
            yield from _elements(rule, record, at, lossy=lossy)
        elif _loses(rule) is lossy:
            for field in rule.written(Side.INSIDE):
                value = reader(field)(record)
                if value is ABSENT and isinstance(rule, Table) and rule.flags is Side.INSIDE:
                    value = False  # as a table reads it
                if value is not ABSENT:
                    yield (*at, *field.path), value if rule.codec is None else rule.codec.plain(value)


def _elements(rule: Each, record: Record, at: Path, *, lossy: bool) -> Iterator[tuple[Path, Any]]:
    """Yield the values of the elements of a list, or of a group; those that have none do not count."""
    items = in_key_order(rule, Side.INSIDE, rule.present(Side.INSIDE, reader(rule.inside)(record)))
    owned = [values for _, item in items if (values := list(_two_way(rule.rules, item, (), lossy=lossy)))]
    for place, values in enumerate(owned):
        yield from (((*at, *rule.element(Side.INSIDE, place), *path), value) for path, value in values)


def _loses(rule: Rule) -> bool:
    changes = isinstance(rule, Copy) and rule.codec is not None and bool(rule.codec.lost(Side.INSIDE))
    return changes or rule.may_lose(*_CHANGED)
