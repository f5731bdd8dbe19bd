"""Judges one case: the engine against the documentation, and `check`, `test` and run against one another."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as FilePath
from random import Random
from typing import Any, Final

from click.testing import CliRunner

from etl import Direction, Mapping, MappingError, RecordError, translator
from etl.cli.test import test as etl_test
from etl.errors import Finding
from etl.mapping.load import examine
from tests.generated.case import SIDES, Case, Place
from tests.generated.oracle import Oracle, Verdict
from tests.generated.records import Maker
from tests.generated.values import Record, same
from tests.generated.words.base import OTHER, Word
from tests.generated.words.each import Each

DRAWN: Final = 8
TRIED: Final = 24
EXAMPLES: Final = 12
MENDED: Final = {"W163", "W164", "W165", "W166", "W167", "W180"}
"""Warnings that a `lossy` answers."""

_DIRECTIONS: Final = {"outside": Direction.INBOUND, "inside": Direction.OUTBOUND}
_FORM = re.compile("E0|E10|E111|E112|E113|E114|E13")
"""Findings about the form of a file: no generated one has a fault of it."""


@dataclass(frozen=True)
class Disagreement:
    """One thing of which the documentation says other than the engine. kind: the same for all of its sort."""

    kind: str
    text: str


@dataclass
class Judgement:
    """What judging a case came to."""

    disagreements: list[Disagreement] = field(default_factory=list)
    clean: bool = False
    mended: bool = False
    codes: list[str] = field(default_factory=list)
    records: int = 0

    def add(self, kind: str, text: str) -> None:
        if all(found.kind != kind for found in self.disagreements):
            self.disagreements.append(Disagreement(kind, text))


class Court:
    """A case with its oracle, the engine's mapping and findings, and the records to judge by."""

    def __init__(self, case: Case, folder: FilePath) -> None:
        self.case, self.folder = case, folder
        self.file = case.write(folder)
        self.mapping: Mapping | None = None
        try:
            self.mapping, self.findings = examine(self.file)
        except MappingError as error:
            self.findings = list(error.findings)
        self.oracle = Oracle(case)
        self.rng = Random(zlib.crc32(case.text().encode()))
        self._backs: dict[int, tuple[Verdict, Verdict]] = {}
        self._bases: dict[str, Record | None] = {}
        self.pool: dict[str, list[tuple[Record, Verdict]]] = {}

    def gather(self) -> None:
        """Draw records of both sides, change each in what one rule reads, and send what is accepted on."""
        for side in SIDES:
            hints: dict[Any, Any] = {}
            for word in self.oracle.words:
                hints |= word.hints(side)
            drawn = Maker(self.case.schema(side), side, hints, self.rng).draw(DRAWN)
            self.pool[side] = [(record, self.oracle.translate(side, record)) for record in drawn]
            bases = [record for record, verdict in self.pool[side] if verdict.accepted] or drawn
            self._bases[side] = bases[0] if bases else None
            for word in self.oracle.words:
                self.pool[side] += islice(self.tried(side, word), TRIED)
        for side in SIDES:
            for _, verdict in list(self.pool[OTHER[side]]):
                back = self.back(OTHER[side], verdict)
                if back is not None:
                    self.pool[side].append((verdict.record, back))

    def tried(self, side: str, word: Word) -> Iterator[tuple[Record, Verdict]]:
        """Yield records that differ from one in what a rule reads, with what becomes of them."""
        base = self._bases[side]
        if base is None:
            return
        for record in word.trials(side, base):
            if self.oracle.sources[side].accepts(record):
                yield record, self.oracle.translate(side, record)

    def back(self, side: str, verdict: Verdict) -> Verdict | None:
        """Return what becomes of an accepted record's translation on the way back."""
        if not verdict.accepted:
            return None
        if id(verdict) not in self._backs:
            self._backs[id(verdict)] = (verdict, self.oracle.translate(OTHER[side], verdict.record))
        return self._backs[id(verdict)][1]

    def there_and_back(self, side: str) -> Iterator[tuple[Record, Record]]:
        """Yield records with what they are after a round trip."""
        for record, verdict in self.pool[side]:
            back = self.back(side, verdict)
            if back is not None and back.accepted:
                yield record, back.record

    def place(self, finding: Finding) -> tuple[Place | None, int | None]:
        """Return the rule and the line of its table at which a finding stands."""
        return self.case.places.get(finding.line, (None, None))

    def label(self, place: Place | None) -> str:
        if place is None:
            return "-"
        above = "each " if len(place) > 1 else ""
        return above + self.oracle.word(place).label


def judge(case: Case, folder: FilePath, *, test: bool = True) -> Judgement:
    """Judge a case, and where `check` only warns, the case as it is once the warnings are answered.

    test: whether `etl test` has to hold as well.
    """
    judgement = Judgement()
    court = Court(case, folder)
    _judge(court, judgement, test=test)
    if court.findings and not judgement.disagreements and (mended := _mended(court)):
        judgement.mended = True
        _judge(Court(mended, folder), judgement, test=test)
    return judgement


