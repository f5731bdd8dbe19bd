"""Cases: the examples of a mapping and golden records, and whether the mapping does what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

from etl.mapping.model import Example, Mapping
from etl.mapping.paths import Path, get, leaves
from etl.mapping.places import overlap
from etl.mapping.rules.selection import compile_selection
from etl.mapping.schemas.validation import json_form, native_form
from etl.mapping.terms import Direction
from etl.record import ABSENT, Record, Violation, shown
from etl.testing.trace import Coverage, Step, Unit
from etl.transfer.pipeline import Pipeline

Pipelines: TypeAlias = Table[Direction, Pipeline]

BACK: Final = "back"
"""Under this name a golden case has what its inside record becomes outside."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not what was expected; ABSENT for a missing one.

    rule: what writes that field, if anything does. line: the line of its table that decided.
    """

    direction: Direction
    path: Path
    expected: Any
    actual: Any
    rule: Unit | None = None
    line: Unit | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one case holds. kind: example, golden or law. exercised: the rules and lines whose work it looks at.

    record: for a law, the smallest record that breaks it, in JSON form.
    """

    kind: str
    name: str
    file: str
    line: int
    messages: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    exercised: frozenset[Unit] = field(default_factory=frozenset)
    record: Record | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.messages and not self.differences


@dataclass(frozen=True, slots=True)
class Golden:
    """One line of a golden file: a name, an outside record, what it becomes inside, and what that becomes outside."""

    file: FilePath
    line: int
    case: Record


class Judge:
    """Judges the cases of one mapping."""

    def __init__(self, mapping: Mapping, pipelines: Pipelines) -> None:
        self.mapping = mapping
        self.pipelines = pipelines
        self.coverage = Coverage(mapping)
        self.selection = compile_selection(mapping)
        self._native = native_form(mapping.inside.schema)

    def example(self, example: Example) -> Verdict:
        """Judge one of the mapping's own examples: the fields that it names are compared, a null means absent."""
        judged = _Judged("example", example.name, example.where.file or str(self.mapping.file), example.where.line)
        for direction in example.directions:
            record, expected = example.record(direction.source), example.record(direction.target)
            if record is None:
                continue
            skipped = self.selection.skipped(record) if self.selection and direction is Direction.INBOUND else ""
            if skipped or example.skips:
                judged.messages += [] if skipped and example.skips else [_not_as_said(skipped)]
                continue
            made, violations = self.translate(direction, record)
            if example.rejects:
                judged.messages += _not_refused(example.rejects, violations)
            elif violations:
                judged.refused(direction, violations)
            elif expected is not None:
                self._compare(judged, direction, record, expected, made, exact=False)
        return judged.verdict()

    def golden(self, golden: Golden) -> Verdict:
        """Judge a golden case: whole records are compared, but for what an import stamps."""
        outside, inside = self.mapping.outside.name, self.mapping.inside.name
        case = golden.case
        judged = _Judged("golden", case["name"], str(golden.file), golden.line)
        missing = [name for name in (inside, BACK) if name not in case]
        if missing:
            self._say_missing(judged, golden, missing)
            return judged.verdict()
        for direction, source, target in (
            (Direction.INBOUND, case[outside], self._unstamped(case[inside])),
            (Direction.OUTBOUND, case[inside], case[BACK]),
        ):
            made, violations = self.translate(direction, source)
            if violations:
                judged.refused(direction, violations)
            else:
                self._compare(judged, direction, source, target, self._unstamped(made), exact=True)
        return judged.verdict()

    def updated(self, golden: Golden) -> Record | None:
        """Return a golden case with what the mapping makes of its outside record now; None if it is rejected."""
        outside, inside = self.mapping.outside.name, self.mapping.inside.name
        made, violations = self.translate(Direction.INBOUND, golden.case[outside])
        if violations:
            return None
        before = golden.case.get(inside, {})
        work = {name: made.get(name, before.get(name)) for name in before if name in made or self._is_stamped(name)}
        work |= {name: value for name, value in made.items() if name not in work}
        back, violations = self.translate(Direction.OUTBOUND, work)
        return None if violations else {**golden.case, inside: work, BACK: back}

    def translate(self, direction: Direction, record: Record) -> tuple[Record, list[Violation]]:
        """Translate a record in JSON form into one in JSON form, with every violation."""
        try:
            made, _, violations = self.pipelines[direction](self.native(direction, record))
        except OverflowError:
            return {}, [Violation("", "form", "a date is outside the years 1 to 9999 in UTC")]
        return json_form(made), violations

    def native(self, direction: Direction, record: Record) -> Record:
        """Return a record in JSON form as the interpreter reads it."""
        return self._native(record) if direction is Direction.OUTBOUND else record

    def blame(
        self, direction: Direction, record: Record, found: Iterable[tuple[Path, Any, Any]]
    ) -> tuple[Difference, ...]:
        """Return differences with the rule and the line that made the field of a record in JSON form."""
        traced = self.coverage.trace(direction, self.native(direction, record))
        return tuple(_blamed(direction, one, traced) for one in found)

    def _compare(
        self, judged: _Judged, direction: Direction, record: Record, expected: Record, made: Record, *, exact: bool
    ) -> None:
        if direction is Direction.INBOUND:
            expected = json_form(self._native(expected))  # other notations of the same instant
        found = list(differences(expected, made, exact=exact))
        judged.differences += self.blame(direction, record, found)
        named = [path for path, _ in leaves(expected)]
        for one in self.coverage.trace(direction, self.native(direction, record)):
            written = [path for path in one.writes if any(overlap(path, leaf) for leaf in named)]
            if any(not one.needs_value or get(made, path) not in (ABSENT, None) for path in written):
                judged.exercised |= {one.rule} if one.line is None else {one.rule, one.line}

    def _say_missing(self, judged: _Judged, golden: Golden, missing: Sequence[str]) -> None:
        """Say that a golden case is not whole, and why --update cannot complete it where that is so."""
        made, violations = self.translate(Direction.INBOUND, golden.case[self.mapping.outside.name])
        direction = Direction.INBOUND
        if not violations:
            direction = Direction.OUTBOUND
            _, violations = self.translate(direction, made)
        judged.refused(direction, violations)
        fix = "correct the record, or the mapping" if violations else "--update writes it"
        judged.messages.append(f"has no {' and no '.join(missing)}; {fix}")

    def _is_stamped(self, name: str) -> bool:
        return name in self.mapping.mongodb.provided

    def _unstamped(self, record: Record) -> Record:
        return {name: value for name, value in record.items() if not self._is_stamped(name)}


