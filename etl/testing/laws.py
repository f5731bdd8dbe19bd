"""The interpreter's two laws on generated records, with `inward` and `outward` the directions of one mapping.

    inward(outward(t)) = t                       on what two-way rules own
    N(N(x)) = N(x), where N = outward ∘ inward   a round trip normalises once, then is stable
                                                 (what no rule writes outside stays in x)

Of a rule whose `lossy` says why what comes back is another value, and of a codec that writes two inside values alike,
the first law asks no more than the second: what came back once comes back the same. What a rule rejects, and says why,
says nothing of either law. Hypothesis must be installed; it makes the records and finds the smallest that fails.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from etl.mapping.mongodb import Stamp
from etl.mapping.paths import Path
from etl.mapping.rules.access import reader
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each, in_key_order
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation
from etl.testing.cases import Difference, Judge, Verdict, differences
from etl.testing.excuses import is_excused
from etl.testing.records import records

COMES_BACK: Final = "what goes out comes back"
IS_STABLE: Final = "a round trip normalises once"
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


class _BrokenError(Exception):
    """A record breaks a law."""

    def __init__(self, record: Record, messages: list[str], differences: tuple[Difference, ...]) -> None:
        super().__init__("a law does not hold")
        self.record = record
        self.messages = messages
        self.differences = differences


class _RejectedError(Exception):
    """A record is rejected."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__()
        self.violations = violations


class _LetGoError(Exception):
    """A record that was accepted is rejected later on, and somebody said why that may be."""


Law = Callable[[Record], None]


def check_laws(judge: Judge, examples: int, seed: int) -> Tally:
    """Try both laws on so many accepted records each; the same seed makes the same records."""
    laws = _Laws(judge)
    tally = Tally()
    for name, side, law in (
        (COMES_BACK, Side.INSIDE, laws.comes_back),
        (IS_STABLE, Side.OUTSIDE, laws.is_stable),
    ):
        trial = _Trial(law)
        with _nothing_left_behind():
            error = trial.run(records(judge.mapping, side), examples, seed)
        system = judge.mapping.system(side).name
        if error is not None:
            tally.verdicts.append(_verdict(judge, name, error))
        elif not trial.accepted:
            tally.verdicts.append(Verdict("law", name, str(judge.mapping.file), 1, (trial.complaint(system),)))
        elif trial.accepted * _FEW <= trial.tried:
            tally.notes.append(f"{name}: {trial.complaint(system)}")
        tally.accepted += trial.accepted
    return tally


@contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """Let Hypothesis keep its files in a folder that is gone afterwards, not in the user's."""
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


class _Trial:
    """Tries one law on generated records. Those that are rejected say nothing of it."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self.tried = 0
        self.accepted = 0
        self._reasons = Counter[str]()

    def run(self, drawn: SearchStrategy[Record], examples: int, seed: int) -> _BrokenError | None:
        """Return the smallest record that breaks the law, None where none was found."""
        options = hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            print_blob=False,
        )

        @hypothesis.seed(seed)
        @options
        @hypothesis.given(drawn)
        def check(record: Record) -> None:
            self._check(record)

        try:
            check()
        except _BrokenError as error:
            return error
        except hypothesis.errors.Unsatisfiable:
            return None
        return None

    def complaint(self, system: str) -> str:
        """Return in words that nearly all records were rejected, and why most were."""
        reason = "".join(f", most for: {reason}" for reason, _ in self._reasons.most_common(1))
        if not self.accepted:
            return f"none of the {self.tried} generated records of {system} is accepted{reason}"
        return f"only {self.accepted} of {self.tried} generated records of {system} are accepted{reason}"

    def _check(self, record: Record) -> None:
        self.tried += 1
        try:
            self._law(copy.deepcopy(record))
        except _RejectedError as error:
            self._reasons.update(str(violation) for violation in error.violations[:1])
            hypothesis.reject()
        except _LetGoError:
            pass
        self.accepted += 1


def _verdict(judge: Judge, name: str, error: _BrokenError) -> Verdict:
    line = next((one.rule.where.line for one in error.differences if one.rule is not None), 1)
    record: Record = json_form(error.record)
    file = str(judge.mapping.file)
    return Verdict("law", name, file, line, tuple(error.messages), error.differences, record=record)


class _Laws:
    """The laws of one mapping, as functions that raise for a record that breaks one."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._selection = judge.selection
        stamps = judge.mapping.mongodb.on_import.items()
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

    def is_stable(self, outside: Record) -> None:
        """Check the second law."""
        if self._selection is not None and not self._selection.matches(outside):
            raise _RejectedError([Violation("", "import_when", self._selection.why(outside))])
        first = self._translate(Direction.INBOUND, outside)
        once = self._round(outside, first, outside)
        mapping = self._judge.mapping
        told = mapping.files.as_read(mapping.written_into(outside, Side.OUTSIDE, once))
        inside = self._again(outside, Direction.INBOUND, told, first)
        twice = self._round(outside, inside, told)
        found = list(differences(json_form(once), json_form(twice), exact=True))
        if found:
            stamped = json_form({**inside, **self._stamps})
            raise _BrokenError(outside, [], self._judge.blame(Direction.OUTBOUND, stamped, found))

    def _round(self, record: Record, inside: Record, last: Record) -> Record:
        return self._again(record, Direction.OUTBOUND, {**inside, **self._stamps}, last)

    def _returned(self, drawn: Record, inside: Record, outside: Record) -> Record:
        """Return an inside record after the import of an outside one."""
        self._check_is_imported(drawn, self._judge.mapping.files.as_read(outside))
        made = self._again(drawn, Direction.INBOUND, self._judge.mapping.files.as_read(outside), inside)
        return self._judge.mapping.written_into(inside, Side.INSIDE, made)

    def _check_is_imported(self, drawn: Record, outside: Record) -> None:
        """What was sent is imported when it comes back, unless a rule says why it may not be."""
        why = "" if self._selection is None else self._selection.why_not_again(outside)
        if not why:
            return
        mapping = self._judge.mapping
        named = [field.path for field, _ in mapping.import_when]
        rules = [rule for rule in mapping.rules if any(path in named for path in rule.paths(Side.OUTSIDE))]
        if all(rule.may_lose("W183") for rule in rules):
            raise _LetGoError
        raise _BrokenError(drawn, [f"what is sent is left aside when it comes back: {why}"], ())

    def _translate(self, direction: Direction, record: Record, last: Record = NOTHING_KNOWN) -> Record:
        made, _, violations, _ = self._judge.pipelines[direction].translate(record, last)
        if violations:
            raise _RejectedError(violations)
        return made

    def _again(self, drawn: Record, direction: Direction, record: Record, last: Record) -> Record:
        """Translate what a translation made; it is not to be rejected, unless a rule says why it may be."""
        try:
            return self._translate(direction, record, last)
        except _RejectedError as error:
            rules = self._judge.mapping.rules
            if all(is_excused(rules, violation) for violation in error.violations):
                raise _LetGoError from None
            reasons = [f"{direction.value}, what was made is rejected: {violation}" for violation in error.violations]
            raise _BrokenError(drawn, reasons, ()) from None

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
            raise _BrokenError(drawn, [], self._judge.blame(Direction.INBOUND, outside, found))


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