def _judge(court: Court, judgement: Judgement, *, test: bool) -> None:
    from tests.generated.witness import shows  # noqa: PLC0415 - it asks the court

    judgement.codes += [finding.code for finding in court.findings]
    for finding in court.findings:
        if _FORM.match(finding.code):
            judgement.add(f"form {finding.code}", str(finding))
    if court.mapping is None:
        return
    court.gather()
    judgement.records += sum(map(len, court.pool.values()))
    _judge_translations(court, court.mapping, judgement)
    for finding in court.findings if all(court.pool.values()) else ():
        if not _FORM.match(finding.code) and not shows(court, finding):
            judgement.add(f"alarm {finding.code} {court.label(court.place(finding)[0])}", _one_line(finding))
    if not court.findings:
        judgement.clean = True
        _judge_clean(court, judgement)
        if test and not judgement.disagreements:
            _judge_test(court, judgement)


def _one_line(finding: Finding) -> str:
    return f"{finding.line}:{finding.column} {finding.code} {finding.message}"


def _judge_translations(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    for side in SIDES:
        translate = translator(mapping, _DIRECTIONS[side])
        for record, verdict in court.pool[side]:
            _judge_translation(court, side, record, verdict, translate, judgement)


def _judge_translation(
    court: Court,
    side: str,
    record: Record,
    verdict: Verdict,
    translate: Callable[[Record], Record],
    judgement: Judgement,
) -> None:
    direction = _DIRECTIONS[side].value
    if any(reason.unsaid for reason in verdict.reasons):
        return
    try:
        made = translate(record)
    except RecordError as error:
        if verdict.accepted:
            codes = sorted({violation.code for violation in error.violations})
            judgement.add(f"rejects {direction} {'+'.join(codes)}", f"{record!r} is rejected: {error}")
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        judgement.add(f"crash {type(error).__name__}", f"{direction} {record!r}: {error!r}")
        return
    if not verdict.accepted:
        reason = verdict.reasons[0]
        kind = f"accepts {direction} {court.label(reason.place)} {reason.what} {reason.detail}"
        judgement.add(kind, f"{record!r} becomes {made!r}, but {reason}")
    elif not same(made, verdict.record):
        words = [word for word in court.oracle.words if not word.equal(OTHER[side], made, verdict.record)]
        label = words[0].label if words else "form"
        judgement.add(f"differs {direction} {label}", f"{record!r} becomes {made!r}, not {verdict.record!r}")


def _judge_clean(court: Court, judgement: Judgement) -> None:
    for side in SIDES:
        for record, verdict in court.pool[side]:
            for reason in verdict.blamed[:1]:
                kind = f"clean, rejected {court.label(reason.place)} {reason.what} {reason.detail}"
                judgement.add(kind, f"{_DIRECTIONS[side].value} {record!r} is rejected: {reason}")
        for record, back in court.there_and_back(side):
            for word in court.oracle.changed(side, record, back):
                judgement.add(f"clean, lost {side} {word.label}", f"{side} {record!r} comes back as {back!r}")
            if same(record, back):
                continue
            settled = court.back(side, court.oracle.translate(side, back))
            if settled is not None and settled.accepted and not same(settled.record, back):
                judgement.add("clean, never settles", f"{record!r} -> {back!r} -> {settled.record!r}")


def _judge_test(court: Court, judgement: Judgement) -> None:
    result = CliRunner().invoke(etl_test, ["--examples", str(EXAMPLES), str(court.file)])
    text = result.output.replace(str(court.folder), ".")
    if result.exit_code != 0:
        named = re.search(r"generated\.yaml:(\d+)", text)
        label = court.label(court.case.places.get(int(named[1]), (None, None))[0]) if named else "-"
        law = re.search(r'law "([^"]*)"', text)
        judgement.add(f"test fails {label} {law[1] if law else ''}", text or repr(result.exception))
        return
    accepted = re.search(r"laws on (\d+) records", text)
    if accepted is None or int(accepted[1]) == 0:
        here = any(verdict.accepted for side in SIDES for _, verdict in court.pool[side])
        if here:
            judgement.add("test tries nothing", text)


def _mended(court: Court) -> Case | None:
    """Return the case with its warnings answered; None where one of the findings is no warning."""
    case = court.case.copy()
    for finding in court.findings:
        place, _ = court.place(finding)
        if finding.code in MENDED and place is not None:
            case.rule(place)["lossy"] = "it may be"
        elif finding.code == "W170" and (named := re.match(r"no rule maps (\w+)\.(.*)$", finding.message)):
            side = next(side for side in SIDES if case.name(side) == named[1])
            case.system(side).setdefault("ignore", []).append(named[2])
        else:
            return None
    return case