class _Judged:
    """A verdict in the making."""

    def __init__(self, kind: str, name: str, file: str, line: int) -> None:
        self._what = (kind, name, file, line)
        self.messages: list[str] = []
        self.differences: tuple[Difference, ...] = ()
        self.exercised: set[Unit] = set()

    def refused(self, direction: Direction, violations: Sequence[Violation]) -> None:
        self.messages += [f"{direction.value}: rejected: {violation}" for violation in violations]

    def verdict(self) -> Verdict:
        return Verdict(*self._what, tuple(self.messages), self.differences, frozenset(self.exercised))


def differences(expected: Any, actual: Any, *, exact: bool, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Yield every field in which two values in JSON form differ, strictly on type: True is not 1.

    exact: a field that only `actual` has is a difference too, and so is null beside a missing one.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in dict.fromkeys([*expected, *(actual if exact else ())]):
            pair = expected.get(name, ABSENT), actual.get(name, ABSENT)
            yield from differences(*pair, exact=exact, path=(*path, name))
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual, strict=True)):
            yield from differences(*pair, exact=exact, path=(*path, index))
    elif (type(expected) is not type(actual) or expected != actual) and (exact or not _both_absent(expected, actual)):
        yield path, expected, actual


def _both_absent(*values: Any) -> bool:
    return all(value is None or value is ABSENT for value in values)


def _blamed(direction: Direction, found: tuple[Path, Any, Any], traced: Sequence[Step]) -> Difference:
    makers = [one for one in traced if any(overlap(path, found[0]) for path in one.writes)]
    if not makers:
        return Difference(direction, *found)
    maker = max(makers, key=lambda one: max(len(path) for path in one.writes))
    return Difference(direction, *found, maker.rule, maker.line)


def _not_as_said(skipped: str) -> str:
    return f"is skipped: {skipped}" if skipped else "is imported, and was to be skipped"


def _not_refused(texts: Sequence[str], violations: Sequence[Violation]) -> list[str]:
    if not violations:
        return ["is accepted, and was to be rejected"]
    reasons = [str(violation) for violation in violations]
    return [
        f"is rejected, but no reason has {shown(text, 200)}: {'; '.join(reasons)}"
        for text in texts
        if not any(text in reason for reason in reasons)
    ]
