"""Judges one case: the engine against the documentation, and `check`, `test` and run against one another."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Final

from click.testing import CliRunner

from etl import Direction, Mapping, RecordError, translator
from etl.cli.check import check as etl_check
from etl.cli.test import test as etl_test
from etl.errors import Finding
from tests.generated.case import SIDES, Case
from tests.generated.court import Court
from tests.generated.oracle import Verdict
from tests.generated.values import Record, parse_path, same
from tests.generated.witnesses.every import shows
from tests.generated.witnesses.fields import unmapped
from tests.generated.witnesses.tables import dead_lines
from tests.generated.words.base import OTHER

EXAMPLES: Final = 12
_SAMPLED: Final = 20
MENDED: Final = {"W163", "W164", "W165", "W166", "W167", "W156", "W180"}
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
    judgement.codes += [finding.code for finding in court.findings]
    for finding in court.findings:
        if _FORM.match(finding.code):
            judgement.add(f"form {finding.code}", str(finding))
    if court.mapping is None:
        return
    if zlib.crc32(court.file.read_bytes()) % _SAMPLED == 0:
        _judge_check(court, judgement)
    court.gather()
    judgement.records += sum(map(len, court.pool.values()))
    _judge_translations(court, court.mapping, judgement)
    wrong = {finding.line for finding in court.findings if finding.is_error}
    for finding in court.findings if all(court.pool.values()) else ():
        beside = not finding.is_error and finding.line in wrong  # once the error is mended, a warning may be another
        if not _FORM.match(finding.code) and not beside and not shows(court, finding):
            judgement.add(f"alarm {finding.code} {court.label(court.place(finding)[0])}", _one_line(finding))
    if not court.findings:
        judgement.clean = True
        _judge_clean(court, judgement)
        if test and not judgement.disagreements:
            _judge_test(court, judgement)


def _judge_check(court: Court, judgement: Judgement) -> None:
    """The command line says what the library says."""
    result = CliRunner().invoke(etl_check, ["--strict", "--format", "json", str(court.file)])
    said = [(found["line"], found["column"], found["code"]) for found in json.loads(result.output)]
    if result.exit_code != (3 if court.findings else 0) or said != [
        (found.line, found.column, found.code) for found in court.findings
    ]:
        judgement.add("check says otherwise", result.output)


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
            path = parse_path(error.violations[0].path)
            label = court.label(court.oracle.writer(OTHER[side], path) or court.oracle.writer(side, path))
            judgement.add(f"rejects {direction} {label} {'+'.join(codes)}", f"{record!r} is rejected: {error}")
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        judgement.add(f"crash {type(error).__name__}", f"{direction} {record!r}: {error!r}")
        return
    if not verdict.accepted and any(finding.code.startswith("E") for finding in court.findings):
        return  # such a mapping is refused
    if not verdict.accepted:
        reason = verdict.reasons[0]
        label = court.differing(OTHER[side], made, verdict.record) or court.label(reason.place)
        kind = f"accepts {direction} {label} {reason.what} {reason.detail}"
        judgement.add(kind, f"{record!r} becomes {made!r}, but {reason}")
    elif not same(made, verdict.record):
        label = court.differing(OTHER[side], made, verdict.record) or "form"
        judgement.add(f"differs {direction} {label}", f"{record!r} becomes {made!r}, not {verdict.record!r}")


def _judge_clean(court: Court, judgement: Judgement) -> None:
    for word, line in dead_lines(court) if all(court.pool.values()) else ():
        judgement.add(f"clean, never reached {word.label}", f"line {line} of {word.raw!r}")
    for side in SIDES:
        for path in unmapped(court, side):
            judgement.add(f"clean, unmapped {'field' if len(path) == 1 else 'field below another'}", f"{side} {path}")
    for record, verdict in court.pool["inside"]:
        if verdict.accepted and court.oracle.runs(verdict.record):
            judgement.add("clean, a spreadsheet runs text", f"{record!r} becomes {verdict.record!r}")
    for side in SIDES:
        for record, verdict in court.pool[side]:
            said = any(court.oracle.acknowledged(side, reason) for reason in verdict.blamed)
            for reason in () if said else verdict.blamed[:1]:
                kind = f"clean, rejected {court.label(reason.place)} {reason.what} {reason.detail}"
                judgement.add(kind, f"{_DIRECTIONS[side].value} {record!r} is rejected: {reason}")
        _judge_trips(court, side, judgement)
    _judge_lossy(court, judgement)


def _judge_lossy(court: Court, judgement: Judgement) -> None:
    """Where a rule says `lossy`, something would be said without it."""
    for word in court.oracle.all_words():
        if word.lossy:
            case = court.case.copy()
            del case.rule(word.place)["lossy"]
            if not Court(case, court.folder).findings:
                judgement.add(f"clean, lossy for nothing {court.label(word.place)}", repr(word.raw))
    court.case.write(court.folder)


def _judge_trips(court: Court, side: str, judgement: Judgement) -> None:
    for record, back in court.there_and_back(side):
        for word in court.oracle.changed(side, record, back):
            why = word.deciding(side, record)[1]
            kind = f"clean, lost {side} {word.label}{f' ({why})' if why else ''}"
            judgement.add(kind, f"{side} {record!r} comes back as {back!r}")
        for word in court.oracle.words:
            if word.lossy and word.removed(side, record, back):
                judgement.add(f"clean, removed {side} {word.label}", f"{side} {record!r} comes back as {back!r}")
        if same(record, back):
            continue
        settled = court.back(
            side, court.oracle.translate(side, court.oracle.stamped(back) if side == "inside" else back)
        )
        if settled is None or not settled.accepted:
            continue
        again = court.as_read(side, settled.record)
        if not same(again, back):
            judgement.add("clean, never settles", f"{record!r} -> {back!r} -> {again!r}")


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
        if finding.code == "W171" and place is not None:
            del case.rule(place)["lossy"]
        elif finding.code in MENDED and place is not None:
            case.rule(place)["lossy"] = "it may be"
        elif finding.code == "W170" and (named := re.match(r"no rule maps (\w+)\.(.*)$", finding.message)):
            side = next(side for side in SIDES if case.name(side) == named[1])
            case.system(side).setdefault("ignore", []).append(named[2])
        else:
            return None
    return case
